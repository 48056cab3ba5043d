"""Check in, draw, call, serve, finish, skip, recall."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from lib_contracts.booking import AppointmentCheckedIn, TicketCalled, TicketFinished
from lib_kernel import CITY_ZONE, Clock
from svc_booking.appointment.domain import NoSuchAppointment
from svc_booking.appointment.events import event_of
from svc_booking.queue_ticket.domain import NobodyWaiting, Priority, QueueTicket, format_number
from svc_booking.queue_ticket.ports import UnitOfWork

# Raises NotAllowed unless the caller works at the service point.
PointCheck = Callable[[str], None]


@dataclass(frozen=True)
class CheckIn:
    """A person with an appointment is at the point. `person_id` is None when a clerk does it for them."""

    appointment_id: UUID
    service_point: str
    person_id: str | None
    early: timedelta
    late: timedelta


async def check_in(cmd: CheckIn, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Turn an appointment into a queue number (取号).

    Raises:
        NoSuchAppointment, WrongPoint, CheckInNotOpen, IllegalMove: see there.
    """
    now = clock.now()
    async with uow:
        appointment = await uow.appointments.lock(cmd.appointment_id)
        if cmd.person_id is not None and appointment.person_id != cmd.person_id:
            raise NoSuchAppointment
        appointment.check_in(cmd.service_point, now, early=cmd.early, late=cmd.late)
        count = await uow.tickets.next_count(
            cmd.service_point, appointment.group[0], now.astimezone(CITY_ZONE).date()
        )
        ticket = QueueTicket.draw(
            number=format_number(appointment.group, count),
            service_point=appointment.service_point,
            service_point_name=appointment.service_point_name,
            group=appointment.group,
            person_id=appointment.person_id,
            appointment_id=appointment.id,
            item_code=appointment.item_code,
            priority=Priority.BOOKED,
            now=now,
        )
        uow.tickets.add(ticket)
        uow.outbox.add(
            event_of(AppointmentCheckedIn, appointment, ticket_id=ticket.id, ticket_number=ticket.number)
        )
        await uow.commit(answer=ticket)
    return ticket


@dataclass(frozen=True)
class DrawTicket:
    """A person without an appointment takes a number."""

    service_point: str
    group: str
    item_code: str
    person_id: str
    is_green: bool


async def draw_ticket(cmd: DrawTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Give a walk-in a number (现场取号). `is_green` is the channel for the elderly and disabled.

    Raises:
        NoSuchPoint: the point does not serve the group.
    """
    now = clock.now()
    async with uow:
        name = await uow.tickets.point_name(cmd.service_point, cmd.group)
        count = await uow.tickets.next_count(
            cmd.service_point, cmd.group[0], now.astimezone(CITY_ZONE).date()
        )
        ticket = QueueTicket.draw(
            number=format_number(cmd.group, count),
            service_point=cmd.service_point,
            service_point_name=name,
            group=cmd.group,
            person_id=cmd.person_id,
            appointment_id=None,
            item_code=cmd.item_code,
            priority=Priority.GREEN if cmd.is_green else Priority.WALK_IN,
            now=now,
        )
        uow.tickets.add(ticket)
        await uow.commit(answer=ticket)
    return ticket


@dataclass(frozen=True)
class CallNext:
    """A window is free and calls."""

    service_point: str
    window: str


async def call_next(cmd: CallNext, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Call the next number to a window.

    Raises:
        NoSuchWindow, WindowBusy, NobodyWaiting: see there.
    """
    now = clock.now()
    async with uow:
        groups = await uow.tickets.groups_of_window(cmd.service_point, cmd.window)
        await uow.tickets.check_window_free(cmd.service_point, cmd.window)
        ticket = await uow.tickets.next_waiting(cmd.service_point, groups)
        if ticket is None:
            raise NobodyWaiting
        ticket.call(cmd.window, now)
        uow.outbox.add(TicketCalled(called_at=now, **_facts(ticket)))
        await uow.commit(answer=ticket)
    return ticket


async def start_serving(ticket_id: UUID, *, points: PointCheck, uow: UnitOfWork) -> QueueTicket:
    """The called person is at the window."""
    async with uow:
        ticket = await _locked(ticket_id, points, uow)
        ticket.start()
        await uow.commit()
    return ticket


async def finish(ticket_id: UUID, *, points: PointCheck, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """The window is done; the appointment behind the number, if any, is completed."""
    now = clock.now()
    async with uow:
        ticket = await _locked(ticket_id, points, uow)
        ticket.finish(now)
        if ticket.appointment_id is not None:
            (await uow.appointments.lock(ticket.appointment_id)).complete()
        uow.outbox.add(TicketFinished(finished_at=now, **_facts(ticket)))
        await uow.commit()
    return ticket


async def skip(ticket_id: UUID, *, points: PointCheck, uow: UnitOfWork) -> QueueTicket:
    """The called person did not come."""
    async with uow:
        ticket = await _locked(ticket_id, points, uow)
        ticket.skip()
        await uow.commit()
    return ticket


async def recall(ticket_id: UUID, *, points: PointCheck, uow: UnitOfWork) -> QueueTicket:
    """A skipped person came after all and waits again."""
    async with uow:
        ticket = await _locked(ticket_id, points, uow)
        ticket.recall()
        await uow.commit()
    return ticket


async def _locked(ticket_id: UUID, points: PointCheck, uow: UnitOfWork) -> QueueTicket:
    ticket = await uow.tickets.lock(ticket_id)
    points(ticket.service_point)
    return ticket


def _facts(ticket: QueueTicket) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "person_id": ticket.person_id,
        "appointment_id": ticket.appointment_id,
        "service_point": ticket.service_point,
        "service_point_name": ticket.service_point_name,
        "item_code": ticket.item_code,
        "window": ticket.window,
    }
