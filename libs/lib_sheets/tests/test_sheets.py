"""Spreadsheets go out and come back."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib_kernel import CITY_ZONE
from lib_sheets import Sheet, SheetUnreadable, read_rows, write_workbook

TEXT = "2026-03-04 09:00:00"


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 4, 9, 0, tzinfo=CITY_ZONE)
    rows = [("张三", 3, 0.5, date(2026, 3, 4), moment), ("李四", None, 1, None, None)]
    book = write_workbook([Sheet("名单", ["姓名", "件数", "比例", "日期", "时间"], rows)])
    found = list(read_rows(saved(tmp_path, book)))
    assert found == [
        (
            2,
            {"姓名": "张三", "件数": "3", "比例": "0.5", "日期": "2026-03-04", "时间": "2026-03-04 09:00:00"},
        ),
        (3, {"姓名": "李四", "比例": "1"}),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@cmd", "http://a.example"])
def test_no_text_becomes_a_formula(tmp_path: Path, text: str) -> None:
    book = write_workbook([Sheet("表", ["列"], [(text,)])])
    assert list(read_rows(saved(tmp_path, book))) == [(2, {"列": text})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    text = "姓名,编号\r\n张三,001\r\n,\r\n李四,002\r\n"
    found = list(read_rows(saved(tmp_path, text.encode(encoding))))
    assert found == [(2, {"姓名": "张三", "编号": "001"}), (4, {"姓名": "李四", "编号": "002"})]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", "甲,甲\n1,2\n".encode(), b'"open', b"\n\n"])
def test_what_cannot_be_read_says_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SheetUnreadable):
        list(read_rows(saved(tmp_path, data)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_whatever_its_parsers_raise(
    tmp_path: Path, data: st.DataObject
) -> None:
    book = write_workbook([Sheet("存量", ["持证人", "原证号"], [["李明", "N1"], ["王芳", "N2"]])])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(files)))
    start = data.draw(st.integers(0, len(files[name]) - 1))
    files[name] = files[name][:start] + data.draw(st.binary(max_size=8)) + files[name][start + 4 :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    with suppress(SheetUnreadable):
        list(read_rows(saved(tmp_path, out.getvalue())))
