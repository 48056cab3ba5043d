"""Connections that died are replaced before anybody uses them; reading needs no transaction."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from lib_db import _engine, make_engine, make_reading_sessions, make_sessions


async def backend(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        pid: int = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        return pid


async def test_a_connection_that_the_server_closed_is_replaced_unseen(empty_database: str) -> None:
    engine = make_engine(empty_database, pool_size=1)
    closed = asyncio.Event()
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.add_termination_listener(lambda _connection: closed.set())
        first = await connection.scalar(text("SELECT pg_backend_pid()"))
    operator = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    assert await operator.fetchval("SELECT pg_terminate_backend($1)", first)
    await operator.close()
    await closed.wait()
    assert await backend(engine) != first
    await engine.dispose()


async def test_a_connection_that_vanished_in_a_pause_is_replaced_unseen(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(empty_database, pool_size=1)
    first = await backend(engine)
    assert await backend(engine) == first

    def unanswered(_self: object) -> None:
        raise engine.dialect.loaded_dbapi.Error("the server does not know this connection")

    async with engine.connect() as connection:
        adapted = (await connection.get_raw_connection()).dbapi_connection
    monkeypatch.setattr(type(adapted), "ping", unanswered)
    assert await backend(engine) == first  # Used a moment ago: not asked.
    monkeypatch.setattr(_engine, "TRUSTED_SECONDS", 0.0)
    assert await backend(engine) != first
    await engine.dispose()


async def test_reading_begins_no_transaction_and_writing_through_it_is_refused(empty_database: str) -> None:
    engine = make_engine(empty_database, pool_size=1)
    number = text("SELECT pg_current_xact_id()::text")
    async with make_reading_sessions(engine)() as session:
        assert await session.scalar(number) != await session.scalar(number)
        with pytest.raises(RuntimeError, match="does not write"):
            await session.commit()
    async with make_sessions(engine)() as session:
        assert await session.scalar(number) == await session.scalar(number)
    await engine.dispose()
