"""Entries of a point are numbered in the order of their commits, without gaps, however many write."""

import asyncio
from datetime import date

import asyncpg
import pytest

from lib_db import Sessions
from lib_testing import FixedClock
from svc_booking.journal.domain import Entry, HallClosed, Step, speech
from svc_booking.journal.store import CHANNEL, JournalStore, entries_after, version_of

OTHER = "410402-HALL"
TODAY = date(2026, 3, 4)


async def write(
    sessions: Sessions, clock: FixedClock, point: str, *, number: str, fails: bool = False
) -> None:
    async with sessions() as session:
        journal = JournalStore(session)
        head = await journal.hold(point)
        await journal.write(head, Entry(Step.DRAWN, clock.now(), point, number=number))
        if not fails:
            await session.commit()


async def test_many_writers_leave_no_gap_and_no_double(
    hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    await asyncio.gather(
        *(write(sessions, clock, hall, number=f"A{n:03d}", fails=n % 4 == 0) for n in range(24)),
        *(write(sessions, clock, OTHER, number=f"A{n:03d}") for n in range(5)),
    )
    async with sessions() as session:
        entries = await entries_after(session, hall, 0, limit=100)
        assert [entry.version for entry in entries] == list(range(1, 19))
        assert len({entry.number for entry in entries}) == 18
        assert await version_of(session, OTHER) == 5
        assert [entry.version for entry in await entries_after(session, hall, 15, limit=2)] == [16, 17]


async def test_what_was_rolled_back_wakes_nobody_and_what_was_committed_does(
    hall: str, sessions: Sessions, clock: FixedClock, database: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(database.replace("+asyncpg", "", 1))
    await connection.add_listener(CHANNEL, lambda *news: heard.put_nowait(news[-1]))
    await write(sessions, clock, OTHER, number="A001", fails=True)
    await write(sessions, clock, hall, number="A001")
    async with asyncio.timeout(120):
        assert await heard.get() == hall
    assert heard.empty()
    await connection.close()


async def test_a_closed_day_takes_no_more_numbers_and_the_next_does(hall: str, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        journal = JournalStore(session)
        await journal.hold(hall)
        await journal.close(hall, TODAY)
    async with sessions() as session:
        with pytest.raises(HallClosed):
            await JournalStore(session).hold_open(hall, TODAY)
        assert (await JournalStore(session).hold_open(hall, date(2026, 3, 5))).closed_on == TODAY


def test_a_call_is_spoken_as_a_sentence() -> None:
    assert speech("A001", "3号窗口") == "请A001号到3号窗口办理"
