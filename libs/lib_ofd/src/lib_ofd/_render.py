"""Reads a page back into parts and draws it as PNG or PDF, seals on top. Not a general OFD viewer.

Both pictures come from the file itself, so they show what was sealed and nothing else.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lib_ofd._elements import NAMESPACE, NS
from lib_ofd._fonts import FONT_FILE
from lib_ofd._keywords import advances
from lib_ofd._package import NotOfd, absolute, find_text, parse_xml, read_package
from lib_ofd._places import Place
from lib_ofd._structure import bodies, pages

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
STEP = re.compile(r"[A-Z]|-?\d+(?:\.\d+)?")
LARGEST_SIDE_MM = 1500.0
POINTS_PER_MM = 72 / 25.4
SMOOTHING = 2
PDF_FONT = "CitySerif"
LARGEST_PICTURE_PIXELS = 40_000_000
WHOLE = (0.0, 0.0, 1.0, 1.0)
DRAWN = [f"{{{NAMESPACE}}}{kind}" for kind in ("TextObject", "PathObject", "ImageObject")]

Color = tuple[int, int, int]
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class _Glyphs:
    """Characters with their places on the base line."""

    text: str
    places: tuple[tuple[float, float], ...]
    size: float
    color: Color
    weight: float


@dataclass(frozen=True)
class _Path:
    lines: tuple[tuple[Points, bool], ...]
    width: float
    color: Color
    fill: Color | None


@dataclass(frozen=True)
class _Image:
    """A picture in its box; `shown` is the part of it that fills the box, as shares of its sides."""

    x: float
    y: float
    width: float
    height: float
    data: bytes
    shown: tuple[float, float, float, float] = WHOLE


@dataclass(frozen=True)
class _Page:
    title: str
    width: float
    height: float
    parts: tuple[_Glyphs | _Path | _Image, ...]


def render(
    document: bytes, seals: Iterable[tuple[Place, bytes]] = (), *, page: int = 1, dots_per_mm: float = 6.0
) -> bytes:
    """Return a page (from 1) as PNG; `seals` are places with their pictures. Raises NotOfd."""
    read = _read(document, seals, page)
    scale = dots_per_mm * SMOOTHING
    image = Image.new("RGB", (round(read.width * scale), round(read.height * scale)), "white")
    drawing = _Drawing(image, scale)
    for part in read.parts:
        drawing.draw(part)
    out = io.BytesIO()
    image.reduce(SMOOTHING).save(out, "PNG", optimize=True)
    return out.getvalue()


def render_pdf(document: bytes, seals: Iterable[tuple[Place, bytes]] = ()) -> bytes:
    """Return the first page as PDF, font embedded; the same input gives the same bytes. Raises NotOfd."""
    page = _read(document, seals, 1)
    if PDF_FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(PDF_FONT, str(FONT_FILE)))
    out = io.BytesIO()
    size = (page.width * POINTS_PER_MM, page.height * POINTS_PER_MM)
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(page.title)
    sheet = _Sheet(canvas, page.height)
    for part in page.parts:
        sheet.draw(part)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _read(document: bytes, seals: Iterable[tuple[Place, bytes]], number: int) -> _Page:
    files = read_package(document)
    body = bodies(files)[0]
    listed = pages(files, body)
    if not 1 <= number <= len(listed):
        raise NotOfd("文档中没有指定的页")
    page = listed[number - 1]
    if page.width > LARGEST_SIDE_MM or page.height > LARGEST_SIDE_MM:
        raise NotOfd("页面尺寸不合法")
    if page.path not in files:
        raise NotOfd("缺少页面内容")
    pictures = _pictures(files, parse_xml(files[body.root_path]), body.root_path)
    layers = parse_xml(files[page.path]).iterfind("ofd:Content/ofd:Layer", NS)
    parts = [part for layer in layers for item in layer.iter(*DRAWN) if (part := _part(item, pictures))]
    here = {page.page_id, ""} if number == 1 else {page.page_id}
    parts += [_stamp(place, png) for place, png in seals if place.page in here]
    title = find_text(parse_xml(files["/OFD.xml"]), "ofd:DocBody/ofd:DocInfo/ofd:Title") or ""
    return _Page(title, page.width, page.height, tuple(parts))


def _stamp(place: Place, png: bytes) -> _Image:
    """Return what shows of a seal: all of it, or of a riding seal (骑缝章) this page's share."""
    clip = place.clip
    if clip is None:
        return _Image(place.x, place.y, place.width, place.height, png)
    left, top = max(0.0, clip.x / place.width), max(0.0, clip.y / place.height)
    right = min(1.0, (clip.x + clip.width) / place.width)
    bottom = min(1.0, (clip.y + clip.height) / place.height)
    if left >= right or top >= bottom:
        raise NotOfd("签章位置不合法")
    box = (place.x + left * place.width, place.y + top * place.height)
    size = ((right - left) * place.width, (bottom - top) * place.height)
    return _Image(*box, *size, png, (left, top, right, bottom))


def _part(item: etree._Element, pictures: dict[str, bytes]) -> _Glyphs | _Path | _Image | None:
    x, y, width, height = _numbers(item.get("Boundary"))
    kind = etree.QName(item).localname
    if kind == "TextObject":
        return _glyphs(item, x, y)
    if kind == "PathObject":
        return _path(item, x, y)
    if kind == "ImageObject" and item.get("ResourceID") in pictures:
        return _Image(x, y, width, height, pictures[item.get("ResourceID", "")])
    return None


def _glyphs(item: etree._Element, x: float, y: float) -> _Glyphs | None:
    code = item.find("ofd:TextCode", NS)
    if code is None or not code.text:
        return None
    size = float(item.get("Size", "5"))
    x += float(code.get("X", "0"))
    base = y + float(code.get("Y", "0"))
    steps = advances(code, "DeltaX", len(code.text))
    places = []
    for index in range(len(code.text)):
        places.append((x, base))
        x += steps[index] if index < len(steps) else size
    weight = float(item.get("LineWidth", "0.35")) if item.get("Stroke") == "true" else 0.0
    return _Glyphs(code.text, tuple(places), size, _color(item.find("ofd:FillColor", NS)), weight)


def _path(item: etree._Element, x: float, y: float) -> _Path:
    lines: list[tuple[Points, bool]] = []
    numbers: list[float] = []
    steps = STEP.findall(find_text(item, "ofd:AbbreviatedData") or "")
    for step in [*steps, "M"]:
        if not step.isalpha():
            numbers.append(float(step))
            continue
        if numbers and lines:
            # Of a curve's step only the end is taken: the outlines drawn here are made of short lines.
            lines[-1][0].append((x + numbers[-2], y + numbers[-1]) if len(numbers) > 1 else (x, y))
        numbers = []
        if step in {"M", "S"}:
            lines.append(([], False))
        elif step == "C" and lines:
            lines[-1] = (lines[-1][0], True)
    fill = _color(item.find("ofd:FillColor", NS)) if item.get("Fill") == "true" else None
    drawn = tuple(line for line in lines if len(line[0]) > 1)
    return _Path(drawn, float(item.get("LineWidth", "0.35")), _color(item.find("ofd:StrokeColor", NS)), fill)


class _Drawing:
    """Draws on pixels."""

    def __init__(self, image: Image.Image, scale: float) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)
        self._scale = scale

    def draw(self, part: _Glyphs | _Path | _Image) -> None:
        if isinstance(part, _Glyphs):
            self._text(part)
        elif isinstance(part, _Path):
            self._path(part)
        else:
            self._paste(part)

    def _text(self, part: _Glyphs) -> None:
        font = ImageFont.truetype(str(FONT_FILE), max(1, round(part.size * self._scale)))
        stroke = round(part.weight * self._scale / 2)
        for character, place in zip(part.text, part.places, strict=True):
            self._draw.text(self._at(place), character, part.color, font, anchor="ls", stroke_width=stroke)

    def _path(self, part: _Path) -> None:
        for points, closed in part.lines:
            at = [self._at(point) for point in points]
            if closed:
                at.append(at[0])
            if part.fill is not None:
                self._draw.polygon(at, fill=part.fill)
            self._draw.line(at, part.color, max(1, round(part.width * self._scale)))

    def _paste(self, part: _Image) -> None:
        size = (max(1, round(part.width * self._scale)), max(1, round(part.height * self._scale)))
        picture = _opened(part).resize(size, Image.Resampling.LANCZOS)
        left, top = self._at((part.x, part.y))
        self._image.paste(picture, (round(left), round(top)), picture)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * self._scale, point[1] * self._scale


class _Sheet:
    """Draws on a PDF page, whose origin is at the bottom left."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self._canvas = canvas
        self._height = height

    def draw(self, part: _Glyphs | _Path | _Image) -> None:
        if isinstance(part, _Glyphs):
            self._text(part)
        elif isinstance(part, _Path):
            self._path(part)
        else:
            self._paste(part)

    def _text(self, part: _Glyphs) -> None:
        self._colors(part.color, part.color)
        self._canvas.setLineWidth(part.weight * POINTS_PER_MM)
        for character, place in zip(part.text, part.places, strict=True):
            written = self._canvas.beginText(*self._at(place))
            written.setFont(PDF_FONT, part.size * POINTS_PER_MM)
            written.setTextRenderMode(2 if part.weight else 0)
            written.textOut(character)
            self._canvas.drawText(written)

    def _path(self, part: _Path) -> None:
        self._colors(part.color, part.fill or part.color)
        self._canvas.setLineWidth(part.width * POINTS_PER_MM)
        for points, closed in part.lines:
            path = self._canvas.beginPath()
            path.moveTo(*self._at(points[0]))
            for point in points[1:]:
                path.lineTo(*self._at(point))
            if closed:
                path.close()
            self._canvas.drawPath(path, stroke=1, fill=int(part.fill is not None))

    def _paste(self, part: _Image) -> None:
        left, bottom = self._at((part.x, part.y + part.height))
        size = (part.width * POINTS_PER_MM, part.height * POINTS_PER_MM)
        self._canvas.drawImage(ImageReader(_opened(part)), left, bottom, *size, mask="auto")

    def _colors(self, stroke: Color, fill: Color) -> None:
        self._canvas.setStrokeColorRGB(*(value / 255 for value in stroke))
        self._canvas.setFillColorRGB(*(value / 255 for value in fill))

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * POINTS_PER_MM, (self._height - point[1]) * POINTS_PER_MM


def _opened(part: _Image) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(part.data))
        wide, high = picture.size
        if wide * high > LARGEST_PICTURE_PIXELS:
            raise NotOfd("图片过大")
        left, top, right, bottom = part.shown
        shown = (round(left * wide), round(top * high), round(right * wide), round(bottom * high))
        whole = picture.convert("RGBA")
        return whole if part.shown == WHOLE else whole.crop(shown)
    except (UnidentifiedImageError, OSError) as error:
        raise NotOfd("图片不可读") from error


def _pictures(files: dict[str, bytes], tree: etree._Element, main: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for element in tree.iterfind("ofd:CommonData/ofd:DocumentRes", NS):
        path = absolute(element.text or "", main)
        if path not in files:
            continue
        resource = parse_xml(files[path])
        for media in resource.iterfind("ofd:MultiMedias/ofd:MultiMedia", NS):
            base = absolute(resource.get("BaseLoc", ".") + "/x", path)
            name = absolute(find_text(media, "ofd:MediaFile") or "", base)
            if name in files:
                found[media.get("ID", "")] = files[name]
    return found


def _numbers(text: str | None) -> tuple[float, float, float, float]:
    values = [float(value) for value in NUMBER.findall(text or "")]
    if len(values) != 4:
        raise NotOfd("坐标不合法")
    return values[0], values[1], values[2], values[3]


def _color(element: etree._Element | None) -> Color:
    values = [int(value) for value in (element.get("Value", "") if element is not None else "").split()]
    return (values[0], values[1], values[2]) if len(values) == 3 else (0, 0, 0)
