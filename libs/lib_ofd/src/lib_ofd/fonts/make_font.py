"""How `city-serif.ttf` was made: Noto Serif SC Regular (OFL 1.1, see OFL.txt) cut to GB 2312 and Latin.

Run `python make_font.py NotoSerifSC-Regular.ttf`; the font is in the npm package
`@expo-google-fonts/noto-serif-sc`. The name is changed, as a cut version is a modified one.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NAME = "City Serif SC"


def gb2312() -> set[int]:
    """Return the code points of GB 2312."""
    found = set()
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((lead, trail)).decode("gb2312")))
            except UnicodeDecodeError:
                continue  # Not every place of the table is filled.
    return found


def main(source: str) -> None:
    """Write the cut font beside this file."""
    font = TTFont(source)
    options = subset.Options(layout_features=[], hinting=False, name_IDs=[0, 1, 2, 3, 4, 6, 13, 14])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=gb2312() | set(range(0x20, 0x7F)) | {0xA5, 0xB7, 0x2014, 0x2103, 0xFF0D})
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = NAME
        if record.nameID == 6:
            record.string = NAME.replace(" ", "")
    font.save(Path(__file__).with_name("city-serif.ttf"))


if __name__ == "__main__":
    main(sys.argv[1])
