"""What the commands of the queue need from outside."""

from datetime import date
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_booking.appointment.ports import Appointments
from svc_booking.queue_ticket.domain import QueueTicket


class Tickets(Protocol):
    """Tickets inside one transaction."""

    def add(self, ticket: QueueTicket) -> None:
        """Keep a new ticket."""
        ...

    async def lock(self, ticket_id: UUID) -> QueueTicket:
        """Return the ticket, locked. Raises NoSuchTicket."""
        ...

    async def next_count(self, service_point: str, letter: str, day: date) -> int:
        """Return the next running number of the day for a letter at a point."""
        ...

    async def next_waiting(self, service_point: str, groups: list[str]) -> QueueTicket | None:
        """Return the waiting ticket with the smallest rank that nobody else is calling now, locked."""
        ...

    async def groups_of_window(self, service_point: str, window: str) -> list[str]:
        """Return the business groups a window serves. Raises NoSuchWindow."""
        ...

    async def check_window_free(self, service_point: str, window: str) -> None:
        """Hold the window for this transaction. Raises WindowBusy when it has a number called or served."""
        ...

    async def point_name(self, service_point: str, group: str) -> str:
        """Return the point's name. Raises NoSuchPoint when it does not serve the group."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def appointments(self) -> Appointments:
        """Return the appointments."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Return the tickets."""
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
