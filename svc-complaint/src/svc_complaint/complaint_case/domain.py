"""A case: received -> dispatched -> accepted -> in_progress -> resolved -> closed | reopened."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import NotFound, mod37_36_check, move, new_id


class Status(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"


NEXT: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.DISPATCHED}),
    Status.DISPATCHED: frozenset({Status.ACCEPTED, Status.RECEIVED}),
    Status.ACCEPTED: frozenset({Status.IN_PROGRESS}),
    Status.IN_PROGRESS: frozenset({Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.CLOSED, Status.REOPENED}),
    Status.REOPENED: frozenset({Status.IN_PROGRESS, Status.DISPATCHED}),
    Status.CLOSED: frozenset(),
}


class Kind(StrEnum):
    """What a case is about."""

    COULD_NOT_GET_IT_DONE = "could_not_get_it_done"
    DIFFICULT_PROBLEM = "difficult_problem"
    CONSULTATION = "consultation"
    SUGGESTION = "suggestion"
    BAD_RATING = "bad_rating"
    ENTERPRISE_APPEAL = "enterprise_appeal"


class NoSuchCase(NotFound):
    """There is no such case that the caller may see."""

    code = "case-not-found"
    title = "没有这个诉求"


@dataclass(eq=False)
class Case:
    """One case. `content` is encrypted; `person_id` is None for an anonymous one, tracked by its number."""

    id: UUID
    case_number: str
    kind: Kind
    person_id: str | None
    item_code: str | None
    department: str | None
    service_point: str | None
    content: str
    received_at: datetime
    due_at: datetime
    status: Status = Status.RECEIVED
    is_overdue: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def receive(cls, **facts: Any) -> "Case":
        """Return a new case."""
        return cls(id=new_id(), **facts)

    def dispatch(self, by: str, now: datetime, department: str, note: str) -> None:
        """Give it to a department (派单)."""
        self._go(Status.DISPATCHED, by, now, note)
        self.department = department

    def send_back(self, by: str, now: datetime, note: str) -> None:
        """The department says it is not theirs (退回)."""
        self._go(Status.RECEIVED, by, now, note)

    def accept(self, by: str, now: datetime) -> None:
        """The department takes it (接单)."""
        self._go(Status.ACCEPTED, by, now, "")

    def start(self, by: str, now: datetime) -> None:
        """Work on it begins, for the first time or again."""
        self._go(Status.IN_PROGRESS, by, now, "")

    def resolve(self, by: str, now: datetime, note: str) -> None:
        """The department reports it solved; the person is asked to confirm."""
        self._go(Status.RESOLVED, by, now, note)

    def confirm(self, by: str, now: datetime) -> None:
        """The person is content; the case is over."""
        self._go(Status.CLOSED, by, now, "已确认解决")

    def reopen(self, by: str, now: datetime, note: str) -> None:
        """The person is not content."""
        self._go(Status.REOPENED, by, now, note)

    def _go(self, wanted: Status, by: str, now: datetime, note: str) -> None:
        self.status = move(self.status, wanted, NEXT)
        step = {"at": now.isoformat(), "by": by, "status": wanted.value, "note": note}
        # A new list, so that the change is seen when the entity is written.
        self.steps = [*self.steps, step]


def format_case_number(day: str, count: int) -> str:
    """Return the case number: GJ, day, five-digit counter, check character."""
    plain = f"GJ{day}{count:05d}"
    return plain + mod37_36_check(plain)
