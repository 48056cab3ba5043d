"""The page of a licence: border, title, fields, QR code, issuer and dates."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import segno

from lib_kernel import CITY_ZONE
from lib_ofd import Box, Document, Picture, Text, centred, width

PAGE_WIDTH, PAGE_HEIGHT = 297.0, 210.0
GOLD = "176 128 48"
LABEL_X, VALUE_X, FIRST_LINE, LINE = 34.0, 82.0, 74.0, 11.5
LONGEST_VALUE = 118.0
SEAL_X, SEAL_Y = 214.0, 142.0


@dataclass(frozen=True)
class PageContent:
    """What the page says. `fields` are titles with their values, in order."""

    license_id: UUID
    name: str
    number: str
    type_code: str
    holder_name: str
    holder_number: str
    issuer_name: str
    issuer_code: str
    issued_at: datetime
    valid_until: date | None
    fields: Mapping[str, str]


def render_page(content: PageContent) -> bytes:
    """Return the licence as an OFD file, ready to be sealed; equal content gives equal bytes."""
    document = Document(
        content.license_id,
        content.name,
        content.issued_at,
        PAGE_WIDTH,
        PAGE_HEIGHT,
        data=_metadata(content),
    )
    document.add(
        Box(9, 9, PAGE_WIDTH - 18, PAGE_HEIGHT - 18, 1.2, GOLD),
        Box(12, 12, PAGE_WIDTH - 24, PAGE_HEIGHT - 24, 0.4, GOLD),
        centred(PAGE_WIDTH / 2, 44, content.name, 15),
        centred(PAGE_WIDTH / 2, 57, f"证照标识 {content.number}", 3.6, "90 90 90"),
    )
    for place, (title, value) in enumerate(content.fields.items()):
        y = FIRST_LINE + place * LINE
        document.add(Text(LABEL_X, y, title, 5, "90 90 90"), *_value(y, value))
    day = content.issued_at.astimezone(CITY_ZONE).date()
    document.add(
        Picture(232, 66, 34, 34, _qr(content.number)),
        centred(SEAL_X + 21, 172, content.issuer_name, 5),
        centred(SEAL_X + 21, 181, _chinese(day), 5),
        Text(
            LABEL_X,
            181,
            f"有效期至 {_chinese(content.valid_until)}" if content.valid_until else "长期有效",
            4.5,
        ),
    )
    return document.build()


def _value(y: float, value: str) -> list[Text]:
    """Return a value in at most two lines."""
    line, lines = "", []
    for character in value:
        if width(line + character, 5.2) > LONGEST_VALUE:
            lines.append(line)
            line = ""
        line += character
    lines.append(line)
    size = 5.2 if len(lines) == 1 else 4.2
    return [Text(VALUE_X, y + place * 5, text, size) for place, text in enumerate(lines[:2])]


def _qr(number: str) -> bytes:
    out = io.BytesIO()
    segno.make(number, error="m").save(out, kind="png", scale=6, border=1)
    return out.getvalue()


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _metadata(content: PageContent) -> dict[str, str]:
    """Return the basic metadata under their short names (GB/T 36903)."""
    day = content.issued_at.astimezone(CITY_ZONE).date().isoformat()
    return {
        "ZZMC": content.name,
        "ZZLXDM": content.type_code,
        "ZZBS": content.number,
        "CZZT": content.holder_name,
        "CZZTDM": content.holder_number,
        "CZZTDMLX": "公民身份号码",
        "CZZTDMLXDM": "111",
        "ZZBFJG": content.issuer_name,
        "ZZBFJGDM": content.issuer_code,
        "ZZBFRQ": day,
        "ZZYXQQSRQ": day,
        "ZZYXQJZRQ": content.valid_until.isoformat() if content.valid_until else "",
    }
