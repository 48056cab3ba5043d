"""The database, desk and clock on which the model of places is played."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from booking_city import GROUP, a_point
from booking_replica import Replica, replica
from places_model import MISSED_AFTER
from sqlalchemy import select, text

from lib_db import Sessions, make_engine, make_sessions
from lib_testing import FixedClock
from svc_booking.hall_policy.commands import PutPolicy, put_policy
from svc_booking.hall_policy.domain import HallPolicy
from svc_booking.rule.domain import Scope
from svc_booking.rule.store import put_rule
from svc_booking.slot import store
from svc_booking.slot.domain import Slot
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.uow import BookingUnitOfWork

T = TypeVar("T")

HALL = "410422-HALL"
LENIENT = {
    "days_ahead": 3,
    "per_day": 100,
    "no_shows": 100,
    "late_cancels": 100,
    "reschedules": 100,
    "holds": 100,
    "holds_an_hour": 1000,
}
FRESH = text(
    """
TRUNCATE waitlist_entry, hold, reminder, appointment, outbox, audit_record, audit_head,
         queue_ticket, ticket_counter, journal_entry, journal_head CASCADE
"""
)
CLAIMS = text(
    """
SELECT id, 'appointment', person_id, slot_id, party_size, status, NULL FROM appointment
UNION ALL
SELECT id, 'hold', person_id, slot_id, places, status, expires_at FROM hold h
WHERE NOT EXISTS (SELECT 1 FROM waitlist_entry e WHERE e.hold_id = h.id)
UNION ALL
SELECT id, 'entry', person_id, slot_id, places, status, offered_until FROM waitlist_entry
"""
)
TOLD = text("SELECT type, count(*) FROM outbox WHERE type NOT LIKE 'booking.ticket.%' GROUP BY type")


class World:
    """The real thing: one database, one desk, one clock for all examples."""

    def __init__(self, database: str) -> None:
        self.runner = asyncio.Runner()
        self.engine = make_engine(database, pool_size=4)
        self.sessions: Sessions = make_sessions(self.engine)
        self.clock = FixedClock()
        self.done: Counter[str] = Counter()
        self._replica = replica(database, self.sessions, self.clock)
        self.desk: Replica = self.run(self._replica.__aenter__())
        self.slots: list[Slot] = self.run(self._prepare())

    def run(self, step: Awaitable[T]) -> T:
        """Run to the end."""

        async def whole() -> T:
            return await step

        return self.runner.run(whole())

    def close(self) -> None:
        """Close everything."""
        self.run(self._replica.__aexit__(None, None, None))
        self.run(self.engine.dispose())
        self.runner.close()

    def work(self) -> BookingUnitOfWork:
        """Open a transaction."""
        return BookingUnitOfWork(self.sessions)

    async def _prepare(self) -> list[Slot]:
        """Return the first and the last slot of tomorrow; check-in is open from today on."""
        async with self.sessions.begin() as session:
            await store.load_points(session, [a_point()])
            await put_rule(session, Scope("410400000000"), LENIENT, by="test", now=self.clock.now())
        policy = HallPolicy(early=timedelta(days=3), no_show_after=MISSED_AFTER)
        await put_policy(PutPolicy(HALL, policy, "s_admin"), uow=self.work(), clock=self.clock)
        await make_slots_ahead(self.sessions, self.clock)
        begin = self.clock.now() + timedelta(days=1)
        async with self.sessions() as session:
            rows = await store.slots_between(session, HALL, GROUP, begin, begin + timedelta(hours=9), begin)
            return [await store.one_slot(session, row.id) for row in (rows[0], rows[-1])]

    async def start_over(self, capacities: list[int]) -> None:
        """Empty the tables and give the slots their places."""
        self.clock.set(FixedClock().now())
        async with self.sessions.begin() as session:
            await session.execute(FRESH)
            await session.execute(store.slot.update().values(taken=0, capacity=1))
            for one, capacity in zip(self.slots, capacities, strict=True):
                await session.execute(
                    store.slot.update().where(store.slot.c.id == one.id).values(capacity=capacity)
                )

    async def hold_of(self, entry_id: UUID) -> UUID:
        """Return the id of the hold that an entry was offered."""
        query = text("SELECT hold_id FROM waitlist_entry WHERE id = :id")
        async with self.sessions() as session:
            found: UUID | None = await session.scalar(query, {"id": entry_id})
        assert found is not None, "an offer without a hold"
        return found

    async def seen(self) -> tuple[dict[UUID, Any], dict[UUID, Any], dict[str, int]]:
        """Return each slot's taken places and capacity, every claim, and what was told how often."""
        async with self.sessions() as session:
            slots = await session.execute(select(store.slot.c.id, store.slot.c.taken, store.slot.c.capacity))
            claims = await session.execute(CLAIMS)
            told = await session.execute(TOLD)
        return (
            {slot_id: (taken, capacity) for slot_id, taken, capacity in slots},
            {row[0]: tuple(row[1:]) for row in claims},
            {kind: count for kind, count in told},
        )
