"""A batch and its persons: received -> assigned -> returned -> reported, each row exactly once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotFound, is_citizen_id

CITY_PREFIX = "4104"


class State(StrEnum):
    """Where a person of a batch stands."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    REPORTED = "reported"


NEXT: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.ASSIGNED}),
    State.ASSIGNED: frozenset({State.RETURNED}),
    State.RETURNED: frozenset({State.RETURNED, State.REPORTED}),
    State.REPORTED: frozenset(),
}
RESULTS = {"verified": "已核实", "absent": "不在本地", "unreachable": "无法联系", "wrong": "信息有误"}
HEADINGS = {
    "姓名": "name",
    "证件号码": "id_number",
    "联系电话": "phone",
    "地址": "address",
    "区划": "division",
}
RESULT_CODES = {name: code for code, name in RESULTS.items()} | {code: code for code in RESULTS}


class NoSuchBatch(NotFound):
    """There is no such batch that the caller may see."""

    code = "area-batch-not-found"
    title = "没有这个协查批次"


class BatchKnown(Conflict):
    """The order was received before."""

    code = "area-batch-known"
    title = "该协查令已接收"


class SheetInvalid(Invalid):
    """The file cannot be taken; nothing of it was kept. `rows` says what is wrong in which row."""

    code = "area-sheet-invalid"
    title = "文件内容不正确，未作任何保存"


class RowsLeft(Conflict):
    """Some rows are not as far as this step needs."""

    code = "area-rows-left"
    title = "还有未完成的人员"


@dataclass(eq=False)
class Batch:
    """An order's batch; the case of the same order carries deadline, departments and escalation."""

    id: UUID
    case_id: UUID
    order_number: str
    total: int
    received_at: datetime
    reported_at: datetime | None = None


@dataclass(frozen=True)
class Person:
    """A row of the order as it was sent."""

    row: int
    name: str
    id_number: str
    phone: str
    address: str
    division: str


def read_person(row: int, cells: Mapping[str, str], counties: Mapping[str, str]) -> Person:
    """Return a row of the order, its division found from what is there.

    Raises:
        ValueError: something is missing or wrong; the text says what, without the value.
    """
    values = {field: cells.get(heading, "").strip() for heading, field in HEADINGS.items()}
    if not values["name"]:
        raise ValueError("缺少姓名")
    if not is_citizen_id(values["id_number"].upper()):
        raise ValueError("证件号码格式或校验位不正确")
    division = complete(values["division"], values["address"], values["id_number"], counties)
    return Person(
        row, values["name"], values["id_number"].upper(), values["phone"], values["address"], division
    )


def complete(division: str, address: str, id_number: str, counties: Mapping[str, str]) -> str:
    """Return the county's code: as given, by the address, or by where the ID card is from; else empty.

    `counties` are names by code.
    """
    if division in counties:
        return division
    by_name = {name: code for code, name in counties.items()}
    if division in by_name:
        return by_name[division]
    named = [code for name, code in by_name.items() if name in address]
    if len(named) == 1:
        return named[0]
    home = f"{id_number[:6]}000000"
    return home if home in counties else ""


def read_result(cells: Mapping[str, str]) -> tuple[int, str, str]:
    """Return row number, result code and note of a returned row. Raises ValueError saying what is wrong."""
    number = cells.get("序号", "")
    if not number.isdigit():
        raise ValueError("缺少序号")
    result = RESULT_CODES.get(cells.get("核查结果", ""))
    if result is None:
        raise ValueError(f"核查结果须为 {'、'.join(RESULTS.values())}")
    return int(number), result, cells.get("备注", "")[:200]


def batches(rows: Collection[int], size: int) -> Iterator[list[int]]:
    """Return the row numbers in ascending parts of at most `size`."""
    ordered = sorted(rows)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def explain(errors: Iterable[tuple[int, str]], shown: int = 20) -> tuple[str, list[dict[str, object]]]:
    """Return the errors of a sheet as a sentence and as facts."""
    found = list(errors)
    facts: list[dict[str, object]] = [{"row": row, "message": message} for row, message in found[:shown]]
    text = "；".join(f"第 {row} 行 {message}" for row, message in found[:5])
    return f"{len(found)} 行有误：{text}", facts
