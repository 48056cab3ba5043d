"""Builds one-page OFD documents: text, lines, pictures, data. Millimetres, origin top left.

Paths are relative to the file that holds them, as most makers write them: some readers know no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lxml import etree

from lib_ofd import _fonts
from lib_ofd._elements import NS, E, to_bytes
from lib_ofd._package import parse_xml, read_package, write_package

FONT_ID = 1
PAGE_ID = "2"
BLACK = "0 0 0"


@dataclass(frozen=True)
class Text:
    """A line of text; `x`, `y` is its left end on the base line, `size` its height.

    `weight` thickens the strokes by so many millimetres, `spacing` is added between characters.
    """

    x: float
    y: float
    text: str
    size: float = 5.0
    color: str = BLACK
    weight: float = 0.0
    spacing: float = 0.0


@dataclass(frozen=True)
class Box:
    """A rectangle's outline; a height of 0 makes a line."""

    x: float
    y: float
    width: float
    height: float
    line: float = 0.35
    color: str = BLACK


@dataclass(frozen=True)
class Curve:
    """A line through points, as fine as they are; `fill` colours what a closed one encloses."""

    points: tuple[tuple[float, float], ...]
    line: float = 0.2
    color: str = BLACK
    closed: bool = False
    fill: str | None = None


@dataclass(frozen=True)
class Picture:
    """A PNG picture filling a box."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


Part = Text | Box | Curve | Picture


def centred(
    middle: float,
    y: float,
    text: str,
    size: float,
    color: str = BLACK,
    *,
    weight: float = 0,
    spacing: float = 0,
) -> Text:
    """Return a line of text whose middle is at `middle`."""
    left = middle - _fonts.width(text, size, spacing) / 2
    return Text(left, y, text, size, color, weight, spacing)


@dataclass
class Document:
    """A page with what stands on it. `data` are name-value pairs kept in the file (GB/T 36903 names)."""

    document_id: UUID
    title: str
    created_at: datetime
    width: float = 297.0
    height: float = 210.0
    parts: list[Part] = field(default_factory=list)
    data: dict[str, str] = field(default_factory=dict)

    def add(self, *parts: Part) -> None:
        """Put parts on the page, the later over the earlier."""
        self.parts.extend(parts)

    def build(self) -> bytes:
        """Return the OFD file; equal documents give equal bytes. It is ready to be sealed.

        Raises:
            Unprintable: a text has characters that the embedded font lacks.
        """
        lacking = _fonts.missing("".join(part.text for part in self.parts if isinstance(part, Text)))
        if lacking:
            raise _fonts.Unprintable(lacking)
        ids = iter(range(100, 100 + 3 * len(self.parts)))
        pictures: list[tuple[int, Picture]] = []
        layer = E.Layer(ID="3", Type="Body")
        for part in self.parts:
            layer.append(_object(part, next(ids), ids, pictures))
        files = {
            "/OFD.xml": to_bytes(self._root()),
            "/Doc_0/Document.xml": to_bytes(self._document(100 + 3 * len(self.parts))),
            "/Doc_0/PublicRes.xml": to_bytes(_fonts_resource()),
            "/Doc_0/DocumentRes.xml": to_bytes(_pictures_resource(pictures)),
            "/Doc_0/Pages/Page_0/Content.xml": to_bytes(E.Page(E.Content(layer))),
            "/Doc_0/Res/font_1.ttf": _fonts.subset_for(self._characters()),
        }
        files.update({f"/Doc_0/Res/image_{number}.png": picture.png for number, picture in pictures})
        return write_package(files)

    def _characters(self) -> frozenset[str]:
        return frozenset("".join(part.text for part in self.parts if isinstance(part, Text)) + " ")

    def _root(self) -> etree._Element:
        info = E.DocInfo(
            E.DocID(self.document_id.hex),
            E.Title(self.title),
            E.CreationDate(self.created_at.date().isoformat()),
            E.Creator("city-licence"),
        )
        if self.data:  # The schema knows no empty list.
            info.append(E.CustomDatas(*(E.CustomData(value, Name=name) for name, value in self.data.items())))
        body = E.DocBody(info, E.DocRoot("Doc_0/Document.xml"), E.Signatures("Doc_0/Signs/Signatures.xml"))
        return E.OFD(body, Version="1.0", DocType="OFD")

    def _document(self, largest_id: int) -> etree._Element:
        common = E.CommonData(
            E.MaxUnitID(str(largest_id)),
            E.PageArea(E.PhysicalBox(f"0 0 {self.width:g} {self.height:g}")),
            E.PublicRes("PublicRes.xml"),
            E.DocumentRes("DocumentRes.xml"),
        )
        pages = E.Pages(E.Page(ID=PAGE_ID, BaseLoc="Pages/Page_0/Content.xml"))
        return E.Document(common, pages)


def read_data(document: bytes) -> dict[str, str]:
    """Return the name-value pairs kept in an OFD file (GB/T 36903 names on licences). Raises NotOfd."""
    root = parse_xml(read_package(document)["/OFD.xml"])
    pairs = root.iterfind("ofd:DocBody/ofd:DocInfo/ofd:CustomDatas/ofd:CustomData", NS)
    return {pair.get("Name", ""): pair.text or "" for pair in pairs}


def _object(
    part: Part, number: int, ids: Iterator[int], pictures: list[tuple[int, Picture]]
) -> etree._Element:
    if isinstance(part, Text):
        return _text_object(part, number)
    if isinstance(part, Box):
        return _box_object(part, number)
    if isinstance(part, Curve):
        return _curve_object(part, number)
    picture = next(ids)
    pictures.append((picture, part))
    return E.ImageObject(
        ID=str(number),
        Boundary=_box(part.x, part.y, part.width, part.height),
        CTM=f"{part.width:g} 0 0 {part.height:g} 0 0",
        ResourceID=str(picture),
    )


def _text_object(part: Text, number: int) -> etree._Element:
    advances = [_fonts.advance(character, part.size) + part.spacing for character in part.text]
    attributes = {"X": "0", "Y": f"{part.size:g}"}
    if len(part.text) > 1:
        attributes["DeltaX"] = " ".join(f"{step:.3f}" for step in advances[:-1])
    strokes = [E.StrokeColor(Value=part.color)] if part.weight else []
    thick = {"Stroke": "true", "LineWidth": f"{part.weight:g}"} if part.weight else {}
    return E.TextObject(
        E.FillColor(Value=part.color),
        *strokes,
        E.TextCode(part.text, **attributes),
        ID=str(number),
        Boundary=_box(part.x, part.y - part.size, sum(advances) + part.size, part.size * 1.4),
        Font=str(FONT_ID),
        Size=f"{part.size:g}",
        **thick,
    )


def _box_object(part: Box, number: int) -> etree._Element:
    right, bottom = f"{part.width:g}", f"{part.height:g}"
    data = f"M 0 0 L {right} 0 L {right} {bottom} L 0 {bottom} C" if part.height else f"M 0 0 L {right} 0"
    return E.PathObject(
        E.StrokeColor(Value=part.color),
        E.AbbreviatedData(data),
        ID=str(number),
        Boundary=_box(part.x, part.y, part.width, max(part.height, part.line)),
        LineWidth=f"{part.line:g}",
    )


def _curve_object(part: Curve, number: int) -> etree._Element:
    left, top = min(x for x, _ in part.points), min(y for _, y in part.points)
    right, bottom = max(x for x, _ in part.points), max(y for _, y in part.points)
    steps = [f"{x - left:.2f} {y - top:.2f}" for x, y in part.points]
    data = "M " + " L ".join(steps) + (" C" if part.closed else "")
    filled = [E.FillColor(Value=part.fill)] if part.fill else []
    return E.PathObject(
        E.StrokeColor(Value=part.color),
        *filled,
        E.AbbreviatedData(data),
        ID=str(number),
        Boundary=_box(left, top, max(right - left, part.line), max(bottom - top, part.line)),
        LineWidth=f"{part.line:g}",
        **({"Fill": "true"} if part.fill else {}),
    )


def _fonts_resource() -> etree._Element:
    font = E.Font(E.FontFile("font_1.ttf"), ID=str(FONT_ID), FontName=_fonts.FONT_NAME)
    return E.Res(E.Fonts(font), BaseLoc="Res")


def _pictures_resource(pictures: list[tuple[int, Picture]]) -> etree._Element:
    media = [
        E.MultiMedia(E.MediaFile(f"image_{number}.png"), ID=str(number), Type="Image", Format="PNG")
        for number, _ in pictures
    ]
    return E.Res(*([E.MultiMedias(*media)] if media else []), BaseLoc="Res")


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"{x:.3f} {y:.3f} {width:.3f} {height:.3f}"
