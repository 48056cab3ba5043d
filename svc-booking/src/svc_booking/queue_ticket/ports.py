"""What the commands of the queue need from outside."""

from collections.abc import Iterable
from datetime import date, datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_booking.appointment.domain import Appointment
from svc_booking.hall_policy.ports import Audit, Policies
from svc_booking.journal.domain import Entry, Head
from svc_booking.queue_ticket.domain import QueueTicket
from svc_booking.window.domain import Window


class Tickets(Protocol):
    """Tickets inside one transaction."""

    def add(self, ticket: QueueTicket) -> None:
        """Keep a new ticket."""
        ...

    async def lock(self, ticket_id: UUID) -> QueueTicket:
        """Return the ticket, locked. Raises NoSuchTicket."""
        ...

    async def next_number(self, service_point: str, group: str, day: date) -> str:
        """Return the next number of the day for a group of a point. Raises NoSuchPoint."""
        ...

    async def next_waiting(self, window: Window, groups: list[str]) -> QueueTicket | None:
        """Return the waiting ticket with the smallest rank that nobody else is calling now, locked."""
        ...

    async def check_window_free(self, window: Window) -> None:
        """Raise WindowBusy when the locked window has a number called or served."""
        ...

    async def point_name(self, service_point: str, group: str) -> str:
        """Return the point's name. Raises NoSuchPoint when it does not serve the group."""
        ...

    async def waiting(self, service_point: str, groups: Iterable[str]) -> dict[str, int]:
        """Return how many wait in each of these groups, as this transaction sees it."""
        ...


class Appointments(Protocol):
    """Appointments by id, locked for the transaction."""

    async def lock(self, appointment_id: UUID) -> Appointment:
        """Return the appointment. Raises NoSuchAppointment."""
        ...


class Arrivals(Protocol):
    """Finds what a person who is at a point has booked there."""

    async def booked_today(self, person_id: str, service_point: str, now: datetime) -> UUID:
        """Return the person's open appointment of the day that begins nearest to now.

        Raises:
            NoSuchAppointment: there is none.
        """
        ...


class Windows(Protocol):
    """Windows inside one transaction."""

    async def lock(self, service_point: str, name: str) -> Window:
        """Return the window, locked. Raises NoSuchWindow."""
        ...

    async def groups_of(self, service_point: str, name: str) -> list[str]:
        """Return the business groups a window serves."""
        ...


class Journal(Protocol):
    """The hall's journal inside one transaction."""

    async def hold(self, service_point: str) -> Head:
        """Lock the end of a point's journal; take every other lock before."""
        ...

    async def hold_open(self, service_point: str, day: date) -> Head:
        """Lock like `hold`. Raises HallClosed when the day was closed."""
        ...

    async def write(self, head: Head, *entries: Entry) -> list[Entry]:
        """Write entries behind a held end."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Locks are taken in this order: window, ticket, appointment, number, journal, audit."""

    @property
    def appointments(self) -> Appointments:
        """Return the appointments."""
        ...

    @property
    def arrivals(self) -> Arrivals:
        """Return where appointments of a person at a point are found."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Return the tickets."""
        ...

    @property
    def windows(self) -> Windows:
        """Return the windows."""
        ...

    @property
    def policies(self) -> Policies:
        """Return the halls' rules."""
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
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
