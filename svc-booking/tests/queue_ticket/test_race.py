"""Two windows never call one number: shown first without the guards, then with each of them."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hall_people import HALL
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from lib_db import Sessions
from lib_testing import FixedClock
from svc_booking.queue_ticket.arrival import DrawTicket, draw_ticket
from svc_booking.queue_ticket.commands import CallNext, call_next
from svc_booking.queue_ticket.domain import NobodyWaiting, QueueTicket
from svc_booking.queue_ticket.store import IS_QUEUED, TicketStore, queue_ticket
from svc_booking.slot.store import point_group
from svc_booking.uow import BookingUnitOfWork
from svc_booking.window.domain import Window

WINDOWS = [f"{number}号窗口" for number in range(1, 9)]
NUMBERS = 8


class CarelessTickets(TicketStore):
    """Looks for the next number and takes it a moment later, without holding it: check, then act."""

    def __init__(self, session: Any, everyone_has_looked: asyncio.Barrier) -> None:
        super().__init__(session)
        self._everyone_has_looked = everyone_has_looked

    async def next_waiting(self, window: Window, groups: list[str]) -> QueueTicket | None:
        found = await self._session.scalar(
            select(QueueTicket)
            .where(queue_ticket.c.service_point == window.service_point, IS_QUEUED)
            .order_by(queue_ticket.c.rank_at, queue_ticket.c.id)
            .limit(1)
        )
        await self._everyone_has_looked.wait()
        return found


class CarelessUnitOfWork(BookingUnitOfWork):
    """A unit of work whose tickets are not held."""

    barrier: asyncio.Barrier

    def open_stores(self) -> None:
        super().open_stores()
        self.tickets = CarelessTickets(self.session, self.barrier)


@pytest.fixture
async def queue(hall: str, sessions: Sessions, clock: FixedClock) -> str:
    """Return a hall with eight windows and eight numbers waiting."""
    async with sessions.begin() as session:
        await session.execute(
            point_group.update().where(point_group.c.service_point == hall).values(windows=WINDOWS)
        )
    for person in range(NUMBERS):
        order = DrawTicket(hall, "business", ("410131016000",), f"p_{person}", False)
        await draw_ticket(order, uow=BookingUnitOfWork(sessions), clock=clock)
    return hall


async def all_call(make: Any, clock: FixedClock) -> tuple[list[str], list[BaseException]]:
    """Let all windows call at once; return the numbers called and the errors."""
    outcomes = await asyncio.gather(
        *(
            call_next(CallNext(HALL, window, f"clerk of {window}"), uow=make(), clock=clock)
            for window in WINDOWS
        ),
        return_exceptions=True,
    )
    called = [outcome.number for outcome in outcomes if isinstance(outcome, QueueTicket)]
    return called, [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


def careless(sessions: Sessions) -> Any:
    kind = type("Careless", (CarelessUnitOfWork,), {"barrier": asyncio.Barrier(len(WINDOWS))})
    return lambda: kind(sessions)


async def test_without_any_guard_several_windows_call_the_same_number(
    queue: str, sessions: Sessions, clock: FixedClock
) -> None:
    async with sessions.begin() as session:
        await session.execute(text("DROP INDEX uq_journal_entry_one_call"))
    called, errors = await all_call(careless(sessions), clock)
    assert errors == []
    assert Counter(called) == {"A001": len(WINDOWS)}


async def test_the_index_alone_lets_one_window_have_a_number(
    queue: str, sessions: Sessions, clock: FixedClock
) -> None:
    called, errors = await all_call(careless(sessions), clock)
    assert called == ["A001"]
    assert len(errors) == len(WINDOWS) - 1
    assert all(isinstance(error, IntegrityError) for error in errors)
    assert all("uq_journal_entry_one_call" in str(error) for error in errors)


async def test_with_the_row_held_each_window_gets_a_number_of_its_own(
    queue: str, sessions: Sessions, clock: FixedClock
) -> None:
    called, errors = await all_call(lambda: BookingUnitOfWork(sessions), clock)
    assert errors == []
    assert sorted(called) == [f"A{n:03d}" for n in range(1, NUMBERS + 1)]


async def test_many_rounds_of_many_windows_call_every_number_exactly_once(
    queue: str, sessions: Sessions, clock: FixedClock
) -> None:
    """More windows than numbers in the last round: those left over hear that nobody waits."""
    for person in range(NUMBERS, 20):
        order = DrawTicket(queue, "business", ("410131016000",), f"p_{person}", False)
        await draw_ticket(order, uow=BookingUnitOfWork(sessions), clock=clock)
    all_called: list[str] = []
    nobody = 0
    for _ in range(3):
        called, errors = await all_call(lambda: BookingUnitOfWork(sessions), clock)
        all_called += called
        nobody += len(errors)
        assert all(isinstance(error, NobodyWaiting) for error in errors)
        async with sessions.begin() as session:
            # The windows are done at once, so that they may call again.
            await session.execute(text("UPDATE queue_ticket SET status = 'finished' WHERE status = 'called'"))
    assert sorted(all_called) == [f"A{n:03d}" for n in range(1, 21)]
    assert nobody == 4
