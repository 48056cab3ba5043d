"""Engine and sessions of one service's own database."""

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Sessions = async_sessionmaker[AsyncSession]


def new_metadata() -> MetaData:
    """Return metadata with the one naming convention of all services."""
    return MetaData(naming_convention=NAMING)


def make_engine(url: str, *, pool_size: int = 10, application: str = "city") -> AsyncEngine:
    """Return an engine for `url` (`postgresql+asyncpg://…`).

    Statements end after 15 s and waits for a lock after 5 s: a request that hangs helps nobody. Times are
    exchanged in UTC whatever the server's zone is.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
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


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Return the session factory. Nothing expires on commit: entities stay readable after it."""
    return async_sessionmaker(engine, expire_on_commit=False)
