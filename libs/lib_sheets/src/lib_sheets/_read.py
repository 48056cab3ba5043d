"""Reads rows from a file that people filled in, some at a time."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl

LARGEST_UNPACKED = 500 * 1024 * 1024


class SheetUnreadable(ValueError):
    """The file is neither xlsx nor CSV in UTF-8 or GB 18030, or has no headings; the text says why."""


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each row, as the person sees it, and its cells by heading; empty rows are left out.

    Memory does not grow with the file. Raises SheetUnreadable.
    """
    with path.open("rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    lines = _xlsx(path) if is_zip else _csv(path)
    try:
        _, headings = next(lines)
    except StopIteration:
        raise SheetUnreadable("文件是空的") from None
    names = [heading.strip() for heading in headings]
    if not any(names) or len(set(filter(None, names))) != len(list(filter(None, names))):
        raise SheetUnreadable("首行应为不重复的列名")
    for number, cells in lines:
        values = {
            name: cell.strip() for name, cell in zip(names, cells, strict=False) if name and cell.strip()
        }
        if values:
            yield number, values


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    # Opened here, because by its path the library judges a file by its ending.
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > LARGEST_UNPACKED:
                raise SheetUnreadable("文件内容过多")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            page = book.worksheets[0]
            for number, row in enumerate(page.iter_rows(values_only=True), start=1):
                yield number, ["" if value is None else str(value) for value in row]
        except SheetUnreadable:
            raise
        except Exception as error:
            # A damaged file can raise any error of zip, XML and workbook parsers, also in its last row.
            raise SheetUnreadable("不是可读的 xlsx 文件，或已损坏，请重新保存后再上传") from error


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open("r", encoding=_encoding(path), newline="") as file:
        try:
            reader = csv.reader(file, strict=True)
            for row in reader:
                yield reader.line_num, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise SheetUnreadable("不是可读的 CSV 文件") from error


def _encoding(path: Path) -> str:
    """Return how the text is encoded: spreadsheets in China often save GB 18030."""
    decoder = io.TextIOWrapper(path.open("rb"), encoding="utf-8-sig")
    with decoder:
        try:
            while decoder.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"
