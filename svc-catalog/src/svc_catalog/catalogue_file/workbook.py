"""Files out of records, and records out of files."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from lib_sheets import Sheet, SheetUnreadable, read_rows, write_workbook
from svc_catalog.catalogue_file.domain import (
    HEADINGS,
    FileUnreadable,
    RowError,
    cells_of,
    check_headings,
    record_of,
)

Numbered = list[tuple[int, dict[str, Any]]]


def as_workbook(records: Iterable[dict[str, Any]]) -> bytes:
    """Return the items as xlsx, one in each row."""
    return write_workbook([Sheet("事项", HEADINGS, (cells_of(record) for record in records))])


def as_json(records: Sequence[dict[str, Any]], versions: Sequence[int], at: datetime) -> bytes:
    """Return the items as JSON with when, from where and in which batch they were written."""
    batch = at.strftime("%Y%m%d%H%M%S")
    head = {"source": "svc-catalog", "batch": batch, "exported_at": at.isoformat(), "sync_type": "full"}
    items = [{"version": version, "data": data} for version, data in zip(versions, records, strict=True)]
    return orjson.dumps({**head, "items": items}, option=orjson.OPT_INDENT_2)


def read_catalogue(content: bytes) -> tuple[Numbered, list[RowError]]:
    """Return the items of a file by row, and what could not be read. Raises FileUnreadable."""
    if content.lstrip()[:1] in (b"{", b"["):
        return _read_json(content)
    return _read_sheet(content)


def _read_json(content: bytes) -> tuple[Numbered, list[RowError]]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FileUnreadable("不是正确的 JSON") from error
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise FileUnreadable("JSON 应为事项数组，或含 items 数组的对象")
    records: Numbered = []
    errors: list[RowError] = []
    for number, entry in enumerate(items, 1):
        record = entry.get("data", entry) if isinstance(entry, dict) else entry
        if isinstance(record, dict):
            records.append((number, record))
        else:
            errors.append(RowError(number, "items", "每个事项应为对象"))
    return records, errors


def _read_sheet(content: bytes) -> tuple[Numbered, list[RowError]]:
    records: Numbered = []
    errors: list[RowError] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue"
        path.write_bytes(content)
        seen: set[str] = set()
        try:
            for number, cells in read_rows(path):
                new = [name for name in cells if name not in seen]
                seen.update(new)
                record, wrong = record_of(number, cells)
                errors += wrong
                if not wrong:
                    records.append((number, record))
        except SheetUnreadable as error:
            raise FileUnreadable(str(error)) from error
    check_headings(sorted(seen))
    return records, errors
