"""Events of svc-booking (云叫号)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class _AppointmentEvent(Event):
    entity: ClassVar[str] = "appointment_id"

    appointment_id: UUID
    person_id: str
    service_point: str
    service_point_name: str
    group: str
    item_code: str
    starts_at: datetime
    channel: str


class AppointmentBooked(_AppointmentEvent):
    """A person holds a place in a slot. Sent once per appointment."""

    type: ClassVar[str] = "booking.appointment.booked.v1"


class AppointmentCancelled(_AppointmentEvent):
    """The person gave the place back."""

    type: ClassVar[str] = "booking.appointment.cancelled.v1"


class AppointmentRescheduled(_AppointmentEvent):
    """The person moved to another slot (改约); the event's own facts are the new ones."""

    type: ClassVar[str] = "booking.appointment.rescheduled.v1"

    from_starts_at: datetime
    from_service_point: str
    from_service_point_name: str


class AppointmentCheckedIn(_AppointmentEvent):
    """The person arrived and has a queue number."""

    type: ClassVar[str] = "booking.appointment.checked_in.v1"

    ticket_id: UUID
    ticket_number: str


class AppointmentNoShow(_AppointmentEvent):
    """The slot passed and the person did not come."""

    type: ClassVar[str] = "booking.appointment.no_show.v1"


class ReminderDue(_AppointmentEvent):
    """A reminder's time has come. Sent exactly once per reminder; `ahead` is `day` or `hour`."""

    type: ClassVar[str] = "booking.reminder.due.v1"
    entity: ClassVar[str] = "reminder_id"

    reminder_id: UUID
    ahead: str


class _WaitlistEvent(Event):
    entity: ClassVar[str] = "entry_id"

    entry_id: UUID
    person_id: str
    slot_id: UUID
    service_point: str
    service_point_name: str
    group: str
    starts_at: datetime
    places: int


class WaitlistOffered(_WaitlistEvent):
    """Places came back and are held for who waited longest (候补); they book with `hold_id` in time."""

    type: ClassVar[str] = "booking.waitlist.offered.v1"

    hold_id: UUID
    offered_until: datetime


class WaitlistLapsed(_WaitlistEvent):
    """The offer was not taken in time, or the slot began before there was one."""

    type: ClassVar[str] = "booking.waitlist.lapsed.v1"


class _TicketEvent(Event):
    entity: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    number: str
    person_id: str
    appointment_id: UUID | None
    service_point: str
    service_point_name: str
    item_code: str
    window: str


class TicketCalled(_TicketEvent):
    """A window called the number (叫号)."""

    type: ClassVar[str] = "booking.ticket.called.v1"

    called_at: datetime


class TicketFinished(_TicketEvent):
    """The window finished serving the number."""

    type: ClassVar[str] = "booking.ticket.finished.v1"

    finished_at: datetime
