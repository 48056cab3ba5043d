"""A queue ticket: waiting -> called -> serving -> finished | skipped; a skipped one may be recalled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, NotFound, move, new_id


class Status(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    FINISHED = "finished"
    SKIPPED = "skipped"


NEXT: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.CALLED}),
    Status.CALLED: frozenset({Status.SERVING, Status.SKIPPED}),
    Status.SERVING: frozenset({Status.FINISHED}),
    Status.FINISHED: frozenset(),
    Status.SKIPPED: frozenset({Status.WAITING}),
}


class Priority(StrEnum):
    """Why a person may be called before others who came earlier."""

    GREEN = "green"
    BOOKED = "booked"
    WALK_IN = "walk_in"


# A ticket counts as drawn this much earlier. Everyone's place only improves with time, so nobody starves.
HEAD_START: dict[Priority, timedelta] = {
    Priority.GREEN: timedelta(minutes=60),
    Priority.BOOKED: timedelta(minutes=30),
    Priority.WALK_IN: timedelta(0),
}


class NoSuchTicket(NotFound):
    """There is no such ticket, or it is another person's."""

    code = "ticket-not-found"
    title = "没有这个排队号"


class NobodyWaiting(NotFound):
    """The queue of the window is empty."""

    code = "nobody-waiting"
    title = "当前没有等候的排队号"


class WindowBusy(Conflict):
    """The window has called or is serving another number."""

    code = "window-busy"
    title = "窗口还有未办结的号，请先办结或过号"


class NoSuchWindow(NotFound):
    """The point has no such window."""

    code = "window-not-found"
    title = "本网点没有这个窗口"


@dataclass(eq=False)
class QueueTicket:
    """One number in the queue of one business group. `appointment_id` is None for a walk-in."""

    id: UUID
    number: str
    service_point: str
    service_point_name: str
    group: str
    person_id: str
    appointment_id: UUID | None
    item_code: str
    priority: Priority
    drawn_at: datetime
    rank_at: datetime
    status: Status = Status.WAITING
    window: str | None = None
    called_at: datetime | None = None
    finished_at: datetime | None = None

    @classmethod
    def draw(
        cls,
        *,
        number: str,
        service_point: str,
        service_point_name: str,
        group: str,
        person_id: str,
        appointment_id: UUID | None,
        item_code: str,
        priority: Priority,
        now: datetime,
    ) -> "QueueTicket":
        """Return a new ticket; the smallest `rank_at` is called first."""
        return cls(
            id=new_id(),
            number=number,
            service_point=service_point,
            service_point_name=service_point_name,
            group=group,
            person_id=person_id,
            appointment_id=appointment_id,
            item_code=item_code,
            priority=priority,
            drawn_at=now,
            rank_at=now - HEAD_START[priority],
        )

    def call(self, window: str, now: datetime) -> None:
        """Call the number to a window (叫号)."""
        self.status = move(self.status, Status.CALLED, NEXT)
        self.window, self.called_at = window, now

    def start(self) -> None:
        """The person is at the window."""
        self.status = move(self.status, Status.SERVING, NEXT)

    def skip(self) -> None:
        """The person did not come to the window (过号)."""
        self.status = move(self.status, Status.SKIPPED, NEXT)

    def recall(self) -> None:
        """Put a skipped number back into the queue at its old place (重呼)."""
        self.status = move(self.status, Status.WAITING, NEXT)
        self.window = None

    def finish(self, now: datetime) -> None:
        """The window is done with the number."""
        self.status = move(self.status, Status.FINISHED, NEXT)
        self.finished_at = now


def format_number(group: str, count: int) -> str:
    """Return the number people see: the group's letter and a running number of the day, e.g. `B007`."""
    return f"{group[0].upper()}{count:03d}"
