"""Tells people that their turn is near, each once."""

from collections.abc import Callable

from lib_contracts.booking import TicketNear
from lib_kernel import Clock
from lib_messaging import SqlUnitOfWork
from svc_booking.board import store
from svc_booking.queue_ticket.domain import QueueTicket
from svc_booking.queue_ticket.events import event_of

NEAR = 3

OpenWork = Callable[[], SqlUnitOfWork]


async def tell_near(open_work: OpenWork, clock: Clock) -> int:
    """Tell everyone who has at most `NEAR` people before them; return how many were told.

    Whoever claims the row tells; event and claim commit together, so several workers and a kill in between
    still tell each person exactly once.
    """
    told = 0
    async with open_work() as looking:
        points = await store.points_with_queue(looking.session)
    for point in points:
        async with open_work() as uow:
            told += await _tell_at(point, uow, clock)
            await uow.commit()
    return told


async def _tell_at(point: str, uow: SqlUnitOfWork, clock: Clock) -> int:
    now = clock.now()
    found = (await store.queue_of(uow.session, point, now)).standings(now)
    near = sorted(ticket_id for ticket_id, standing in found.items() if standing.ahead <= NEAR)
    claimed = await store.claim_near(uow.session, near, now)
    for ticket_id in near:
        if ticket_id in claimed:
            ticket = await uow.session.get_one(QueueTicket, ticket_id)
            standing = found[ticket_id]
            uow.outbox.add(
                event_of(TicketNear, ticket, ahead=standing.ahead, expected_minutes=standing.minutes)
            )
    return len(claimed)
