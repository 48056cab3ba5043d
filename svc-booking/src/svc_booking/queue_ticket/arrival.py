"""A person arrives: check-in with an appointment, or a number for a walk-in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_contracts.booking import AppointmentCheckedIn, TicketDrawn
from lib_kernel import Clock
from svc_booking.appointment.domain import NoSuchAppointment
from svc_booking.appointment.events import event_of as appointment_event
from svc_booking.journal.domain import Step
from svc_booking.queue_ticket.domain import Errand, Place, Priority, QueueTicket, city_day
from svc_booking.queue_ticket.events import event_of
from svc_booking.queue_ticket.noting import note
from svc_booking.queue_ticket.ports import UnitOfWork


@dataclass(frozen=True)
class CheckIn:
    """A person with an appointment is at the point.

    `appointment_id` is None when the ID card says who it is and the point what they have booked here.
    `person_id` is None when a clerk, or the terminal that scanned the appointment's code, does it for them.
    `more_items` is what they want to settle with the same number.
    """

    appointment_id: UUID | None
    service_point: str
    person_id: str | None
    by: str | None = None
    is_green: bool = False
    more_items: tuple[str, ...] = ()


async def check_in(cmd: CheckIn, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Turn an appointment into a queue number (取号).

    Who comes later than the hall's rule allows goes behind: the number ranks like a walk-in's.

    Raises:
        NoSuchAppointment, WrongPoint, CheckInNotOpen, IllegalMove, HallClosed, AlreadyQueued: see there.
    """
    now = clock.now()
    async with uow:
        appointment = await uow.appointments.lock(await _which(cmd, uow, now))
        if cmd.person_id is not None and appointment.person_id != cmd.person_id:
            raise NoSuchAppointment
        policy = await uow.policies.of(appointment.service_point)
        appointment.check_in(cmd.service_point, now, early=policy.early, late=policy.no_show_after)
        is_late = policy.is_late(appointment.starts_at, now)
        errand = Errand(
            appointment.person_id,
            _once(appointment.item_code, *appointment.item_codes, *cmd.more_items),
            _priority(is_green=cmd.is_green or appointment.is_green, has_place=not is_late),
            appointment.id,
            appointment.partner,
        )
        place = Place(appointment.service_point, appointment.service_point_name, appointment.group)
        ticket = await _draw(place, errand, uow, now, by=cmd.by, reason="late" if is_late else None)
        event = appointment_event(
            AppointmentCheckedIn, appointment, ticket_id=ticket.id, ticket_number=ticket.number
        )
        uow.outbox.add(event)
        await uow.commit(answer=ticket)
    return ticket


async def _which(cmd: CheckIn, uow: UnitOfWork, now: datetime) -> UUID:
    if cmd.appointment_id is not None:
        return cmd.appointment_id
    if cmd.person_id is None:
        raise NoSuchAppointment("请刷身份证或出示预约码")
    return await uow.arrivals.booked_today(cmd.person_id, cmd.service_point, now)


@dataclass(frozen=True)
class DrawTicket:
    """A person without an appointment takes a number."""

    service_point: str
    group: str
    item_codes: tuple[str, ...]
    person_id: str
    is_green: bool
    by: str | None = None


async def draw_ticket(cmd: DrawTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Give a walk-in a number (现场取号). `is_green` is the channel for the elderly and disabled.

    Raises:
        NoSuchPoint: the point does not serve the group.
        HallClosed: the hall gives no more numbers today.
        AlreadyQueued: the person has an open number of this group here.
    """
    now = clock.now()
    async with uow:
        name = await uow.tickets.point_name(cmd.service_point, cmd.group)
        errand = Errand(
            cmd.person_id,
            _once(*cmd.item_codes),
            _priority(is_green=cmd.is_green, has_place=False),
        )
        place = Place(cmd.service_point, name, cmd.group)
        ticket = await _draw(place, errand, uow, now, by=cmd.by)
        await uow.commit(answer=ticket)
    return ticket


async def _draw(
    place: Place, errand: Errand, uow: UnitOfWork, now: datetime, *, by: str | None, reason: str | None = None
) -> QueueTicket:
    day = city_day(now)
    number = await uow.tickets.next_number(place.service_point, place.group, day)
    head = await uow.journal.hold_open(place.service_point, day)
    await uow.tickets.check_not_queued(place.service_point, place.group, errand.person_id, day)
    ticket = QueueTicket.draw(number, place, errand, now)
    uow.tickets.add(ticket)
    await note(Step.DRAWN, ticket, uow, now, by=by, reason=reason, head=head)
    uow.outbox.add(event_of(TicketDrawn, ticket, priority=ticket.priority.value, drawn_at=now))
    return ticket


def _once(*codes: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _priority(*, is_green: bool, has_place: bool) -> Priority:
    if is_green:
        return Priority.GREEN
    return Priority.BOOKED if has_place else Priority.WALK_IN
