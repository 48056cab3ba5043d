"""A queue ticket: waiting -> called -> serving -> finished | skipped | transferred; closed with the day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, IllegalMove, NotFound, move, new_id


class Status(StrEnum):
    """Where a ticket stands. A transferred one waits again, for another window or group."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    FINISHED = "finished"
    SKIPPED = "skipped"
    TRANSFERRED = "transferred"
    CLOSED = "closed"


NEXT: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.CALLED, Status.CLOSED}),
    Status.CALLED: frozenset({Status.SERVING, Status.SKIPPED, Status.TRANSFERRED, Status.CLOSED}),
    Status.SERVING: frozenset({Status.FINISHED, Status.TRANSFERRED, Status.CLOSED}),
    Status.FINISHED: frozenset(),
    Status.SKIPPED: frozenset({Status.WAITING, Status.CLOSED}),
    Status.TRANSFERRED: frozenset({Status.CALLED, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
QUEUED = (Status.WAITING, Status.TRANSFERRED)
AT_WINDOW = (Status.CALLED, Status.SERVING)
OVER = (Status.FINISHED, Status.CLOSED)


class Priority(StrEnum):
    """Why a person may be called before others who came earlier."""

    GREEN = "green"
    BOOKED = "booked"
    WALK_IN = "walk_in"


class Closing(StrEnum):
    """Why a ticket ended without being finished."""

    UNSERVED = "unserved"
    MISSED_CALL = "missed_call"
    NOT_FINISHED = "not_finished"
    LEFT = "left"


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


class SkippedTooOften(Conflict):
    """The number was skipped as often as the hall allows; the person draws a new one."""

    code = "skipped-too-often"
    title = "过号次数已达上限，请重新取号"


class TransferToNowhere(Conflict):
    """The number would stay where it is."""

    code = "transfer-to-nowhere"
    title = "请选择另一个窗口或业务组"


class AlreadyQueued(Conflict):
    """The person has an open number of this group here already."""

    code = "already-queued"
    title = "您已取得该业务的排队号"


@dataclass(frozen=True)
class Errand:
    """What a person comes for: one number may stand for several items (一号办理), the first leads."""

    person_id: str
    item_codes: tuple[str, ...]
    priority: Priority
    appointment_id: UUID | None = None
    partner: str | None = None


@dataclass(frozen=True)
class Place:
    """The queue a number belongs to."""

    service_point: str
    service_point_name: str
    group: str


@dataclass(eq=False)
class QueueTicket:
    """One number in the queue of one business group.

    The smallest `rank_at` is called first. `appointment_id` is None for a walk-in,
    `partner` the bank of the appointment. `wanted_window` is set by
    a transfer to a certain window. `calls` counts how often the number was called from the queue.
    """

    id: UUID
    number: str
    day: date
    service_point: str
    service_point_name: str
    group: str
    person_id: str
    appointment_id: UUID | None
    item_code: str
    item_codes: list[str]
    priority: Priority
    drawn_at: datetime
    rank_at: datetime
    status: Status = Status.WAITING
    window: str | None = None
    wanted_window: str | None = None
    calls: int = 0
    skips: int = 0
    called_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    closing: Closing | None = None
    near_told_at: datetime | None = None
    partner: str | None = None

    @classmethod
    def draw(cls, number: str, place: Place, errand: Errand, now: datetime) -> "QueueTicket":
        """Return a new ticket."""
        return cls(
            id=new_id(),
            number=number,
            day=city_day(now),
            service_point=place.service_point,
            service_point_name=place.service_point_name,
            group=place.group,
            person_id=errand.person_id,
            appointment_id=errand.appointment_id,
            partner=errand.partner,
            item_code=errand.item_codes[0],
            item_codes=list(errand.item_codes),
            priority=errand.priority,
            drawn_at=now,
            rank_at=now - HEAD_START[errand.priority],
        )

    def call(self, window: str, now: datetime) -> None:
        """Call the number to a window (叫号)."""
        self.status = move(self.status, Status.CALLED, NEXT)
        self.window, self.called_at, self.started_at = window, now, None
        self.calls += 1

    def call_again(self) -> None:
        """Call the number once more to the same window (重呼). Raises IllegalMove unless it is called."""
        if self.status is not Status.CALLED:
            raise IllegalMove(
                f"状态 {self.status.value} 不能重呼", current=self.status.value, wanted=Status.CALLED.value
            )

    def start(self, now: datetime) -> None:
        """The person is at the window."""
        self.status = move(self.status, Status.SERVING, NEXT)
        self.started_at = now

    def skip(self) -> None:
        """The person did not come to the window (过号)."""
        self.status = move(self.status, Status.SKIPPED, NEXT)
        self.skips += 1

    def come_back(self, max_skips: int) -> None:
        """Put a skipped number back into the queue at its old place (过号重排).

        Raises:
            SkippedTooOften: it was skipped more than `max_skips` times.
        """
        if self.status is Status.SKIPPED and self.skips > max_skips:
            raise SkippedTooOften(f"该号已过号 {self.skips} 次，请重新取号", skips=self.skips)
        self.status = move(self.status, Status.WAITING, NEXT)
        self.window = self.wanted_window = None

    def transfer(self, group: str, window: str | None) -> None:
        """Let the number wait for another group or for one window of it; its rank stays.

        Raises:
            TransferToNowhere: it is at that window, or in that group, already.
        """
        wanted = move(self.status, Status.TRANSFERRED, NEXT)
        stays = group == self.group if window is None else window == self.window
        if stays:
            raise TransferToNowhere
        self.status = wanted
        self.group, self.wanted_window, self.window = group, window, None

    def finish(self, now: datetime) -> None:
        """The window is done with the number."""
        self.status = move(self.status, Status.FINISHED, NEXT)
        self.finished_at = now

    def leave(self, now: datetime) -> None:
        """The person does not want to wait any longer. Raises IllegalMove once they were called."""
        if self.status in AT_WINDOW:
            raise IllegalMove(
                "已叫到您的号，请到窗口办理", current=self.status.value, wanted=Status.CLOSED.value
            )
        self._end(Closing.LEFT, now)

    def close(self, now: datetime) -> None:
        """The day is over."""
        why = {
            Status.SKIPPED: Closing.MISSED_CALL,
            Status.CALLED: Closing.MISSED_CALL,
            Status.SERVING: Closing.NOT_FINISHED,
        }
        self._end(why.get(self.status, Closing.UNSERVED), now)

    def _end(self, why: Closing, now: datetime) -> None:
        self.status = move(self.status, Status.CLOSED, NEXT)
        self.closing, self.finished_at = why, now


def city_day(now: datetime) -> date:
    """Return the day of a moment in the city."""
    return now.astimezone(CITY_ZONE).date()


def letter(position: int) -> str:
    """Return the letters of the n-th group of a point: A … Z, AA, AB …"""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def format_number(letters: str, count: int) -> str:
    """Return the number people see: the group's letters and a running number of the day, e.g. `B007`."""
    return f"{letters}{count:03d}"
