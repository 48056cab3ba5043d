"""Migrations: one alembic environment per service, all run by the same few lines."""

import asyncio
from pathlib import Path
from typing import Literal

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

from lib_db._types import EnumText, UtcDateTime


def alembic_config(url: str, scripts: Path) -> Config:
    """Return alembic's configuration for one service's `migrations` folder."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option(
        "file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    return config


def migrate(url: str, scripts: Path) -> None:
    """Bring the database at `url` to the newest version. Safe to run from several processes at once."""
    command.upgrade(alembic_config(url, scripts), "head")


async def is_current(connection_url: str, scripts: Path) -> bool:
    """Return whether the database is at the newest version of `scripts`."""
    head = ScriptDirectory(str(scripts)).get_current_head()
    engine = create_async_engine(connection_url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision() == head
            )
    finally:
        await engine.dispose()


def run_environment(metadata: MetaData) -> None:
    """Run alembic inside a service's `env.py`: connect, take a lock, migrate in one transaction."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("sqlalchemy.url is not set")
    asyncio.run(_run(url, metadata))


async def _run(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run_migrations, metadata)
            await connection.commit()
    finally:
        await engine.dispose()


def _run_migrations(connection: Connection, metadata: MetaData) -> None:
    # Two processes that start together must not both create the tables: the second one waits here.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(410400)")
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, render_item=_render_plain
    )
    with context.begin_transaction():
        context.run_migrations()


def _render_plain(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration must not change when our own column types do, so it names the plain ones.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumText):
        return "sa.Text()"
    return False
