"""Red shapes in millimetres, written as SVG and as PNG from the same geometry."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from fontTools.pens.basePen import decomposeQuadraticSegment
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageDraw

from lib_ofd import FONT_FILE

RED = (215, 0, 15)
WHITE = (255, 255, 255)
DOTS_PER_MM = 10
OVERSAMPLING = 4
CURVE_STEPS = 5
ALPHA_STEP = 17


class Point(NamedTuple):
    """A point in millimetres, y down."""

    x: float
    y: float


class Affine(NamedTuple):
    """x' = a x + c y + e, y' = b x + d y + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def of(self, x: float, y: float) -> Point:
        """Return the point moved."""
        return Point(self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)


@dataclass(frozen=True)
class Curve:
    """A closed contour: a start and quadratic curves; a line is a curve whose control is its end."""

    start: Point
    parts: tuple[tuple[Point, Point], ...]

    def polygon(self) -> list[Point]:
        """Return the contour as straight lines."""
        points, at = [self.start], self.start
        for control, end in self.parts:
            steps = 1 if control == end else CURVE_STEPS
            for step in range(1, steps + 1):
                t = step / steps
                points.append(_between(_between(at, control, t), _between(control, end, t), t))
            at = end
        return points

    def path(self) -> str:
        """Return the contour as SVG path data."""
        parts = [
            f"L{_n(end.x)} {_n(end.y)}"
            if control == end
            else f"Q{_n(control.x)} {_n(control.y)} {_n(end.x)} {_n(end.y)}"
            for control, end in self.parts
        ]
        return f"M{_n(self.start.x)} {_n(self.start.y)}{''.join(parts)}Z"


@dataclass
class Drawing:
    """A drawing of a size in millimetres: figures of contours (filled where they wind), and rings."""

    width: float
    height: float
    figures: list[list[Curve]] = field(default_factory=list)

    def polygon(self, *points: Point) -> None:
        """Fill a polygon."""
        self.figures.append([_straight(points)])

    def ring(self, middle: Point, radius: float, line: float) -> None:
        """Draw a circle whose line lies inside the radius."""
        self.figures.append([_circle(middle, radius, 1), _circle(middle, radius - line, -1)])

    def frame(self, line: float) -> None:
        """Draw a rectangle along the drawing's edge."""
        right, bottom = self.width, self.height
        outer = [Point(0, 0), Point(right, 0), Point(right, bottom), Point(0, bottom)]
        inner = [
            Point(line, line),
            Point(line, bottom - line),
            Point(right - line, bottom - line),
            Point(right - line, line),
        ]
        self.figures.append([_straight(outer), _straight(inner)])

    def glyph(self, character: str, middle: Point, width: float, height: float, turn: float = 0.0) -> None:
        """Draw a character with its em box fitted to width and height around `middle`, turned (degrees)."""
        cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        wide, high = width / 1000, height / 1000
        place = Affine(cosine * wide, sine * wide, sine * high, -cosine * high, middle.x, middle.y)
        advance = advance_of(character)
        self.figures.append(
            [
                Curve(
                    place.of(start[0] - advance / 2, start[1] - MIDDLE_OF_EM),
                    tuple(
                        (
                            place.of(control[0] - advance / 2, control[1] - MIDDLE_OF_EM),
                            place.of(end[0] - advance / 2, end[1] - MIDDLE_OF_EM),
                        )
                        for control, end in parts
                    ),
                )
                for start, parts in outline_of(character)
            ]
        )

    def svg(self) -> bytes:
        """Return the drawing as SVG, sized in millimetres."""
        paths = "".join(f'<path d="{"".join(curve.path() for curve in figure)}"/>' for figure in self.figures)
        size = f'width="{_n(self.width)}mm" height="{_n(self.height)}mm"'
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        fill = "#{:02x}{:02x}{:02x}".format(*RED)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>'
        return f'{head}<g fill="{fill}">{paths}</g></svg>'.encode()

    def png(self, dots_per_mm: int = DOTS_PER_MM) -> bytes:
        """Return the drawing as PNG on a clear ground."""
        scale = dots_per_mm * OVERSAMPLING
        mask = Image.new("L", (round(self.width * scale), round(self.height * scale)), 0)
        for figure in self.figures:
            _fill(mask, [[(x * scale, y * scale) for x, y in curve.polygon()] for curve in figure])
        size = (round(self.width * dots_per_mm), round(self.height * dots_per_mm))
        small = mask.resize(size, Image.Resampling.BOX)
        # One colour, and the index is how opaque it is: a small file with soft edges. Few levels pack better.
        levels = small.point([min(255, round(level / ALPHA_STEP) * ALPHA_STEP) for level in range(256)])
        picture = Image.frombytes("P", size, levels.tobytes())
        # The ground is clear white, not clear red: some readers forget that it is clear.
        picture.putpalette(WHITE + RED * 255)
        out = io.BytesIO()
        dpi = dots_per_mm * 25.4
        picture.save(out, "PNG", transparency=bytes(range(256)), optimize=True, dpi=(dpi, dpi))
        return out.getvalue()


# The middle of a Chinese character's box, in units of 1000 above the base line.
MIDDLE_OF_EM = 380.0

Outline = tuple[tuple[tuple[float, float], tuple[tuple[tuple[float, float], tuple[float, float]], ...]], ...]


@cache
def _font() -> TTFont:
    return TTFont(FONT_FILE, lazy=False)


def can_draw(text: str) -> bool:
    """Return whether the font has every character."""
    known = _font().getBestCmap()
    return all(ord(character) in known for character in text)


def advance_of(character: str) -> float:
    """Return the width of a character in thousandths of its size."""
    font = _font()
    advance: int = font["hmtx"].metrics[font.getBestCmap()[ord(character)]][0]
    unit: int = font["head"].unitsPerEm
    return advance * 1000 / unit


@cache
def outline_of(character: str) -> Outline:
    """Return the contours of a character in thousandths of its size, y up."""
    font = _font()
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[font.getBestCmap()[ord(character)]].draw(pen)
    unit = 1000 / font["head"].unitsPerEm
    found = []
    start: tuple[float, float] = (0.0, 0.0)
    parts: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for name, points in pen.value:
        scaled = [(x * unit, y * unit) for x, y in points]
        if name == "moveTo":
            start, parts = scaled[0], []
        elif name == "lineTo":
            parts.append((scaled[0], scaled[0]))
        elif name == "qCurveTo":
            parts.extend(decomposeQuadraticSegment(scaled))
        elif name == "closePath":
            found.append((start, tuple(parts)))
    return tuple(found)


def _fill(mask: Image.Image, contours: list[list[tuple[float, float]]]) -> None:
    """Fill where the contours wind around (nonzero): overlapping strokes of a character stay whole."""
    contours = [contour for contour in contours if len(contour) > 2]
    if not contours:
        return
    left = max(0, math.floor(min(x for contour in contours for x, _ in contour)))
    top = max(0, math.floor(min(y for contour in contours for _, y in contour)))
    right = min(mask.width, math.ceil(max(x for contour in contours for x, _ in contour)) + 1)
    bottom = min(mask.height, math.ceil(max(y for contour in contours for _, y in contour)) + 1)
    if right <= left or bottom <= top:
        return
    windings = Image.new("L", (right - left, bottom - top), 128)
    for contour in contours:
        tile = Image.new("L", windings.size, 0)
        ImageDraw.Draw(tile).polygon([(x - left, y - top) for x, y in contour], fill=1)
        add = ImageChops.add if _area(contour) > 0 else ImageChops.subtract
        windings = add(windings, tile)
    inside = windings.point([0 if level == 128 else 255 for level in range(256)])
    mask.paste(255, (left, top), inside)


def _area(contour: list[tuple[float, float]]) -> float:
    following = [*contour[1:], contour[0]]
    return sum(x * below - right * y for (x, y), (right, below) in zip(contour, following, strict=True))


def _straight(points: list[Point] | tuple[Point, ...]) -> Curve:
    return Curve(points[0], tuple((point, point) for point in points[1:]))


def _circle(middle: Point, radius: float, direction: int) -> Curve:
    """Approximate a circle by sixteen quadratic curves: off by less than 0.01 % of the radius."""
    count = 16
    outer = radius / math.cos(math.pi / count)

    def at(angle: float, length: float) -> Point:
        return Point(middle.x + length * math.cos(angle), middle.y + length * math.sin(angle))

    step = 2 * math.pi / count * direction
    parts = tuple((at(step * (i + 0.5), outer), at(step * (i + 1), radius)) for i in range(count))
    return Curve(at(0, radius), parts)


def _between(first: Point, second: Point, t: float) -> Point:
    return Point(first.x + (second.x - first.x) * t, first.y + (second.y - first.y) * t)


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def arc(middle: Point, radius: float, angles: Iterator[float] | list[float]) -> list[tuple[Point, float]]:
    """Return points on a circle, with their angles: 0 is the top, degrees clockwise."""
    return [
        (
            Point(
                middle.x + radius * math.sin(math.radians(angle)),
                middle.y - radius * math.cos(math.radians(angle)),
            ),
            angle,
        )
        for angle in angles
    ]
