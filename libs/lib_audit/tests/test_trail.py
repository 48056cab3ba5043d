"""The trail on a real database: what was tampered with is found."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import AuditTrail, ChainReport, Note, audit_tables, records, verify_chain
from lib_db import Sessions, make_engine, make_sessions, new_metadata
from lib_testing import WEDNESDAY

METADATA = new_metadata()
TABLES = audit_tables(METADATA)


@pytest_asyncio.fixture
async def sessions(empty_database: str) -> AsyncGenerator[Sessions]:
    """Return sessions on a database that has the trail's tables."""
    engine = make_engine(empty_database, pool_size=10)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield make_sessions(engine)
    await engine.dispose()


async def note(sessions: Sessions, number: int) -> None:
    async with sessions.begin() as session:
        await AuditTrail(session, TABLES).note(
            "s_1", "seal.use", f"SEAL-{number}", WEDNESDAY, {"purpose": "签发"}
        )


async def report(sessions: Sessions) -> ChainReport:
    async with sessions() as session:
        return await verify_chain(session, TABLES)


async def test_an_empty_trail_is_whole(sessions: Sessions) -> None:
    assert await report(sessions) == ChainReport(0, None)


async def test_writers_at_once_make_one_chain(sessions: Sessions) -> None:
    await asyncio.gather(*(note(sessions, number) for number in range(20)))
    assert await report(sessions) == ChainReport(20, None)
    async with sessions() as session:
        assert [record.number for record in await records(session, TABLES)] == list(range(1, 21))
        assert len(await records(session, TABLES, subject="SEAL-7")) == 1


async def test_many_records_at_once_are_links_like_any_others(sessions: Sessions) -> None:
    await note(sessions, 1)
    async with sessions.begin() as session:
        trail = AuditTrail(session, TABLES)
        await trail.note_all([])
        await trail.note_all([Note("s_1", "seal.use", f"SEAL-{n}", WEDNESDAY) for n in range(2, 50)])
        await trail.note("s_1", "seal.freeze", "SEAL-2", WEDNESDAY)
    assert await report(sessions) == ChainReport(50, None)


async def test_a_record_rolled_back_leaves_no_gap(sessions: Sessions) -> None:
    await note(sessions, 1)
    async with sessions() as session:
        await AuditTrail(session, TABLES).note("s_1", "seal.use", "SEAL-2", WEDNESDAY)
        await session.rollback()
    await note(sessions, 3)
    assert await report(sessions) == ChainReport(2, None)


async def change(session: AsyncSession) -> None:
    await session.execute(update(TABLES.records).where(TABLES.records.c.number == 3).values(actor="s_2"))


async def remove(session: AsyncSession) -> None:
    await session.execute(delete(TABLES.records).where(TABLES.records.c.number == 3))


async def cut_the_end_off(session: AsyncSession) -> None:
    await session.execute(delete(TABLES.records).where(TABLES.records.c.number >= 3))


async def insert_between(session: AsyncSession) -> None:
    await session.execute(update(TABLES.records).where(TABLES.records.c.number == 5).values(number=6))
    await session.execute(
        text(
            "INSERT INTO audit_record SELECT 5, actor, action, subject, at, facts, digest"
            " FROM audit_record WHERE number = 4"
        )
    )


@pytest.mark.parametrize(
    ("tamper", "first_broken"),
    [(change, 3), (remove, 3), (cut_the_end_off, 3), (insert_between, 5)],
)
async def test_tampering_is_found(
    sessions: Sessions, tamper: Callable[[AsyncSession], Awaitable[None]], first_broken: int
) -> None:
    for number in range(1, 6):
        await note(sessions, number)
    async with sessions.begin() as session:
        await tamper(session)
    assert (await report(sessions)).first_broken == first_broken
