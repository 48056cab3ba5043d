"""An appointment: booked -> checked_in -> completed | unserved; or no_show | cancelled."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, IllegalMove, Invalid, NotFound, move, new_id
from svc_booking.slot.domain import Slot, place_class

DAY_REMINDER = timedelta(days=1)
HOUR_REMINDER = timedelta(hours=1)


class Status(StrEnum):
    """Where an appointment stands."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    UNSERVED = "unserved"
    CANCELLED = "cancelled"


NEXT: dict[Status, frozenset[Status]] = {
    Status.BOOKED: frozenset({Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW}),
    Status.CHECKED_IN: frozenset({Status.COMPLETED, Status.UNSERVED}),
    Status.COMPLETED: frozenset(),
    Status.UNSERVED: frozenset(),
    Status.NO_SHOW: frozenset(),
    Status.CANCELLED: frozenset(),
}


class NoSuchAppointment(NotFound):
    """There is no such appointment of the caller."""

    code = "appointment-not-found"
    title = "没有这个预约"


class CheckInNotOpen(Conflict):
    """The person came too early or too late."""

    code = "check-in-not-open"
    title = "现在不在可取号的时间内"


class WrongPoint(Conflict):
    """The appointment is at another service point."""

    code = "wrong-service-point"
    title = "该预约不在本网点"


class SameSlot(Conflict):
    """The appointment is in this slot already."""

    code = "same-slot"
    title = "预约已在该时段"


class OtherGroup(Invalid):
    """An appointment moves within its business group; another business needs a new appointment."""

    code = "other-group"
    title = "只能改约到同一业务窗口组"


@dataclass(frozen=True)
class Wish:
    """What a person books, beside slot and time. Several items are done in one visit (一次办)."""

    person_id: str
    channel: str
    item_codes: tuple[str, ...]
    party_size: int = 1
    is_green: bool = False
    is_home_visit: bool = False
    booked_by: str | None = None
    partner: str | None = None


@dataclass(eq=False)
class Appointment:
    """A person's places in one slot. Times are aware; `item_code` is the first thing they come for.

    `party_size` places are taken (a group booking is one appointment). Green channel, home visit and extended
    hours are attributes, counted. `booked_by` is the clerk who booked for the person, `partner`
    the bank at which it was booked. `day_number` counts the person's appointments of a day: no two that are
    not cancelled share one.
    """

    id: UUID
    slot_id: UUID
    person_id: str
    item_code: str
    service_point: str
    service_point_name: str
    group: str
    starts_at: datetime
    channel: str
    booked_at: datetime
    status: Status = Status.BOOKED
    item_codes: list[str] = field(default_factory=list)
    party_size: int = 1
    place_class: str = ""
    is_green: bool = False
    is_home_visit: bool = False
    is_extended: bool = False
    booked_by: str | None = None
    reschedules: int = 0
    cancelled_at: datetime | None = None
    is_late_cancel: bool = False
    partner: str | None = None
    day_number: int | None = None

    @classmethod
    def in_slot(cls, slot: Slot, wish: Wish, now: datetime) -> "Appointment":
        """Return a new appointment in the slot; whether there is a place is for the store to say."""
        return cls(
            id=new_id(),
            slot_id=slot.id,
            person_id=wish.person_id,
            item_code=wish.item_codes[0],
            service_point=slot.service_point,
            service_point_name=slot.service_point_name,
            group=slot.group,
            starts_at=slot.starts_at,
            channel=wish.channel,
            booked_at=now,
            item_codes=list(wish.item_codes),
            party_size=wish.party_size,
            place_class=place_class(wish.channel, is_green=wish.is_green),
            is_green=wish.is_green,
            is_home_visit=wish.is_home_visit,
            is_extended=slot.is_extended,
            booked_by=wish.booked_by,
            partner=wish.partner,
        )

    def cancel(self, now: datetime, *, late_before: timedelta) -> None:
        """Give the place back; less than `late_before` the slot it counts as late."""
        self.status = move(self.status, Status.CANCELLED, NEXT)
        self.cancelled_at = now
        self.is_late_cancel = self.starts_at - now < late_before

    def check_move(self, slot: Slot) -> None:
        """Raise unless the appointment can move to the slot.

        Raises:
            IllegalMove: it is not open any more.
            OtherGroup, SameSlot: see there.
        """
        if self.status is not Status.BOOKED:
            raise IllegalMove("只有未取号的预约可以改约", current=self.status.value)
        if slot.group != self.group:
            raise OtherGroup(f"该时段属于业务窗口组 {slot.group}", field="slot_id", group=self.group)
        if slot.id == self.slot_id:
            raise SameSlot

    def move_to(self, slot: Slot, day_number: int | None) -> None:
        """Change to another slot of the same group (改约). Raises as `check_move` does."""
        self.check_move(slot)
        self.slot_id, self.starts_at = slot.id, slot.starts_at
        self.service_point, self.service_point_name = slot.service_point, slot.service_point_name
        self.is_extended = slot.is_extended
        self.day_number = day_number
        self.reschedules += 1

    def miss(self) -> None:
        """Note that the person did not come."""
        self.status = move(self.status, Status.NO_SHOW, NEXT)

    def complete(self) -> None:
        """Note that the person was served."""
        self.status = move(self.status, Status.COMPLETED, NEXT)

    def leave_unserved(self) -> None:
        """Note that the person came but was not served: they left, or the day ended."""
        self.status = move(self.status, Status.UNSERVED, NEXT)

    def check_in(self, service_point: str, now: datetime, *, early: timedelta, late: timedelta) -> None:
        """Note that the person is at the point, at most `early` before and `late` after the slot began.

        Raises:
            WrongPoint: the appointment is at another point.
            CheckInNotOpen: too early or too late.
            IllegalMove: checked in already, cancelled or missed.
        """
        if service_point != self.service_point:
            raise WrongPoint(f"请到{self.service_point_name}取号", service_point=self.service_point)
        self.status = move(self.status, Status.CHECKED_IN, NEXT)
        opens, closes = self.starts_at - early, self.starts_at + late
        if not opens <= now <= closes:
            raise CheckInNotOpen("请在预约时段前后规定的时间内取号", opens=opens, closes=closes)


@dataclass(frozen=True)
class Reminder:
    """A message that is due at a time, whatever happens to processes in between."""

    id: UUID
    appointment_id: UUID
    ahead: str
    due_at: datetime


def reminders_for(appointment: Appointment, now: datetime) -> Iterator[Reminder]:
    """Yield the reminders of a new appointment that still lie ahead: a day and an hour before the slot."""
    for name, ahead in (("day", DAY_REMINDER), ("hour", HOUR_REMINDER)):
        due_at = appointment.starts_at - ahead
        if due_at > now:
            yield Reminder(new_id(), appointment.id, name, due_at)
