"""The race that a public booking system loses: it counts, then inserts. First lost, then won by the guard."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest
from booking_city import ITEM, book, miscounted, person, resize, slots
from booking_replica import replica

from lib_db import Sessions
from lib_kernel import new_id
from lib_testing import CITIZEN, Clients, FixedClock
from svc_booking.slot.places import SlotPlaces

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

PLACES, TRIES, CLIENTS = 50, 300, 20


async def check_then_insert(
    connection: "PoolConnectionProxy[asyncpg.Record]", slot_id: UUID, number: int, clock: FixedClock
) -> bool:
    """Book as the failing system does: count the appointments, and if there is room, insert one."""
    free = await connection.fetchval(
        "SELECT capacity - (SELECT count(*) FROM appointment WHERE slot_id = $1) FROM slot WHERE id = $1",
        slot_id,
    )
    if free <= 0:
        return False
    await connection.execute(
        """INSERT INTO appointment (id, slot_id, person_id, item_code, service_point, service_point_name,
                                    group_code, starts_at, channel, booked_at, status)
           VALUES ($1, $2, $3, 'x', 'x', 'x', 'business', $4, 'mobile', $4, 'booked')""",
        new_id(),
        slot_id,
        f"p_naive_{number}",
        clock.now() + timedelta(hours=2),
    )
    await connection.execute("UPDATE slot SET taken = taken + 1 WHERE id = $1", slot_id)
    return True


@pytest.fixture
async def contested(service: Clients, hall: str, sessions: Sessions) -> str:
    """Return a slot with fifty places."""
    slot_id: str = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    await resize(sessions, slot_id, PLACES)
    return slot_id


async def test_without_the_guard_counting_and_then_inserting_overbooks(
    contested: str, database: str, clock: FixedClock
) -> None:
    """In this test's own copy of the database the CHECK is taken away, and nothing locks the slot."""
    dsn = database.replace("+asyncpg", "", 1)
    slot_id, numbers = UUID(contested), iter(range(TRIES))
    together = asyncio.Barrier(CLIENTS)
    async with asyncpg.create_pool(dsn, min_size=CLIENTS, max_size=CLIENTS) as pool:
        await pool.execute("ALTER TABLE slot DROP CONSTRAINT ck_slot_never_overbooked")

        async def client() -> int:
            booked = 0
            async with pool.acquire() as connection:
                await together.wait()
                for number in numbers:
                    booked += await check_then_insert(connection, slot_id, number, clock)
            return booked

        counts = await asyncio.gather(*(client() for _ in range(CLIENTS)))
        rows = await pool.fetchval("SELECT count(*) FROM appointment WHERE slot_id = $1", slot_id)
    assert sum(counts) == rows
    assert rows > PLACES, "the race was not lost this time: is something guarding after all?"


async def test_the_guard_gives_fifty_places_to_fifty_of_three_hundred(
    service: Clients, contested: str, sessions: Sessions
) -> None:
    numbers = iter(range(TRIES))
    seen: Counter[int] = Counter()

    async def client() -> None:
        for number in numbers:
            answer = await book(service.as_(person(number)), contested)
            seen[answer.status_code] += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    assert seen == {201: PLACES, 409: TRIES - PLACES}
    assert await miscounted(sessions) == []


async def test_the_guard_holds_across_processes_that_do_not_know_each_other(
    contested: str, database: str, clock: FixedClock, sessions: Sessions
) -> None:
    """Twenty connections send the single statement itself, without the process's counter before it."""

    async def client(number: int) -> int:
        taken = 0
        for _ in range(TRIES // CLIENTS):
            async with sessions.begin() as session:
                taken += await SlotPlaces(session).take(UUID(contested), 1, "mobile", clock.now())
        return taken

    assert sum(await asyncio.gather(*(client(number) for number in range(CLIENTS)))) == PLACES


async def test_two_replicas_share_the_places_of_one_slot(
    service: Clients, contested: str, database: str, sessions: Sessions, clock: FixedClock
) -> None:
    """Two counters, as in two processes, gather orders for the same slots at the same time."""
    async with replica(database, sessions, clock) as other:
        numbers = iter(range(TRIES))

        async def here() -> int:
            booked = 0
            for number in numbers:
                booked += (await book(service.as_(person(number)), contested)).status_code == 201
            return booked

        async def there() -> int:
            booked = 0
            for number in numbers:
                booked += await other.book(contested, f"p_{number}", ITEM)
            return booked

        counts = await asyncio.gather(
            *(here() for _ in range(CLIENTS // 2)), *(there() for _ in range(CLIENTS // 2))
        )
    assert sum(counts) == PLACES
    assert await miscounted(sessions) == []
