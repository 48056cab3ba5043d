"""Lays a document out on one A4 page, once for both formats: the parts of an OFD page, drawn as PDF too."""

import io
from functools import cache
from uuid import UUID

import segno
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lib_kernel import CITY_ZONE
from lib_ofd import FONT_FILE, Box, Document, Picture, Text, centred, width
from svc_catalog.receipt.domain import Receipt

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT = 28.0, 182.0
FIRST_LINE, LAST_LINE = 84.0, 236.0
SIZES = (5.6, 5.2, 4.8, 4.4, 4.0, 3.6, 3.2, 2.8, 2.4)
FONT = "CitySerif"
GREY = "90 90 90"
CLOSING = "，。；：、？！）”》．"

Part = Text | Box | Picture


def layout(receipt: Receipt) -> list[Part]:
    """Return what stands on the page; long texts are set smaller until they fit."""
    day = receipt.signed_at.astimezone(CITY_ZONE).date()
    signed = f"{day.year}年{day.month}月{day.day}日"
    return [
        centred(WIDTH / 2, 46, receipt.title, 10),
        Text(RIGHT - width(receipt.number, 4), 60, receipt.number, 4, GREY),
        Box(LEFT, 64, RIGHT - LEFT, 0, 0.5),
        *_body(receipt),
        Picture(LEFT, 242, 22, 22, _qr(receipt.case_number)),
        Text(RIGHT - width(receipt.signed_by, 5), 250, receipt.signed_by, 5),
        Text(RIGHT - width(signed, 5), 260, signed, 5),
        Box(LEFT, 272, RIGHT - LEFT, 0, 0.3, GREY),
        centred(WIDTH / 2, 279, "平顶山市政务服务  办件进度可凭办件编号查询", 3.4, GREY),
    ]


def as_ofd(receipt: Receipt, document_id: UUID) -> bytes:
    """Return the document as an OFD file, ready to be sealed."""
    document = Document(
        document_id,
        receipt.title,
        receipt.signed_at,
        WIDTH,
        HEIGHT,
        data={"WSMC": receipt.title, "BJBH": receipt.case_number},
    )
    document.add(*layout(receipt))
    return document.build()


def as_pdf(receipt: Receipt) -> bytes:
    """Return the document as a PDF file with the font embedded; equal documents give equal bytes."""
    _register_font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH * mm, HEIGHT * mm), invariant=1)
    canvas.setTitle(receipt.title)
    canvas.setAuthor(receipt.signed_by)
    for part in layout(receipt):
        _draw(canvas, part)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _body(receipt: Receipt) -> list[Part]:
    for size in SIZES:
        lines = _set(receipt, size)
        if not lines or lines[-1].y <= LAST_LINE:
            return list(lines)
    # Texts are limited where they come in; the smallest size holds the longest of them.
    return [line for line in lines if line.y <= LAST_LINE]


def _set(receipt: Receipt, size: float) -> list[Text]:
    y, lines = FIRST_LINE - 8, list[Text]()
    for number, paragraph in enumerate([receipt.addressee, *receipt.paragraphs]):
        indent = 2 * size if number else 0.0
        for text in _broken(paragraph, size, indent):
            y += size * 1.75
            lines.append(Text(LEFT + indent, y, text, size))
            indent = 0.0
        y += size * 0.35
    return lines


def _broken(paragraph: str, size: float, indent: float) -> list[str]:
    lines, line, room = list[str](), "", RIGHT - LEFT - indent
    for character in paragraph:
        # Closing marks never begin a line; they may stand out a little.
        if width(line + character, size) > room and character not in CLOSING:
            lines.append(line)
            line, room = "", RIGHT - LEFT
        line += character
    return [*lines, line]


def _draw(canvas: Canvas, part: Part) -> None:
    if isinstance(part, Text):
        canvas.setFillColorRGB(*_color(part.color))
        canvas.setFont(FONT, part.size * mm)
        canvas.drawString(part.x * mm, (HEIGHT - part.y) * mm, part.text)
    elif isinstance(part, Box):
        canvas.setStrokeColorRGB(*_color(part.color))
        canvas.setLineWidth(part.line * mm)
        y = (HEIGHT - part.y) * mm
        canvas.line(part.x * mm, y, (part.x + part.width) * mm, y)
    else:
        picture = ImageReader(io.BytesIO(part.png))
        canvas.drawImage(
            picture,
            part.x * mm,
            (HEIGHT - part.y - part.height) * mm,
            part.width * mm,
            part.height * mm,
        )


def _color(text: str) -> tuple[float, float, float]:
    red, green, blue = (int(value) / 255 for value in text.split())
    return red, green, blue


@cache
def _register_font() -> None:
    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))


def _qr(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=6, border=1)
    return out.getvalue()
