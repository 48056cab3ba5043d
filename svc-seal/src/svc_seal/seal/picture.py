"""The pictures of seals (印模): round official seals and square personal-name seals.

Sizes and layout follow the State Council's rules for seals of administrative bodies (国发〔1999〕25号):
round, 42 mm, five-pointed star in the middle, the name from left to right on the arc; personal-name seals are
the usual square ones.
"""

import math

from svc_seal.seal.domain import Kind, PictureImpossible
from svc_seal.seal.drawing import Drawing, Point, advance_of, arc, can_draw

DIAMETER_MM = 42
SIDE_MM = 20
BORDER = 1.2
STAR_RADIUS = 7.0
GAP = 1.0
TALLEST, SHORTEST = 6.0, 4.2
NAME_FITS_TALL, NAME_FITS_SHORT = 10, 30
WIDEST_STEP = 30.0
FREE_DEGREES, FREE_FOR_LINE = 70.0, 126.0
CODE_SIZE, CODE_STEP = 2.2, 5.6
NARROWEST = 0.42


def draw(kind: Kind, name: str, code: str = "", line: str = "") -> Drawing:
    """Return the picture of a seal.

    `code` stands small on the lower arc; `line` is the special purpose (专用章) under the star.

    Raises:
        PictureImpossible: the font lacks a character, or the name does not fit this kind of seal.
    """
    if not can_draw(name + code + line):
        missing = sorted({character for character in name + code + line if not can_draw(character)})
        raise PictureImpossible(f"字体中没有这些字：{'、'.join(missing)}", characters=missing)
    if kind is Kind.PERSONAL:
        return _square(name)
    if not 4 <= len(name) <= NAME_FITS_SHORT:
        raise PictureImpossible("圆形公章的名称应为 4 至 30 个字")
    return _round(name, code, line)


def size_of(kind: Kind) -> int:
    """Return width and height of a seal in millimetres."""
    return SIDE_MM if kind is Kind.PERSONAL else DIAMETER_MM


def _round(name: str, code: str, line: str) -> Drawing:
    drawing = Drawing(DIAMETER_MM, DIAMETER_MM)
    middle = Point(DIAMETER_MM / 2, DIAMETER_MM / 2)
    drawing.ring(middle, DIAMETER_MM / 2 - 0.1, BORDER)
    drawing.polygon(*_star(middle, STAR_RADIUS))
    _name_on_arc(drawing, middle, name, code, has_line=bool(line))
    if line:
        _line(drawing, Point(middle.x, middle.y + 10.8), line)
    if code:
        first = 180 + CODE_STEP * (len(code) - 1) / 2
        angles = [first - CODE_STEP * index for index in range(len(code))]
        radius = DIAMETER_MM / 2 - BORDER - 0.6 - CODE_SIZE / 2
        for character, (point, angle) in zip(code, arc(middle, radius, angles), strict=True):
            # On the lower arc the digits stand upright, their feet outwards.
            drawing.glyph(character, point, CODE_SIZE, CODE_SIZE, turn=angle - 180)
    return drawing


def _name_on_arc(drawing: Drawing, middle: Point, name: str, code: str, *, has_line: bool) -> None:
    """Long names get shorter and, above all, narrower characters, so that the arc does not become a ring."""
    count = len(name)
    long = min(1.0, max(0.0, (count - NAME_FITS_TALL) / (NAME_FITS_SHORT - NAME_FITS_TALL)))
    height = TALLEST - (TALLEST - SHORTEST) * long
    taken = CODE_STEP * len(code) + 14 if code else 0
    free = 360 - max(FREE_DEGREES, taken, FREE_FOR_LINE if has_line else 0)
    step = min(WIDEST_STEP, free / count)
    radius = DIAMETER_MM / 2 - BORDER - GAP - height / 2
    # Characters are narrowest where the arc is: at their feet.
    room = math.radians(step) * (radius - height * 0.3)
    width = min(height, room * 0.98)
    angles = [(index - (count - 1) / 2) * step for index in range(count)]
    for character, (point, angle) in zip(name, arc(middle, radius, angles), strict=True):
        drawing.glyph(character, point, max(width, height * NARROWEST), height, turn=angle)


def _line(drawing: Drawing, middle: Point, text: str) -> None:
    height, room = 3.8, 20.0
    natural = sum(advance_of(character) for character in text) / 1000 * height
    ratio = min(1.0, room / natural)
    x = middle.x - natural * ratio / 2
    for character in text:
        step = advance_of(character) / 1000 * height * ratio
        drawing.glyph(character, Point(x + step / 2, middle.y), height * ratio, height)
        x += step


def _square(name: str) -> Drawing:
    """Two columns from right to left; 印 or 之印 fills a short name to four characters."""
    if not 2 <= len(name) <= 6:
        raise PictureImpossible("个人名章的姓名应为 2 至 6 个字")
    text = {2: name + "之印", 3: name + "印"}.get(len(name), name)
    drawing = Drawing(SIDE_MM, SIDE_MM)
    drawing.frame(BORDER)
    rows = math.ceil(len(text) / 2)
    inner = SIDE_MM - 2 * (BORDER + 0.8)
    wide, high = inner / 2, inner / rows
    for index, character in enumerate(text):
        column, row = divmod(index, rows)
        short = len(text) - rows if column else rows
        tall = inner / short
        x = SIDE_MM - (BORDER + 0.8) - wide * (column + 0.5)
        y = BORDER + 0.8 + (tall if column else high) * (row + 0.5)
        drawing.glyph(character, Point(x, y), wide * 0.98, (tall if column else high) * 0.98)
    return drawing


def _star(middle: Point, radius: float) -> list[Point]:
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    return [
        point
        for corner in range(10)
        for point, _ in arc(middle, inner if corner % 2 else radius, [36.0 * corner])
    ]
