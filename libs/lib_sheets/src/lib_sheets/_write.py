"""Writes workbooks row by row, in constant memory."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST_COLUMN = 60

Cell = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Sheet:
    """A table with its headings. Times are written as they stand, so give them in the city's zone."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return an xlsx file. Texts stay texts: none becomes a formula or a link."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        with xlsxwriter.Workbook(str(path), options) as book:
            bold = book.add_format({"bold": True, "bottom": 1})
            for sheet in sheets:
                _write(book.add_worksheet(sheet.name[:31]), sheet, bold)
        return path.read_bytes()


def _write(page: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, bold: object) -> None:
    for column, heading in enumerate(sheet.headings):
        # A Chinese character is two columns of digits wide.
        page.set_column(column, column, min(WIDEST_COLUMN, max(10, 2 * len(heading) + 4)))
        page.write_string(0, column, heading, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                page.write_string(number, column, value.strftime("%Y-%m-%d %H:%M:%S"))
            elif isinstance(value, date):
                page.write_string(number, column, value.isoformat())
            elif isinstance(value, str):
                page.write_string(number, column, value)
            elif value is not None:
                page.write_number(number, column, value)
