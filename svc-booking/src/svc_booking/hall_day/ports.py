"""What closing a day needs from outside."""

from collections.abc import Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Protocol, Self

from lib_contracts import Outbox
from svc_booking.appointment.domain import Appointment
from svc_booking.hall_policy.ports import Audit
from svc_booking.journal.domain import Entry, Head
from svc_booking.queue_ticket.domain import QueueTicket
from svc_booking.queue_ticket.ports import Appointments
from svc_booking.window.domain import Window


class Days(Protocol):
    """Hall days inside one transaction."""

    async def claim(self, service_point: str, day: date, now: datetime, by: str | None) -> bool:
        """Take the closing upon this transaction; return False when the day is closed already."""
        ...

    async def lock_open(self, service_point: str, day: date) -> Sequence[QueueTicket]:
        """Return the numbers of the day that are neither finished nor closed, locked."""
        ...

    async def count_open(self, service_point: str, day: date) -> int:
        """Return how many numbers of the day are neither finished nor closed."""
        ...

    async def lock_missed(self, service_point: str, day: date) -> Sequence[Appointment]:
        """Return the day's appointments whose people did not come, locked."""
        ...

    async def fix(self, service_point: str, day: date, now: datetime) -> None:
        """Write the day's report."""
        ...


class Windows(Protocol):
    """Windows inside one transaction."""

    async def lock_open(self, service_point: str) -> Sequence[Window]:
        """Return all windows that are not closed, locked."""
        ...


class Journal(Protocol):
    """The hall's journal inside one transaction."""

    async def hold(self, service_point: str) -> Head:
        """Lock the end of a point's journal; take every other lock before."""
        ...

    async def close(self, service_point: str, day: date) -> None:
        """Say that a day is closed."""
        ...

    async def write(self, head: Head, *entries: Entry) -> list[Entry]:
        """Write entries behind a held end."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def days(self) -> Days:
        """Return the days."""
        ...

    @property
    def windows(self) -> Windows:
        """Return the windows."""
        ...

    @property
    def appointments(self) -> Appointments:
        """Return the appointments."""
        ...

    @property
    def journal(self) -> Journal:
        """Return the journal."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done."""
        ...
