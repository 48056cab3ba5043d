"""Finds text on the pages of a document: characters with their positions, joined to lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from lib_ofd._package import NotOfd, attribute, member, members, parse_xml
from lib_ofd._structure import NUMBER, Body, numbers, pages

MOST_CHARACTERS = 2_000_000
WIDEST_GAP = 2.5
SAME_LINE = 0.5


@dataclass(frozen=True)
class Hit:
    """A keyword on a page: its middle in millimetres."""

    page: str
    x: float
    y: float


@dataclass(frozen=True)
class _Glyph:
    text: str
    x: float
    base: float
    size: float


def find_keyword(files: Mapping[str, bytes], body: Body, keyword: str) -> list[Hit]:
    """Return every place of a keyword in reading order; spaces do not count. Raises NotOfd."""
    wanted = "".join(keyword.split())
    if not wanted:
        raise NotOfd("关键字不能为空")
    hits: list[Hit] = []
    for page in pages(files, body):
        if page.path not in files:
            continue
        glyphs = list(_glyphs(parse_xml(files[page.path])))
        if len(glyphs) > MOST_CHARACTERS:
            raise NotOfd("页面文字过多")
        for line in _lines(glyphs):
            hits.extend(_hits(line, wanted, page.page_id))
    return hits


def _hits(line: list[_Glyph], wanted: str, page: str) -> Iterator[Hit]:
    owners = [glyph for glyph in line for _ in glyph.text]
    text = "".join(glyph.text for glyph in line)
    begin = text.find(wanted)
    while begin >= 0:
        first, last = owners[begin], owners[begin + len(wanted) - 1]
        size = max(first.size, last.size)
        yield Hit(page, (first.x + last.x + last.size) / 2, first.base - size * 0.38)
        begin = text.find(wanted, begin + len(wanted))


def _lines(glyphs: list[_Glyph]) -> Iterator[list[_Glyph]]:
    """Join characters on one base line whose gaps are small: makers split a line into many objects."""
    rows: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: glyph.base):
        if rows and abs(rows[-1][0].base - glyph.base) <= SAME_LINE * min(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        row.sort(key=lambda glyph: glyph.x)
        line = [row[0]]
        for glyph in row[1:]:
            if glyph.x - line[-1].x > WIDEST_GAP * max(glyph.size, line[-1].size):
                yield line
                line = []
            line.append(glyph)
        yield line


def _glyphs(root: etree._Element) -> Iterator[_Glyph]:
    content = member(root, "Content")
    for layer in members(content, "Layer") if content is not None else ():
        yield from _of_block(layer)


def _of_block(block: etree._Element) -> Iterator[_Glyph]:
    for group in members(block, "PageBlock"):
        yield from _of_block(group)
    for item in members(block, "TextObject"):
        yield from _of_object(item)


def _of_object(item: etree._Element) -> Iterator[_Glyph]:
    left, top, _width, _height = numbers(attribute(item, "Boundary"), 4)
    size = numbers(attribute(item, "Size") or "5", 1)[0]
    a, b, c, d, e, f = numbers(attribute(item, "CTM") or "1 0 0 1 0 0", 6)
    x = y = 0.0
    for code in members(item, "TextCode"):
        x = _number(attribute(code, "X"), x)
        y = _number(attribute(code, "Y"), y)
        text = code.text or ""
        across, down = advances(code, "DeltaX", len(text)), advances(code, "DeltaY", len(text))
        for index, character in enumerate(text):
            if not character.isspace():
                yield _Glyph(character, left + a * x + c * y + e, top + b * x + d * y + f, size * abs(d or c))
            x += across[index] if index < len(across) else (size if not down else 0.0)
            y += down[index] if index < len(down) else 0.0


def _number(text: str | None, otherwise: float) -> float:
    return numbers(text, 1)[0] if text else otherwise


def advances(code: etree._Element, name: str, most: int) -> list[float]:
    """Return at most `most` advances: numbers, and `g n v` for n times v."""
    found: list[float] = []
    parts = iter((attribute(code, name) or "").split())
    for part in parts:
        if len(found) >= most:
            break
        if part != "g":
            found.append(numbers(part, 1)[0])
            continue
        count, value = next(parts, ""), next(parts, "")
        if not (count.isdecimal() and len(count) < 10 and NUMBER.fullmatch(value)):
            raise NotOfd("文字间距不合法")
        found.extend([float(value)] * min(int(count), most - len(found)))
    return found
