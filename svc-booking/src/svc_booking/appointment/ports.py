"""What the appointment commands need from outside."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from lib_contracts.booking import AppointmentBooked
from svc_booking.appointment.domain import Appointment, Reminder
from svc_booking.hold.domain import Hold
from svc_booking.hold.ports import UnitOfWork as HoldWork
from svc_booking.rule.domain import BookingRule, BookingWindow, Terms
from svc_booking.slot.domain import Slot

# Returns the nearest free places as they stand in a problem body.
Alternatives = Callable[[Slot, int], Awaitable[list[dict[str, object]]]]


class Outcome(StrEnum):
    """What became of an order at the desk; `has_expired`: full, but with holds whose time is over."""

    BOOKED = "booked"
    FULL = "full"
    HAS_EXPIRED = "has_expired"
    QUOTA = "quota"
    CLOSED = "closed"
    HOLD_OVER = "hold_over"


@dataclass(frozen=True)
class Order:
    """An appointment to be written if there is a place, or if its hold is still good."""

    appointment: Appointment
    event: AppointmentBooked
    reminders: tuple[Reminder, ...]
    rule: BookingRule
    now: datetime
    hold_id: UUID | None = None


class BookingDesk(Protocol):
    """Gives out places, each in one statement with all that belongs to it."""

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        ...

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        """Return rule and calendar of the slot's group at its point."""
        ...

    async def window(self, slot: Slot, terms: Terms, now: datetime) -> BookingWindow:
        """Return what may be booked now at the slot's point."""
        ...

    async def hold(self, hold_id: UUID, person_id: str) -> Hold:
        """Return the person's hold. Raises NoSuchHold."""
        ...

    async def admit(self, person_id: str) -> None:
        """Return when the person may come. Raises AdmissionRefused, AdmissionUnavailable."""
        ...

    async def take_place(self, order: Order) -> Outcome:
        """Take the places and write everything that belongs to them, or say why not.

        Raises:
            NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
        """
        ...

    async def refused(self, order: Order, outcome: Outcome, slot: Slot) -> Exception:
        """Return what to raise for an order that was not booked."""
        ...

    async def stop_if_repeated(self) -> None:
        """Return unless this very request was answered before: then its first answer is sent again."""
        ...


class Appointments(Protocol):
    """Appointments by id, locked for the transaction."""

    async def add(self, booked: Appointment, reminders: Iterable[Reminder]) -> None:
        """Keep a new appointment with its reminders. Raises AlreadyBooked, BookedMeanwhile."""
        ...

    async def lock(self, appointment_id: UUID) -> Appointment:
        """Return the appointment. Raises NoSuchAppointment."""
        ...

    async def drop_reminders(self, gone: Appointment) -> None:
        """Drop the reminders not sent yet."""
        ...

    async def keep_moved(self, moved: Appointment, reminders: Iterable[Reminder]) -> None:
        """Write where an appointment is now, with its new reminders. Raises BookedMeanwhile."""
        ...


class UnitOfWork(HoldWork, Protocol):
    """One transaction."""

    @property
    def appointments(self) -> Appointments:
        """Return the appointments."""
        ...
