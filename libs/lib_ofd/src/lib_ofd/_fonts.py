"""The embedded font: widths of characters and small subsets for documents."""

import io
from functools import cache, lru_cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT_FILE = Path(__file__).parent / "fonts" / "city-serif.ttf"
FONT_NAME = "City Serif SC"


@cache
def _widths() -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    with TTFont(FONT_FILE) as font:
        return font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm


def advance(character: str, size: float) -> float:
    """Return the width of a character at a size, in the size's unit; one em for what the font lacks."""
    cmap, metrics, units = _widths()
    name = cmap.get(ord(character))
    return size * metrics[name][0] / units if name else size


def width(text: str, size: float) -> float:
    """Return the width of a line of text."""
    return sum(advance(character, size) for character in text)


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
