"""An application (办件): submitted -> accepted -> approved -> delivered, with the ways out of that path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotAllowed, NotFound, StaleVersion, mod37_36_check, move, new_id


class Status(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    APPROVED = "approved"
    REFUSED = "refused"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


NEXT: dict[Status, frozenset[Status]] = {
    Status.SUBMITTED: frozenset(
        {Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED, Status.REJECTED, Status.WITHDRAWN}
    ),
    Status.SUPPLEMENT_REQUESTED: frozenset({Status.SUBMITTED, Status.REJECTED, Status.WITHDRAWN}),
    Status.ACCEPTED: frozenset({Status.APPROVED, Status.REFUSED, Status.WITHDRAWN}),
    Status.REJECTED: frozenset(),
    Status.APPROVED: frozenset({Status.DELIVERED}),
    Status.REFUSED: frozenset(),
    Status.DELIVERED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}


class NoSuchApplication(NotFound):
    """There is no such application that the caller may see."""

    code = "application-not-found"
    title = "没有这个办件"


class FormInvalid(Invalid):
    """The form does not fit the item; `errors` name the fields."""

    code = "form-invalid"
    title = "表单内容有误"


class FourEyes(NotAllowed):
    """Who accepted an application may not decide it."""

    code = "four-eyes"
    title = "受理人与审批人不能为同一人"


class MaterialsMissing(Conflict):
    """Required materials are neither handed in nor proven."""

    code = "materials-missing"
    title = "材料不齐全"


@dataclass
class Step:
    """What happened to an application: who, when, from where to where and why."""

    at: datetime
    by: str
    status: Status
    note: str


@dataclass(eq=False)
class Application:
    """One running case. `form` and `applicant` are encrypted texts; days are counted in `due_at` already."""

    id: UUID
    case_number: str
    person_id: str
    item_code: str
    item_version: int
    item_name: str
    department: str
    service_point: str
    appointment_id: UUID | None
    channel: str
    applicant: str
    form: str
    materials: list[dict[str, Any]]
    result_license_type: str | None
    promised_days: int
    submitted_at: datetime
    status: Status = Status.SUBMITTED
    accepted_by: str | None = None
    due_at: datetime | None = None
    version: int = 1
    steps: list[dict[str, Any]] = field(default_factory=list)

    def check_version(self, expected: int | None) -> None:
        """Raise StaleVersion when the caller saw another version."""
        if expected is not None and expected != self.version:
            raise StaleVersion(f"办件已更新到版本 {self.version}", version=self.version)

    def accept(self, by: str, now: datetime, due_at: datetime) -> None:
        """A clerk takes it in (受理); the promised deadline runs."""
        self._go(Status.ACCEPTED, by, now, "")
        self.accepted_by, self.due_at = by, due_at

    def request_supplement(self, by: str, now: datetime, note: str) -> None:
        """A clerk tells at once all that is missing (一次性告知)."""
        self._go(Status.SUPPLEMENT_REQUESTED, by, now, note)

    def supplement(self, by: str, now: datetime, form: str, materials: list[dict[str, Any]]) -> None:
        """The applicant hands in what was missing."""
        self._go(Status.SUBMITTED, by, now, "")
        self.form, self.materials = form, materials

    def reject(self, by: str, now: datetime, note: str) -> None:
        """A clerk does not take it in (不予受理)."""
        self._go(Status.REJECTED, by, now, note)

    def approve(self, by: str, now: datetime) -> None:
        """An officer grants it; not the person who accepted it."""
        self._check_four_eyes(by)
        self._go(Status.APPROVED, by, now, "")

    def refuse(self, by: str, now: datetime, note: str) -> None:
        """An officer refuses it; not the person who accepted it."""
        self._check_four_eyes(by)
        self._go(Status.REFUSED, by, now, note)

    def deliver(self, by: str, now: datetime, note: str) -> None:
        """The applicant has the result."""
        self._go(Status.DELIVERED, by, now, note)

    def withdraw(self, by: str, now: datetime) -> None:
        """The applicant takes it back."""
        self._go(Status.WITHDRAWN, by, now, "")

    def _check_four_eyes(self, by: str) -> None:
        if by == self.accepted_by:
            raise FourEyes

    def _go(self, wanted: Status, by: str, now: datetime, note: str) -> None:
        self.status = move(self.status, wanted, NEXT)
        self.version += 1
        step = {"at": now.isoformat(), "by": by, "status": wanted.value, "note": note}
        # A new list, so that the change is seen when the entity is written.
        self.steps = [*self.steps, step]


def new_application(item: Mapping[str, Any], item_version: int, **facts: Any) -> Application:
    """Return a submitted application on an item; the case number comes with the facts."""
    return Application(
        id=new_id(),
        item_code=item["code"],
        item_version=item_version,
        item_name=item["name"],
        department=item["department"],
        result_license_type=item["result_license_type"],
        promised_days=item["promised_days"],
        **facts,
    )


def case_number(day: str, count: int) -> str:
    """Return the case number (办件编号): 410400, day, six-digit counter, check character."""
    plain = f"410400{day}{count:06d}"
    return plain + mod37_36_check(plain)


def check_materials(item: Mapping[str, Any], named: set[str]) -> None:
    """Raise MaterialsMissing unless every required material of the item is named."""
    required = [material["name"] for material in item["materials"] if material["required"]]
    missing = [name for name in required if name not in named]
    if missing:
        raise MaterialsMissing("还缺少：" + "、".join(missing), missing=missing)
