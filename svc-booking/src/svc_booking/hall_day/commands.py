"""Close a hall's day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lib_contracts.booking import AppointmentNoShow, HallDayClosed, TicketClosed
from lib_kernel import Clock
from svc_booking.appointment.events import event_of as appointment_event
from svc_booking.hall_day.domain import DayAlreadyClosed, DayNotOver, StillArriving
from svc_booking.hall_day.ports import UnitOfWork
from svc_booking.journal.domain import Entry, Step
from svc_booking.queue_ticket.domain import QueueTicket, city_day
from svc_booking.queue_ticket.events import event_of


@dataclass(frozen=True)
class CloseDay:
    """End a point's day. `by` is None when the clock does it."""

    service_point: str
    day: date
    by: str | None = None


async def close_day(cmd: CloseDay, *, uow: UnitOfWork, clock: Clock) -> int:
    """Close what is open of the day, all in one transaction; return how many numbers were.

    Numbers still open are closed with the reason, their people told; appointments nobody came for are missed;
    windows are closed; the day's report is fixed.

    Raises:
        DayNotOver: the day lies ahead.
        DayAlreadyClosed: see there.
        StillArriving: numbers were drawn meanwhile; try again.
    """
    now = clock.now()
    if cmd.day > city_day(now):
        raise DayNotOver
    async with uow:
        if not await uow.days.claim(cmd.service_point, cmd.day, now, cmd.by):
            raise DayAlreadyClosed
        windows = await uow.windows.lock_open(cmd.service_point)
        tickets = await uow.days.lock_open(cmd.service_point, cmd.day)
        await _close_tickets(tickets, now, uow)
        await _close_missed(cmd, uow)
        for window in windows:
            if window.since is None or city_day(window.since) <= cmd.day:
                window.close(now)
        head = await uow.journal.hold(cmd.service_point)
        if await uow.days.count_open(cmd.service_point, cmd.day):
            raise StillArriving
        closed = [_closed(ticket, cmd, now) for ticket in tickets]
        day_entry = Entry(
            Step.DAY_CLOSED, now, cmd.service_point, actor=cmd.by, waiting={t.group: 0 for t in tickets}
        )
        await uow.journal.write(head, *closed, day_entry)
        await uow.journal.close(cmd.service_point, cmd.day)
        await uow.days.fix(cmd.service_point, cmd.day, now)
        uow.outbox.add(
            HallDayClosed(
                service_point=cmd.service_point, day=cmd.day, closed_numbers=len(tickets), closed_at=now
            )
        )
        await uow.audit.note(cmd.by or "clock", "hall_day.close", f"{cmd.service_point}/{cmd.day}", now)
        await uow.commit()
    return len(tickets)


async def _close_tickets(tickets: Sequence[QueueTicket], now: datetime, uow: UnitOfWork) -> None:
    for ticket in tickets:
        ticket.close(now)
        if ticket.appointment_id is not None:
            (await uow.appointments.lock(ticket.appointment_id)).leave_unserved()
        uow.outbox.add(event_of(TicketClosed, ticket, reason=ticket.closing, closed_at=now))


async def _close_missed(cmd: CloseDay, uow: UnitOfWork) -> None:
    for appointment in await uow.days.lock_missed(cmd.service_point, cmd.day):
        appointment.miss()
        uow.outbox.add(appointment_event(AppointmentNoShow, appointment))


def _closed(ticket: QueueTicket, cmd: CloseDay, now: datetime) -> Entry:
    return Entry(
        Step.CLOSED,
        now,
        ticket.service_point,
        actor=cmd.by,
        ticket_id=ticket.id,
        number=ticket.number,
        group=ticket.group,
        window=ticket.window,
        reason=ticket.closing,
        waiting={ticket.group: 0},
    )
