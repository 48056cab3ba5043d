"""How `city-serif.ttf` was made: Noto Serif SC Regular (OFL 1.1, see OFL.txt) cut to what licences need.

That is GB 2312, Latin, and the 8,105 characters of the table of standard characters (通用规范汉字表, State
Council 2013), from which names have to be chosen. Run `python make_font.py NotoSerifSC-Regular.ttf
Unihan_OtherMappings.txt`; the font is in the npm package `@expo-google-fonts/noto-serif-sc`, the table
(property kTGH) in the Unihan database. The name is changed, as a cut version is a modified one.
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


def standard_characters(unihan: str) -> set[int]:
    """Return the code points of the table of standard characters."""
    lines = Path(unihan).read_text(encoding="utf-8").splitlines()
    return {
        int(line.split("\t")[0][2:], 16) for line in lines if line.startswith("U+") and "\tkTGH\t" in line
    }


def main(source: str, unihan: str) -> None:
    """Write the cut font beside this file."""
    font = TTFont(source)
    options = subset.Options(layout_features=[], hinting=False, name_IDs=[0, 1, 2, 3, 4, 6, 13, 14])
    cutter = subset.Subsetter(options)
    signs = {0xA5, 0xB2, 0xB3, 0xB7, 0x2014, 0x2103, 0x3007, 0x33A1, 0xFF0D}
    cutter.populate(unicodes=gb2312() | standard_characters(unihan) | set(range(0x20, 0x7F)) | signs)
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = NAME
        if record.nameID == 6:
            record.string = NAME.replace(" ", "")
    font.save(Path(__file__).with_name("city-serif.ttf"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
