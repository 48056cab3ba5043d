"""Draws a licence's page from its template: frame, title, fields, photo, QR code, issuer and dates."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import segno
from PIL import Image

from lib_kernel import CITY_ZONE, Invalid, LicenseNumber, is_citizen_id, is_credit_code
from lib_ofd import Box, Curve, Document, Part, Picture, Text, Unprintable, centred, missing, width
from svc_license.kind.domain import Kind
from svc_license.kind.ornament import double, guilloche, rosette
from svc_license.kind.template import (
    PLACEHOLDER,
    BandPiece,
    BoxPiece,
    FieldsPiece,
    LinePiece,
    PhotoPiece,
    Piece,
    QrPiece,
    TextPiece,
    parse_template,
)
from svc_license.kind.typeset import SHRINK, SMALLEST, DoesNotFit, fit, wrap

FIELD_GAP = 0.55
PHOTO_DOTS_PER_MM = 12
FAINT = "150 150 150"


class CharacterMissing(Invalid):
    """The licence's font lacks a character, mostly of a rare name: nothing is issued with a gap in it."""

    code = "character-missing"
    title = "证照字库缺字"


@dataclass(frozen=True)
class PageContent:
    """What the page says. `fields` are values by name; `check_url` is where the QR code leads."""

    license_id: UUID
    number: str
    holder_name: str
    holder_number: str
    issued_at: datetime
    valid_from: date
    valid_until: date | None
    check_url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    first_issued_on: date | None = None


def render_page(content: PageContent, kind: Kind) -> bytes:
    """Return the licence as an OFD file, ready to be sealed; equal content gives equal bytes.

    Raises:
        CharacterMissing, DoesNotFit: what the licence says cannot be printed as it is.
    """
    try:
        return draw(content, kind).build()
    except Unprintable as error:
        lacking = _where(error.characters, content, kind)
        raise CharacterMissing(f"{lacking}含有字库中没有的字：{error.characters}") from error


def draw(content: PageContent, kind: Kind) -> Document:
    """Return the page, on which nothing has been written to a file yet. Raises DoesNotFit."""
    template = parse_template(kind.template, kind.schema)
    wide, high = template.dimensions
    document = Document(
        content.license_id, kind.name, content.issued_at, wide, high, data=metadata(content, kind)
    )
    frame = template.frame
    if frame.rosette is not None:
        document.add(*rosette(wide / 2, high / 2, frame.rosette_radius, frame.rosette))
    if frame.style == "guilloche":
        document.add(*guilloche(wide, high, frame.margin, frame.band, frame.color))
    elif frame.style == "double":
        document.add(*double(wide, high, frame.margin, frame.band, frame.color))
    facts = _facts(content, kind)
    for piece in template.pieces:
        document.add(*_draw(piece, content, kind, facts))
    return document


def _draw(piece: Piece, content: PageContent, kind: Kind, facts: Mapping[str, str]) -> list[Part]:
    if isinstance(piece, TextPiece):
        return _text(piece, facts)
    if isinstance(piece, FieldsPiece):
        return _fields(piece, content, kind)
    if isinstance(piece, PhotoPiece):
        return _photo(piece, content.fields.get(piece.field, ""))
    if isinstance(piece, QrPiece):
        return [Picture(piece.x, piece.y, piece.size, piece.size, _qr(content.check_url))]
    if isinstance(piece, LinePiece):
        return [Curve(((piece.x, piece.y), (piece.x2, piece.y2)), piece.line, piece.color)]
    if isinstance(piece, BoxPiece):
        return [Box(piece.x, piece.y, piece.width, piece.height, piece.line, piece.color)]
    if isinstance(piece, BandPiece):
        right, bottom = piece.x + piece.width, piece.y + piece.height
        corners = ((piece.x, piece.y), (right, piece.y), (right, bottom), (piece.x, bottom))
        return [Curve(corners, 0.05, piece.color, closed=True, fill=piece.color)]
    return []  # The seal is set by svc-seal, on top of the finished page.


def _text(piece: TextPiece, facts: Mapping[str, str]) -> list[Part]:
    named = PLACEHOLDER.findall(piece.text)
    if named and not any(facts.get(name) for name in named):
        return []
    text = PLACEHOLDER.sub(lambda found: facts.get(found[1], ""), piece.text)
    room = piece.width or 1000.0
    set_ = fit(text, piece.size, room, piece.lines, spacing=piece.spacing)
    parts: list[Part] = []
    for place, line in enumerate(set_.lines):
        y = piece.y + place * set_.size * 1.5
        style = {"weight": piece.weight, "spacing": piece.spacing}
        if piece.align == "centre":
            parts.append(centred(piece.x, y, line, set_.size, piece.color, **style))
        else:
            left = piece.x - (width(line, set_.size, piece.spacing) if piece.align == "right" else 0)
            parts.append(Text(left, y, line, set_.size, piece.color, piece.weight, piece.spacing))
    return parts


def _fields(piece: FieldsPiece, content: PageContent, kind: Kind) -> list[Part]:
    wanted = piece.names or [name for name in kind.titles if name not in kind.photos]
    shown = [(kind.titles[name], content.fields[name]) for name in wanted if content.fields.get(name)]
    size = piece.size
    while size >= piece.size * SMALLEST:
        rows = [wrap(value, size, piece.width - piece.label_width - _inset(piece)) for _, value in shown]
        needed = sum((len(lines) * piece.line * 0.75 + FIELD_GAP * piece.line) * size for lines in rows)
        if needed <= piece.height:
            return _set_fields(
                piece, [(title, row) for (title, _), row in zip(shown, rows, strict=True)], size
            )
        size *= SHRINK
    raise DoesNotFit("各栏目内容合计过长，版面放不下")


def _inset(piece: FieldsPiece) -> float:
    return piece.size if piece.grid else 0.0


def _set_fields(piece: FieldsPiece, rows: list[tuple[str, list[str]]], size: float) -> list[Part]:
    parts: list[Part] = []
    step, gap, inset = piece.line * 0.75 * size, FIELD_GAP * piece.line * size, _inset(piece) / 2
    top = piece.y
    for title, lines in rows:
        height = len(lines) * step + gap
        base = top + gap / 2 + step * 0.78
        label = fit(title, size, piece.label_width - inset - size * 0.3, 2)
        for place, text in enumerate(label.lines):
            y = base + place * label.size * 1.25 - (label.size * 0.6 if len(label.lines) > 1 else 0)
            parts.append(Text(piece.x + inset, y, text, label.size, piece.label_color))
        for place, line in enumerate(lines):
            parts.append(Text(piece.x + piece.label_width + inset, base + place * step, line, size))
        if piece.grid:
            parts.append(Box(piece.x, top, piece.label_width, height, 0.25, piece.grid))
            parts.append(
                Box(
                    piece.x + piece.label_width,
                    top,
                    piece.width - piece.label_width,
                    height,
                    0.25,
                    piece.grid,
                )
            )
        top += height
        if piece.rule:
            parts.append(
                Box(piece.x + piece.label_width, top, piece.width - piece.label_width, 0, 0.2, piece.rule)
            )
    return parts


def _photo(piece: PhotoPiece, value: str) -> list[Part]:
    if not value:
        return [
            Box(piece.x, piece.y, piece.width, piece.height, 0.25, FAINT),
            centred(piece.x + piece.width / 2, piece.y + piece.height / 2, "照片", piece.width / 6, FAINT),
        ]
    picture = Image.open(io.BytesIO(base64.b64decode(value))).convert("RGB")
    ratio = piece.width / piece.height
    wide = min(picture.width, round(picture.height * ratio))
    high = min(picture.height, round(picture.width / ratio))
    left, top = (picture.width - wide) // 2, (picture.height - high) // 2
    size = (round(piece.width * PHOTO_DOTS_PER_MM), round(piece.height * PHOTO_DOTS_PER_MM))
    out = io.BytesIO()
    cut = picture.crop((left, top, left + wide, top + high)).resize(size, Image.Resampling.LANCZOS)
    cut.save(out, "PNG", optimize=True)
    return [Picture(piece.x, piece.y, piece.width, piece.height, out.getvalue())]


def _qr(url: str) -> bytes:
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="png", scale=6, border=1)
    return out.getvalue()


def _facts(content: PageContent, kind: Kind) -> dict[str, str]:
    number = LicenseNumber.parse(content.number)
    until = _chinese(content.valid_until) if content.valid_until else "长期"
    begun = content.first_issued_on or content.issued_at.astimezone(CITY_ZONE).date()
    return {
        **content.fields,
        "name": kind.name,
        "number": content.number,
        "code": content.check_url.rsplit("/", 1)[-1],
        "serial": number.serial,
        "version": number.version,
        "holder_name": content.holder_name,
        "holder_number": content.holder_number,
        "issuer": kind.issuer_name,
        "issued_on": _chinese(content.issued_at.astimezone(CITY_ZONE).date()),
        "first_issued_on": _chinese(begun),
        "valid_from": _chinese(content.valid_from),
        "valid_until": until,
        "validity": f"{_chinese(content.valid_from)}至{until}",
    }


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def _where(lacking: str, content: PageContent, kind: Kind) -> str:
    said = {
        "持证人": content.holder_name,
        **{kind.titles[n]: v for n, v in content.fields.items() if n in kind.titles},
    }
    return "、".join(title for title, value in said.items() if set(value) & set(lacking)) or "版面"


def check_printable(kind: Kind, holder_name: str, fields: Mapping[str, str]) -> None:
    """Raise CharacterMissing when a value could not be printed, before anything is made of it."""
    values = [holder_name, *(value for name, value in fields.items() if name not in kind.photos)]
    lacking = missing("".join(values).replace("\n", ""))
    if lacking:
        raise CharacterMissing(f"含有证照字库中没有的字：{lacking}", characters=lacking)


def metadata(content: PageContent, kind: Kind) -> dict[str, str]:
    """Return the metadata under their short names (GB/T 36903); fields of the kind begin with KZ_."""
    day = content.issued_at.astimezone(CITY_ZONE).date().isoformat()
    code, meaning = holder_number_kind(content.holder_number)
    own = {f"KZ_{name}": value for name, value in content.fields.items() if name not in kind.photos}
    return {
        "ZZMC": kind.name,
        "ZZLXDM": kind.code,
        "ZZBH": LicenseNumber.parse(content.number).serial,
        "ZZBS": content.number,
        "CZZT": content.holder_name,
        "CZZTDM": content.holder_number,
        "CZZTDMLX": meaning,
        "CZZTDMLXDM": code,
        "ZZBFJG": kind.issuer_name,
        "ZZBFJGDM": kind.issuer,
        "ZZBFRQ": day,
        "ZZYXQQSRQ": content.valid_from.isoformat(),
        "ZZYXQJZRQ": content.valid_until.isoformat() if content.valid_until else "",
        "ZZQZR": kind.issuer_name,
        "ZZQZSJ": day,
        **own,
    }


def holder_number_kind(number: str) -> tuple[str, str]:
    """Return code and name of the kind of a holder's number (GB/T 36903)."""
    if is_credit_code(number):
        return "001", "统一社会信用代码"
    return ("111", "公民身份号码") if is_citizen_id(number) else ("999", "其他")
