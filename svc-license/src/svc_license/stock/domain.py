"""An import: uploading -> submitted -> running -> finished | failed; by two persons, resumable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotAllowed, NotFound, is_citizen_id, is_credit_code, move, new_id
from svc_license.kind.domain import Kind, same_day

LARGEST_PART = 900_000
MOST_PARTS = 200
LEASE = timedelta(seconds=60)

HOLDER, NUMBER, OLD_NUMBER, KEEPER = "持证人", "证件号码", "原证号", "保管人身份证号"
ISSUED_ON, VALID_UNTIL = "发证日期", "有效期至"
REQUIRED = (HOLDER, NUMBER, OLD_NUMBER, ISSUED_ON)


class Standing(StrEnum):
    """Where an import stands."""

    UPLOADING = "uploading"
    SUBMITTED = "submitted"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    REJECTED = "rejected"


NEXT: dict[Standing, frozenset[Standing]] = {
    Standing.UPLOADING: frozenset({Standing.SUBMITTED, Standing.REJECTED}),
    Standing.SUBMITTED: frozenset({Standing.RUNNING, Standing.REJECTED}),
    Standing.RUNNING: frozenset({Standing.FINISHED, Standing.FAILED}),
    Standing.FINISHED: frozenset(),
    Standing.FAILED: frozenset(),
    Standing.REJECTED: frozenset(),
}


class NoSuchImport(NotFound):
    """There is no such import of the caller's department."""

    code = "import-not-found"
    title = "没有这个导入任务"


class ImportClosed(Conflict):
    """The file is complete: no more parts are taken."""

    code = "import-closed"
    title = "导入任务已提交，不能再上传"


class SecondPersonNeeded(NotAllowed):
    """Who uploaded an import cannot approve it."""

    code = "second-person-needed"
    title = "须由另一人复核"


@dataclass(eq=False)
class ImportJob:
    """One import. `next_row` is the first row of the file that has not been taken over yet."""

    id: UUID
    department: str
    type_code: str
    file_name: str
    created_by: str
    created_at: datetime
    status: Standing = Standing.UPLOADING
    parts: int = 0
    digest: str = ""
    approved_by: str | None = None
    next_row: int = 0
    good: int = 0
    bad: int = 0
    problem: str | None = None
    lease_until: datetime | None = None
    finished_at: datetime | None = None

    @classmethod
    def open(cls, *, department: str, type_code: str, file_name: str, by: str, now: datetime) -> "ImportJob":
        """Return a new import that takes parts of its file."""
        return cls(new_id(), department, type_code, file_name, by, now)

    def part_path(self, number: int) -> str:
        """Return where a part is kept. Raises ImportClosed, Invalid."""
        if self.status is not Standing.UPLOADING:
            raise ImportClosed
        if not 1 <= number <= MOST_PARTS:
            raise Invalid(f"分片编号应在 1 到 {MOST_PARTS} 之间", field="number")
        return f"imports/{self.id}/{number:04d}"

    def paths(self) -> list[str]:
        """Return where the parts of the file are, in order."""
        return [f"imports/{self.id}/{number:04d}" for number in range(1, self.parts + 1)]

    def submit(self, parts: int, digest: str) -> None:
        """The file is complete: so many parts with this SM3 (hex) together. Raises IllegalMove."""
        self.status = move(self.status, Standing.SUBMITTED, NEXT)
        self.parts, self.digest = parts, digest

    def approve(self, by: str, now: datetime) -> None:
        """Another person lets it run. Raises SecondPersonNeeded, IllegalMove."""
        if by == self.created_by:
            raise SecondPersonNeeded("上传人不能复核自己的导入")
        self.status = move(self.status, Standing.RUNNING, NEXT)
        self.approved_by, self.lease_until = by, now

    def reject(self, by: str) -> None:
        """It will not be run. Raises IllegalMove."""
        self.status = move(self.status, Standing.REJECTED, NEXT)
        self.approved_by = by

    def advance(self, next_row: int, good: int, bad: int, now: datetime) -> None:
        """Some rows more are done; the lease runs on."""
        self.next_row, self.good, self.bad = next_row, self.good + good, self.bad + bad
        self.lease_until = now + LEASE

    def finish(self, now: datetime) -> None:
        """All rows are done."""
        self.status = move(self.status, Standing.FINISHED, NEXT)
        self.finished_at, self.lease_until = now, None

    def fail(self, problem: str, now: datetime) -> None:
        """The file cannot be read; the rows before stay."""
        self.status = move(self.status, Standing.FAILED, NEXT)
        self.problem, self.finished_at, self.lease_until = problem, now, None


@dataclass(frozen=True)
class StockRow:
    """A row as it will be taken over."""

    holder_name: str
    holder_number: str
    keeper_number: str
    external_number: str
    issued_on: date
    valid_until: date | None
    fields: Mapping[str, str]


def read_row(cells: Mapping[str, str], kind: Kind, today: date) -> StockRow:
    """Return a row of a spreadsheet as a licence. Raises Invalid saying what is wrong; no value is quoted."""
    for heading in REQUIRED:
        if not cells.get(heading):
            raise Invalid(f"“{heading}”不能为空")
    number = cells[NUMBER].upper()
    keeper = cells.get(KEEPER, number).upper()
    if not (is_citizen_id(number) or is_credit_code(number)):
        raise Invalid(f"“{NUMBER}”既不是居民身份证号码也不是统一社会信用代码")
    if KEEPER in cells and not is_citizen_id(keeper):
        raise Invalid(f"“{KEEPER}”不是居民身份证号码")
    issued_on = _day(cells[ISSUED_ON], ISSUED_ON)
    if issued_on > today:
        raise Invalid(f"“{ISSUED_ON}”在将来")
    fields = {name: cells[title] for name, title in kind.titles.items() if title in cells}
    if VALID_UNTIL in cells:
        until: date | None = None if cells[VALID_UNTIL] == "长期" else _day(cells[VALID_UNTIL], VALID_UNTIL)
    else:
        until = kind.validity.last_day(issued_on, fields, number)
    if until is not None and not issued_on <= until <= same_day(issued_on, 100):
        raise Invalid(f"“{VALID_UNTIL}”早于发证日期或过远")
    return StockRow(cells[HOLDER], number, keeper, cells[OLD_NUMBER], issued_on, until, fields)


def _day(text: str, heading: str) -> date:
    try:
        return date.fromisoformat(
            text[:10].replace("/", "-").replace("年", "-").replace("月", "-").rstrip("日")
        )
    except ValueError as error:
        raise Invalid(f"“{heading}”应为 YYYY-MM-DD") from error
