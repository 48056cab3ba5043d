"""The embedded font: widths of characters, what it lacks, and small subsets for documents."""

import io
from functools import cache, lru_cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT_FILE = Path(__file__).parent / "fonts" / "city-serif.ttf"
FONT_NAME = "City Serif SC"


class Unprintable(ValueError):
    """The font has no picture for some characters; `characters` names them, each once."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"字库中没有这些字：{characters}")
        self.characters = characters


@cache
def _widths() -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    with TTFont(FONT_FILE) as font:
        return font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm


def missing(text: str) -> str:
    """Return the characters of a text that the font lacks, each once, in order."""
    cmap, _, _ = _widths()
    return "".join(dict.fromkeys(character for character in text if ord(character) not in cmap))


def advance(character: str, size: float) -> float:
    """Return the width of a character at a size, in the size's unit; one em for what the font lacks."""
    cmap, metrics, units = _widths()
    name = cmap.get(ord(character))
    return size * metrics[name][0] / units if name else size


def width(text: str, size: float, spacing: float = 0.0) -> float:
    """Return the width of a line of text; `spacing` is added between characters."""
    return sum(advance(character, size) for character in text) + spacing * max(0, len(text) - 1)


@lru_cache(maxsize=256)
def subset_for(characters: frozenset[str]) -> bytes:
    """Return a TrueType font with only these characters; the same characters give the same bytes."""
    cutter = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
    cutter.populate(unicodes=[ord(character) for character in characters])
    out = io.BytesIO()
    with TTFont(FONT_FILE, recalcTimestamp=False) as font:
        cutter.subset(font)
        font.save(out)
    return out.getvalue()
