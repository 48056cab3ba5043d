"""An appointment: booked -> checked_in -> completed | unserved; or no_show | cancelled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, NotFound, move, new_id
from svc_booking.slot.domain import Slot

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


class SlotFull(Conflict):
    """All places of the slot are taken; the problem offers the nearest free ones."""

    code = "slot-full"
    title = "该时段已约满"


class AlreadyBooked(Conflict):
    """The person has an open appointment for this business group."""

    code = "already-booked"
    title = "您已有一个未办理的同类预约"


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


@dataclass(eq=False)
class Appointment:
    """One person's place in one slot. Times are aware; `item_code` is what the person comes for."""

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

    @classmethod
    def in_slot(
        cls, slot: Slot, *, person_id: str, item_code: str, channel: str, now: datetime
    ) -> "Appointment":
        """Return a new appointment in the slot; whether there is a place is for the store to say."""
        return cls(
            id=new_id(),
            slot_id=slot.id,
            person_id=person_id,
            item_code=item_code,
            service_point=slot.service_point,
            service_point_name=slot.service_point_name,
            group=slot.group,
            starts_at=slot.starts_at,
            channel=channel,
            booked_at=now,
        )

    def cancel(self) -> None:
        """Give the place back."""
        self.status = move(self.status, Status.CANCELLED, NEXT)

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
