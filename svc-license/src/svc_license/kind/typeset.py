"""Sets text into a space: breaks lines the Chinese way, and shrinks what is still too long."""

import re
from dataclasses import dataclass

from lib_kernel import Invalid
from lib_ofd import width

SHRINK = 0.94
SMALLEST = 0.5
# Words and numbers stay together; any other character may begin a line, except those that close something.
UNITS = re.compile(r"[A-Za-z0-9.@:/_-]+|.", re.DOTALL)
NEVER_FIRST = frozenset("，。、；：！？）》」』】〉,.;:!?)%℃")


class DoesNotFit(Invalid):
    """A text is too long for its place on the page, even in the smallest letters."""

    code = "text-does-not-fit"
    title = "内容过长，版面放不下"


@dataclass(frozen=True)
class Lines:
    """A text in lines that fit, with the size they fit in."""

    lines: tuple[str, ...]
    size: float


def fit(text: str, size: float, room: float, most_lines: int, *, spacing: float = 0.0) -> Lines:
    """Return the text in at most `most_lines` lines no wider than `room`, as large as possible.

    Raises:
        DoesNotFit: not even at half the size.
    """
    wanted = size
    while size >= wanted * SMALLEST:
        lines = wrap(text, size, room, spacing=spacing)
        if len(lines) <= most_lines and all(width(line, size, spacing) <= room + 1e-6 for line in lines):
            return Lines(tuple(lines), size)
        size *= SHRINK
    raise DoesNotFit


def wrap(text: str, size: float, room: float, *, spacing: float = 0.0) -> list[str]:
    """Return the text broken into lines; a word longer than a line is broken too."""
    lines = [""]
    for unit in _units(text, size, room, spacing):
        if unit == "\n":
            lines.append("")
        elif width(lines[-1] + unit, size, spacing) <= room or not lines[-1]:
            lines[-1] += unit
        elif unit in NEVER_FIRST:
            _carry(lines, unit)
        else:
            lines.append(unit.lstrip(" "))
    return [line.rstrip(" ") for line in lines]


def _units(text: str, size: float, room: float, spacing: float) -> list[str]:
    found: list[str] = []
    for unit in UNITS.findall(text):
        found.extend([unit] if width(unit, size, spacing) <= room else unit)
    return found


def _carry(lines: list[str], closing: str) -> None:
    """Begin a line with the last character of the one before, so that no line begins with a closing sign."""
    if len(lines[-1]) > 1:
        last = lines[-1][-1]
        lines[-1] = lines[-1][:-1]
        lines.append(last + closing)
    else:
        lines.append(closing)
