"""A PNG preview of the first page: text, outlines, pictures and seals. Not a general OFD viewer."""

import io
import re
from collections.abc import Iterable

from lxml import etree
from PIL import Image, ImageDraw, ImageFont

from lib_ofd._elements import NS
from lib_ofd._fonts import FONT_FILE
from lib_ofd._package import NotOfd, absolute, find_text, parse_xml, read_package
from lib_ofd._signatures import Place

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
LARGEST_SIDE_MM = 1500.0


def render(document: bytes, seals: Iterable[tuple[Place, bytes]] = (), *, dots_per_mm: float = 6.0) -> bytes:
    """Return the first page as PNG; `seals` are places with their pictures. Raises NotOfd."""
    files = read_package(document)
    root = parse_xml(files["/OFD.xml"])
    main = absolute(find_text(root, "ofd:DocBody/ofd:DocRoot") or "", "/OFD.xml")
    if main not in files:
        raise NotOfd("缺少文档根文件")
    tree = parse_xml(files[main])
    _, _, width, height = _numbers(find_text(tree, "ofd:CommonData/ofd:PageArea/ofd:PhysicalBox"))
    if not 0 < width <= LARGEST_SIDE_MM or not 0 < height <= LARGEST_SIDE_MM:
        raise NotOfd("页面尺寸不合法")
    image = Image.new("RGB", (round(width * dots_per_mm), round(height * dots_per_mm)), "white")
    page = tree.find("ofd:Pages/ofd:Page", NS)
    content = absolute(page.get("BaseLoc", "") if page is not None else "", main)
    if content not in files:
        raise NotOfd("缺少页面内容")
    canvas = _Canvas(image, dots_per_mm, _pictures(files, tree, main))
    for item in parse_xml(files[content]).iterfind("ofd:Content/ofd:Layer/*", NS):
        canvas.draw(item)
    for place, png in seals:
        canvas.paste(png, place.x, place.y, place.width, place.height)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


class _Canvas:
    def __init__(self, image: Image.Image, scale: float, pictures: dict[str, bytes]) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)
        self._scale = scale
        self._pictures = pictures

    def draw(self, item: etree._Element) -> None:
        x, y, width, height = _numbers(item.get("Boundary"))
        kind = etree.QName(item).localname
        if kind == "TextObject":
            self._text(item, x, y)
        elif kind == "PathObject":
            self._path(item, x, y)
        elif kind == "ImageObject" and item.get("ResourceID") in self._pictures:
            self.paste(self._pictures[item.get("ResourceID", "")], x, y, width, height)

    def _text(self, item: etree._Element, x: float, y: float) -> None:
        code = item.find("ofd:TextCode", NS)
        if code is None or not code.text:
            return
        size = float(item.get("Size", "5"))
        font = ImageFont.truetype(str(FONT_FILE), max(1, round(size * self._scale)))
        x += float(code.get("X", "0"))
        base = y + float(code.get("Y", "0"))
        steps = [float(step) for step in NUMBER.findall(code.get("DeltaX", ""))]
        color = _color(item.find("ofd:FillColor", NS))
        for index, character in enumerate(code.text):
            self._draw.text(self._at(x, base), character, color, font, anchor="ls")
            x += steps[index] if index < len(steps) else size

    def _path(self, item: etree._Element, x: float, y: float) -> None:
        data = find_text(item, "ofd:AbbreviatedData") or ""
        values = [float(value) for value in NUMBER.findall(data)]
        points = [self._at(x + left, y + top) for left, top in zip(values[::2], values[1::2], strict=False)]
        if data.endswith("C") and points:
            points.append(points[0])
        line = max(1, round(float(item.get("LineWidth", "0.35")) * self._scale))
        self._draw.line(points, _color(item.find("ofd:StrokeColor", NS)), line)

    def paste(self, png: bytes, x: float, y: float, width: float, height: float) -> None:
        size = (max(1, round(width * self._scale)), max(1, round(height * self._scale)))
        picture = Image.open(io.BytesIO(png)).convert("RGBA").resize(size)
        left, top = self._at(x, y)
        self._image.paste(picture, (round(left), round(top)), picture)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale, y * self._scale


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


def _color(element: etree._Element | None) -> tuple[int, int, int]:
    values = [int(value) for value in (element.get("Value", "") if element is not None else "").split()]
    return (values[0], values[1], values[2]) if len(values) == 3 else (0, 0, 0)
