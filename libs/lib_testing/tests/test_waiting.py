"""Who waits for a lock is seen, also by one who began to look before."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from lib_db import Sessions, make_engine, make_sessions
from lib_testing import _waiting, until_waiting

LOCK = select(func.pg_advisory_xact_lock(1))


@pytest_asyncio.fixture
async def sessions(empty_database: str) -> AsyncGenerator[Sessions]:
    """Return sessions on a database of the test's own."""
    engine = make_engine(empty_database)
    yield make_sessions(engine)
    await engine.dispose()


async def test_who_began_to_look_before_anybody_waited_sees_it(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, look = asyncio.Event(), _waiting._waiting

    async def noted(sessions: Sessions) -> int:
        found = await look(sessions)
        looked.set()
        return found

    monkeypatch.setattr(_waiting, "_waiting", noted)
    async with sessions() as holder, sessions() as other, asyncio.TaskGroup() as group:
        looking = group.create_task(until_waiting(sessions))
        await looked.wait()
        await holder.execute(LOCK)
        waiting = group.create_task(other.execute(LOCK))
        await looking
        assert not waiting.done()
        await holder.rollback()
