"""A window works: call, call again, serve, finish, skip, bring back, transfer; a person leaves the queue."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from lib_contracts.booking import (
    TicketCalled,
    TicketClosed,
    TicketFinished,
    TicketReturned,
    TicketSkipped,
    TicketTransferred,
)
from lib_kernel import Clock
from svc_booking.journal.domain import Entry, Step
from svc_booking.queue_ticket.domain import NobodyWaiting, NoSuchTicket, QueueTicket
from svc_booking.queue_ticket.events import event_of
from svc_booking.queue_ticket.noting import note
from svc_booking.queue_ticket.ports import UnitOfWork
from svc_booking.window.domain import NoSuchWindow, Window

# Raises NotAllowed unless the caller works at the service point.
PointCheck = Callable[[str], None]


@dataclass(frozen=True)
class CallNext:
    """A window is free and its clerk calls."""

    service_point: str
    window: str
    by: str


async def call_next(cmd: CallNext, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Call the next number to a window. A closed window is opened for the clerk who calls from it.

    Raises:
        NoSuchWindow, WindowPaused, WindowTaken, WindowBusy, NobodyWaiting: see there.
    """
    now = clock.now()
    async with uow:
        window = await uow.windows.lock(cmd.service_point, cmd.window)
        opened = window.ready_for(cmd.by, now)
        await uow.tickets.check_window_free(window)
        groups = await uow.windows.groups_of(cmd.service_point, cmd.window)
        ticket = await uow.tickets.next_waiting(window, groups)
        if ticket is None:
            raise NobodyWaiting
        ticket.call(cmd.window, now)
        if opened:
            head = await uow.journal.hold(cmd.service_point)
            entry = Entry(Step.WINDOW_OPENED, now, cmd.service_point, actor=cmd.by, window=cmd.window)
            await uow.journal.write(head, entry)
        await note(Step.CALLED, ticket, uow, now, by=cmd.by)
        uow.outbox.add(event_of(TicketCalled, ticket, called_at=now))
        await uow.commit(answer=ticket)
    return ticket


@dataclass(frozen=True)
class AtTicket:
    """A clerk does something with a number; `points` says whether they may at its point."""

    ticket_id: UUID
    by: str
    points: PointCheck
    reason: str | None = None


async def call_again(cmd: AtTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Call a called number once more (重呼). Raises NoSuchTicket, IllegalMove."""
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        ticket.call_again()
        await note(Step.RECALLED, ticket, uow, now, by=cmd.by)
        await uow.commit()
    return ticket


async def start_serving(cmd: AtTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """The called person is at the window (开始办理). Raises NoSuchTicket, IllegalMove."""
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        ticket.start(now)
        await note(Step.STARTED, ticket, uow, now, by=cmd.by)
        await uow.commit()
    return ticket


async def finish(cmd: AtTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """The window is done; the appointment behind the number, if any, is completed (办结).

    Raises:
        NoSuchTicket, IllegalMove: see there.
    """
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        ticket.finish(now)
        if ticket.appointment_id is not None:
            (await uow.appointments.lock(ticket.appointment_id)).complete()
        await note(Step.FINISHED, ticket, uow, now, by=cmd.by)
        uow.outbox.add(event_of(TicketFinished, ticket, finished_at=now))
        await uow.commit()
    return ticket


async def skip(cmd: AtTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """The called person did not come (过号). Raises NoSuchTicket, IllegalMove."""
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        ticket.skip()
        await note(Step.SKIPPED, ticket, uow, now, by=cmd.by)
        uow.outbox.add(event_of(TicketSkipped, ticket, skips=ticket.skips, skipped_at=now))
        await uow.audit.note(cmd.by, "ticket.skip", str(ticket.id), now)
        await uow.commit()
    return ticket


async def bring_back(cmd: AtTicket, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """A skipped person came after all and waits again (过号重排).

    Raises:
        NoSuchTicket, IllegalMove, SkippedTooOften: see there.
    """
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        ticket.come_back((await uow.policies.of(ticket.service_point)).max_skips)
        await note(Step.RETURNED, ticket, uow, now, by=cmd.by)
        uow.outbox.add(event_of(TicketReturned, ticket, returned_at=now))
        await uow.commit()
    return ticket


@dataclass(frozen=True)
class Transfer(AtTicket):
    """Send a number on to another group, or to one window; at least one of both is given."""

    group: str | None = None
    window: str | None = None


async def transfer(cmd: Transfer, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """Send a number on; it keeps its rank and waits there (转窗口).

    Raises:
        NoSuchTicket, IllegalMove, NoSuchWindow, NoSuchPoint, TransferToNowhere: see there.
    """
    now = clock.now()
    async with uow:
        ticket = await _locked(cmd, uow)
        old_group, old_window = ticket.group, ticket.window
        ticket.transfer(await _group_for(cmd, ticket, uow), cmd.window)
        await note(
            Step.TRANSFERRED,
            ticket,
            uow,
            now,
            by=cmd.by,
            window=old_window,
            reason=cmd.reason,
            also=(old_group,),
        )
        event = event_of(
            TicketTransferred, ticket, from_window=old_window, to_window=cmd.window, transferred_at=now
        )
        uow.outbox.add(event)
        facts = {"from": old_window or "", "to": cmd.window or ticket.group}
        await uow.audit.note(cmd.by, "ticket.transfer", str(ticket.id), now, facts)
        await uow.commit()
    return ticket


async def _group_for(cmd: Transfer, ticket: QueueTicket, uow: UnitOfWork) -> str:
    """Return the group in which the number will wait."""
    if cmd.window is None:
        group = cmd.group or ticket.group
        await uow.tickets.point_name(ticket.service_point, group)
        return group
    groups = await uow.windows.groups_of(ticket.service_point, cmd.window)
    wanted = cmd.group or (ticket.group if ticket.group in groups else next(iter(groups), None))
    if wanted is None or wanted not in groups:
        raise NoSuchWindow(f"“{cmd.window}”不办理该业务组的事项")
    return wanted


async def leave(ticket_id: UUID, person_id: str, *, uow: UnitOfWork, clock: Clock) -> QueueTicket:
    """The person gives their number up (放弃排队).

    Raises:
        NoSuchTicket: it is another person's.
        IllegalMove: they were called already.
    """
    now = clock.now()
    async with uow:
        ticket = await uow.tickets.lock(ticket_id)
        if ticket.person_id != person_id:
            raise NoSuchTicket
        ticket.leave(now)
        if ticket.appointment_id is not None:
            (await uow.appointments.lock(ticket.appointment_id)).leave_unserved()
        await note(Step.CLOSED, ticket, uow, now, reason=ticket.closing)
        uow.outbox.add(event_of(TicketClosed, ticket, reason=ticket.closing, closed_at=now))
        await uow.commit()
    return ticket


@dataclass(frozen=True)
class CloseWindow:
    """A clerk leaves a window."""

    service_point: str
    window: str
    by: str


async def close_window(cmd: CloseWindow, *, uow: UnitOfWork, clock: Clock) -> Window:
    """The clerk leaves (关窗). Raises NoSuchWindow, WindowBusy, IllegalMove."""
    now = clock.now()
    async with uow:
        window = await uow.windows.lock(cmd.service_point, cmd.window)
        await uow.tickets.check_window_free(window)
        window.close(now)
        head = await uow.journal.hold(cmd.service_point)
        entry = Entry(Step.WINDOW_CLOSED, now, cmd.service_point, actor=cmd.by, window=cmd.window)
        await uow.journal.write(head, entry)
        await uow.commit()
    return window


async def _locked(cmd: AtTicket, uow: UnitOfWork) -> QueueTicket:
    ticket = await uow.tickets.lock(cmd.ticket_id)
    cmd.points(ticket.service_point)
    return ticket
