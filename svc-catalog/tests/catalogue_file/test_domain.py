"""Items in rows of a spreadsheet, written and read back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svc_catalog.catalogue_file.domain import (
    COLUMN_OF,
    HEADINGS,
    FileUnreadable,
    RowError,
    cells_of,
    record_of,
)
from svc_catalog.catalogue_file.workbook import as_json, as_workbook, read_catalogue
from svc_catalog.element.domain import ELEMENTS, Element, Kind, canonical

CITY = Path(__file__).parents[3] / "deploy" / "demo" / "city"
ITEMS: list[dict[str, Any]] = json.loads((CITY / "items.json").read_text(encoding="utf-8"))
SIGNS = st.text("甲乙|；\\n\n ab", min_size=1, max_size=8).map(str.strip).filter(bool)


def value_of(element: Element, *, inside: bool = False) -> st.SearchStrategy[Any]:
    match element.kind:
        case Kind.TEXT:
            return SIGNS
        case Kind.COUNT:
            return st.integers(0, 3650)
        case Kind.FLAG:
            return st.booleans()
        case Kind.CODE:
            return st.sampled_from(list(element.choices))
        case Kind.CODES:
            return st.lists(st.sampled_from(list(element.choices)), min_size=1, unique=True)
        case Kind.TEXTS:
            return st.lists(SIGNS, min_size=1, max_size=3)
        case Kind.ROWS:
            row = st.fixed_dictionaries({part.name: value_of(part, inside=True) for part in element.parts})
            return st.lists(row, min_size=1, max_size=3)
        case _:
            return st.just({"type": "object", "properties": {"a": {"type": "string", "title": "甲"}}})


items = st.fixed_dictionaries({element.name: value_of(element) for element in ELEMENTS})


@settings(max_examples=40)
@given(items)
def test_whatever_an_item_says_comes_back_from_its_row(item: dict[str, Any]) -> None:
    cells = {name: str(cell) for name, cell in zip(HEADINGS, cells_of(item), strict=True) if cell is not None}
    assert record_of(2, cells) == (canonical(item), [])


@pytest.mark.parametrize("kind", ["xlsx", "json"])
def test_the_whole_catalogue_comes_back_from_a_file(kind: str) -> None:
    from lib_testing import WEDNESDAY

    content = as_workbook(ITEMS) if kind == "xlsx" else as_json(ITEMS, [1] * len(ITEMS), WEDNESDAY)
    records, errors = read_catalogue(content)
    assert errors == []
    assert [canonical(record) for _, record in records] == [canonical(item) for item in ITEMS]
    assert [number for number, _ in records][:2] == ([2, 3] if kind == "xlsx" else [1, 2])


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("promised_days", "三天", "承诺办结时限应为非负整数，不是“三天”"),
        ("unified_acceptance", "行", "统一受理应填“是”或“否”"),
        ("case_type", "快办件", "“快办件”不在代码表内：即办件、承诺件"),
        ("materials", "申请表|纸质", "第 1 行：“纸质”不在代码表内：表格、原件、复印件、电子件"),
        ("materials", "申请表|表格|是|1|申请人自备|无||多", "第 1 行应有 7 项，用“|”分隔，多了"),
        ("form", "{", "申请表单应为 JSON"),
    ],
)
def test_a_wrong_cell_is_named_with_row_column_and_reason(name: str, cell: str, message: str) -> None:
    _, errors = record_of(7, {COLUMN_OF[name]: cell})
    assert errors == [RowError(7, COLUMN_OF[name], message)]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"a": 1}', "颜色,事项名称\n红,甲\n".encode(), b"PK\x03\x04nothing"],
)
def test_what_is_no_catalogue_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read_catalogue(content)


def test_entries_that_are_no_items_are_named() -> None:
    records, errors = read_catalogue(b'[{"code": "1"}, 7]')
    assert ([number for number, _ in records], errors) == ([1], [RowError(2, "items", "每个事项应为对象")])
