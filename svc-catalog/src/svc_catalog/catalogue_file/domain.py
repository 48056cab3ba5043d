"""How an item is written in one row of a spreadsheet, in Chinese, and read back.

A table within an item (materials, steps …) stands in one cell: a line for each row, its parts divided by `|`.
Several values stand divided by `；`. Either sign, and a line break within a text, has a `\\` before it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib_kernel import Invalid
from svc_catalog.element.domain import ELEMENTS, Element, Kind, Record, canonical

Cell = str | int | None
YES, NO = "是", "否"


class FileUnreadable(Invalid):
    """The file is not a catalogue; the message says what is wrong with it as a whole."""

    code = "catalogue-file-unreadable"
    title = "文件不是可导入的事项清单"


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row: its number as the person sees it, the column, the reason."""

    row: int
    column: str
    message: str


class _CellWrong(ValueError):
    """A cell does not hold what its column asks for; the text says what."""


def heading(element: Element) -> str:
    """Return the heading of an element's column; that of a table names its parts."""
    if element.kind is not Kind.ROWS:
        return element.label
    return f"{element.label}（{'|'.join(part.label for part in element.parts)}）"


HEADINGS = [heading(element) for element in ELEMENTS]
COLUMN_OF = {element.name: heading(element) for element in ELEMENTS}


def cells_of(record: Record) -> list[Cell]:
    """Return an item as a row."""
    full = canonical(record)
    return [_cell(element, full.get(element.name)) for element in ELEMENTS]


def _cell(element: Element, value: Any) -> Cell:
    if value is None:
        return None
    if element.kind is Kind.COUNT:
        return int(value)
    if element.kind is Kind.FORM:
        return json.dumps(value, ensure_ascii=False)
    if element.kind is Kind.TEXT:
        return str(value)
    return _written(element, value)


def _written(element: Element, value: Any) -> str:
    match element.kind:
        case Kind.FLAG:
            return YES if value else NO
        case Kind.CODE:
            return element.choices[value]
        case Kind.CODES:
            return "；".join(element.choices[code] for code in value)
        case Kind.TEXTS:
            return "；".join(_escaped(text, "；") for text in value)
        case Kind.ROWS:
            return "\n".join(
                "|".join(_part(part, row.get(part.name)) for part in element.parts) for row in value
            )
        case _:
            return str(value)


def _part(part: Element, value: Any) -> str:
    if value is None:
        return ""
    # A text is written once as it stands, then with the signs that divide parts and rows marked.
    return _escaped(_written(part, value), "|")


def _escaped(text: str, divider: str) -> str:
    return text.replace("\\", "\\\\").replace(divider, f"\\{divider}").replace("\n", "\\n")


def _divided(text: str, divider: str) -> list[str]:
    """Return the parts of a text between dividers that have no `\\` before them."""
    parts, current, place = [], "", 0
    while place < len(text):
        sign = text[place]
        if sign == "\\" and place + 1 < len(text):
            place += 1
            current += "\n" if text[place] == "n" else text[place]
        elif sign == divider:
            parts.append(current)
            current = ""
        else:
            current += sign
        place += 1
    return [*parts, current]


def record_of(row: int, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[RowError]]:
    """Return the item that a row holds and what could not be read of it."""
    record: dict[str, Any] = {}
    errors: list[RowError] = []
    for element, column in zip(ELEMENTS, HEADINGS, strict=True):
        text = cells.get(column, "").replace("\r\n", "\n").strip()
        if not text:
            continue
        try:
            record[element.name] = READ[element.kind](element, text)
        except _CellWrong as error:
            errors.append(RowError(row, column, str(error)))
    return canonical(record), errors


def check_headings(headings: Sequence[str]) -> None:
    """Raise FileUnreadable naming columns that are no elements, and missing ones that every row needs."""
    unknown = [name for name in headings if name not in HEADINGS]
    missing = [COLUMN_OF[name] for name in ("code", "name") if COLUMN_OF[name] not in headings]
    told = []
    if unknown:
        told.append(f"不认识的列：{'、'.join(unknown)}")
    if missing:
        told.append(f"缺少列：{'、'.join(missing)}")
    if told:
        raise FileUnreadable("；".join(told), unknown=unknown, missing=missing)


def _text(element: Element, text: str) -> str:
    return text


def _count(element: Element, text: str) -> int:
    number = text.removesuffix(".0")
    if not number.isdecimal() or not number.isascii():
        raise _CellWrong(f"{element.label}应为非负整数，不是“{text[:20]}”")
    return int(number)


def _flag(element: Element, text: str) -> bool:
    if text not in (YES, NO):
        raise _CellWrong(f"{element.label}应填“是”或“否”")
    return text == YES


def _code(element: Element, text: str) -> str:
    codes = {label: code for code, label in element.choices.items()}
    if text not in codes:
        raise _CellWrong(f"“{text[:20]}”不在代码表内：{'、'.join(codes)}")
    return codes[text]


def _codes(element: Element, text: str) -> list[str]:
    return [_code(element, label.strip()) for label in text.split("；")]


def _texts(element: Element, text: str) -> list[str]:
    return _divided(text, "；")


def _rows(element: Element, text: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        values = _divided(line, "|")
        if len(values) > len(element.parts):
            raise _CellWrong(f"第 {number} 行应有 {len(element.parts)} 项，用“|”分隔，多了")
        row: dict[str, Any] = {}
        for part, value in zip(element.parts, values, strict=False):
            if value.strip():
                try:
                    row[part.name] = READ[part.kind](part, value.strip())
                except _CellWrong as error:
                    raise _CellWrong(f"第 {number} 行：{error}") from error
        rows.append(row)
    return rows


def _form(element: Element, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _CellWrong("申请表单应为 JSON") from error


READ: dict[Kind, Callable[[Element, str], Any]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.CODE: _code,
    Kind.CODES: _codes,
    Kind.ROWS: _rows,
    Kind.FORM: _form,
}
