"""Spreadsheets: tables out as xlsx, rows in from xlsx or CSV."""

from lib_sheets._read import SheetUnreadable, read_rows
from lib_sheets._write import XLSX_MEDIA_TYPE, Sheet, write_workbook

__all__ = ["XLSX_MEDIA_TYPE", "Sheet", "SheetUnreadable", "read_rows", "write_workbook"]
