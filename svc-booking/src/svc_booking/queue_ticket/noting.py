"""Writes the steps of a number into the hall's journal."""

from datetime import datetime

from svc_booking.journal.domain import Entry, Head, Step
from svc_booking.queue_ticket.domain import QueueTicket
from svc_booking.queue_ticket.ports import UnitOfWork


async def note(
    step: Step,
    ticket: QueueTicket,
    uow: UnitOfWork,
    now: datetime,
    *,
    by: str | None = None,
    window: str | None = None,
    reason: str | None = None,
    also: tuple[str, ...] = (),
    head: Head | None = None,
) -> None:
    """Write one step of a ticket, last before the audit and the commit.

    `window` is where it happened, if that is not where the ticket is now; `also` are groups that the step
    touches beside the ticket's.
    """
    if head is None:
        head = await uow.journal.hold(ticket.service_point)
    # Counted while the journal's end is held: nobody else can change this point's queue before we commit.
    waiting = await uow.tickets.waiting(ticket.service_point, {ticket.group, *also})
    entry = Entry(
        step,
        now,
        ticket.service_point,
        actor=by,
        ticket_id=ticket.id,
        number=ticket.number,
        group=ticket.group,
        window=window or ticket.window,
        turn=ticket.calls,
        reason=reason,
        waiting=waiting,
    )
    await uow.journal.write(head, entry)
