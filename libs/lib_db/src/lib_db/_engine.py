"""Engine and sessions of one service's own database."""

import time
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# A connection used less than this many seconds ago is not asked whether it still lives.
TRUSTED_SECONDS = 1.0
_USED_AT = "used_at"

Sessions = async_sessionmaker[AsyncSession]


def new_metadata() -> MetaData:
    """Return metadata with the one naming convention of all services."""
    return MetaData(naming_convention=NAMING)


def make_engine(url: str, *, pool_size: int = 10, application: str = "city") -> AsyncEngine:
    """Return an engine for `url` (`postgresql+asyncpg://…`).

    Statements end after 15 s and waits for a lock after 5 s: a request that hangs helps nobody. Times are
    exchanged in UTC whatever the server's zone is. Connections that died while nobody used them are replaced
    before somebody does.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "server_settings": {
                "application_name": application,
                "timezone": "UTC",
                "statement_timeout": "15000",
                "lock_timeout": "5000",
                "jit": "off",
            }
        },
    )
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", _replace_dead)
    return engine


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Return the session factory. Nothing expires on commit: entities stay readable after it."""
    return async_sessionmaker(engine, expire_on_commit=False)


class ReadingSession(AsyncSession):
    """A session outside any transaction: each statement sees what is committed when it begins.

    That is what a transaction at the level READ COMMITTED shows as well, without BEGIN and ROLLBACK, each a
    way to the server and back.
    """

    async def commit(self) -> None:
        """Refuse: what was written is there already, and other statements with it or without.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("a reading session does not write: take a unit of work")


def make_reading_sessions(engine: AsyncEngine) -> Sessions:
    """Return the factory of sessions that only read; they take their connections from the same pool."""
    plain = engine.execution_options(isolation_level="AUTOCOMMIT")
    return async_sessionmaker(plain, class_=ReadingSession, expire_on_commit=False)


def _note_use(connection: Any, record: Any) -> None:
    if connection is not None:
        record.info[_USED_AT] = time.monotonic()


def _replace_dead(connection: Any, record: Any, _proxy: object) -> None:
    """Let the pool open another connection in place of one that is dead.

    The driver hears at once of a server that closes the connection. Only of one that vanished (its machine
    lost power, a router forgot the connection) it does not, so after a pause the server is asked. Asking each
    time (`pool_pre_ping`) costs three ways to the server and back: BEGIN, an empty statement, ROLLBACK.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    used_at = record.info.get(_USED_AT)
    if used_at is None or time.monotonic() - used_at < TRUSTED_SECONDS:
        return
    try:
        connection.ping()
    except connection.dbapi.Error as error:
        raise DisconnectionError from error
