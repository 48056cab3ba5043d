"""Events of svc-booking (云叫号)."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class _AppointmentEvent(Event):
    # `partner` is the bank at which the person booked.
    entity: ClassVar[str] = "appointment_id"

    appointment_id: UUID
    person_id: str
    service_point: str
    service_point_name: str
    group: str
    item_code: str
    starts_at: datetime
    channel: str
    partner: str | None = None


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
    partner: str | None = None


class WaitlistOffered(_WaitlistEvent):
    """Places came back and are held for who waited longest (候补); they book with `hold_id` in time."""

    type: ClassVar[str] = "booking.waitlist.offered.v1"

    hold_id: UUID
    offered_until: datetime


class WaitlistLapsed(_WaitlistEvent):
    """The offer was not taken in time, or the slot began before there was one."""

    type: ClassVar[str] = "booking.waitlist.lapsed.v1"


class _NumberEvent(Event):
    # `partner` is that of the appointment.
    entity: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    number: str
    person_id: str
    appointment_id: UUID | None
    service_point: str
    service_point_name: str
    group: str = ""
    item_code: str
    item_codes: tuple[str, ...] = ()
    partner: str | None = None


class _TicketEvent(_NumberEvent):
    window: str


class TicketDrawn(_NumberEvent):
    """A person is in the hall and has a number (取号). `priority` is `green`, `booked` or `walk_in`."""

    type: ClassVar[str] = "booking.ticket.drawn.v1"

    priority: str
    drawn_at: datetime


class TicketNear(_NumberEvent):
    """Few are left before the person. Sent at most once per number; `expected_minutes` may be unknown."""

    type: ClassVar[str] = "booking.ticket.near.v1"

    ahead: int
    expected_minutes: int | None


class TicketCalled(_TicketEvent):
    """A window called the number (叫号). Sent again when it is called once more from the queue."""

    type: ClassVar[str] = "booking.ticket.called.v1"

    called_at: datetime


class TicketSkipped(_TicketEvent):
    """The called person did not come to the window (过号). `skips` counts how often that happened."""

    type: ClassVar[str] = "booking.ticket.skipped.v1"

    skips: int
    skipped_at: datetime


class TicketReturned(_NumberEvent):
    """A skipped number waits again (过号重排)."""

    type: ClassVar[str] = "booking.ticket.returned.v1"

    returned_at: datetime


class TicketTransferred(_NumberEvent):
    """The number waits for another group, or for one window of it (转窗口)."""

    type: ClassVar[str] = "booking.ticket.transferred.v1"

    from_window: str | None
    to_window: str | None
    transferred_at: datetime


class TicketFinished(_TicketEvent):
    """The window finished serving the number."""

    type: ClassVar[str] = "booking.ticket.finished.v1"

    finished_at: datetime


class TicketClosed(_NumberEvent):
    """The number ended without being finished.

    `reason` is `unserved` (the day ended), `missed_call`, `not_finished` (nobody finished it at the window)
    or `left` (the person gave it up).
    """

    type: ClassVar[str] = "booking.ticket.closed.v1"

    reason: str
    closed_at: datetime


class HallDayClosed(Event):
    """A point's day is over and its figures are fixed. `closed_numbers` were still open."""

    type: ClassVar[str] = "booking.day.closed.v1"
    entity: ClassVar[str] = "service_point"

    service_point: str
    day: date
    closed_numbers: int
    closed_at: datetime
