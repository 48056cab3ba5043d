"""What the appointment commands need from outside."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from lib_contracts.booking import AppointmentBooked
from svc_booking.appointment.domain import Appointment, Reminder
from svc_booking.slot.domain import BookingWindow, Slot


class BookingDesk(Protocol):
    """Gives out places, each in one statement with all that belongs to it."""

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        ...

    async def window(self, slot: Slot) -> BookingWindow:
        """Return what may be booked now at the slot's point."""
        ...

    async def take_place(
        self, appointment: Appointment, event: AppointmentBooked, reminders: Sequence[Reminder]
    ) -> bool:
        """Take a place and write everything that belongs to it; return False when the slot is full.

        Raises:
            AlreadyBooked: the person has an open appointment for the group.
        """
        ...

    async def alternatives(self, full: Slot, window: BookingWindow) -> list[dict[str, object]]:
        """Return the nearest free places, as they stand in the problem body."""
        ...


class Appointments(Protocol):
    """Appointments by id, locked for the transaction."""

    async def lock(self, appointment_id: UUID) -> Appointment:
        """Return the appointment. Raises NoSuchAppointment."""
        ...

    async def give_place_back(self, appointment: Appointment) -> None:
        """Free the place and drop the reminders not sent yet."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def appointments(self) -> Appointments:
        """Return the appointments."""
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
