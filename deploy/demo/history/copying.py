"""Writes many rows at once, and a year once only."""

import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Table, exists, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import AuditTables, AuditTrail
from lib_db import make_engine, make_sessions

SUBJECT = "demo-history"

Row = Mapping[str, Any]


@dataclass
class Loading:
    """One service's part of the year while it is written."""

    session: AsyncSession
    is_done: bool
    """The year was written before: there is nothing to do."""
    rows: int = 0
    """How many rows were written, of those that the part is about."""


@asynccontextmanager
async def loading(database_url: str, audit: AuditTables, last: date) -> AsyncGenerator[Loading]:
    """Open the transaction that writes a service's part of the year, once only.

    The audit trail says where the rows come from: nobody decided them here.
    """
    engine = make_engine(database_url, pool_size=1, application="demo-history")
    try:
        async with make_sessions(engine).begin() as session:
            noted = audit.records.c.subject == SUBJECT
            found = Loading(session, bool(await session.scalar(select(exists().where(noted)))))
            yield found
            if not found.is_done:
                facts = {"until": last.isoformat(), "rows": str(found.rows)}
                trail = AuditTrail(session, audit)
                await trail.note("demo", "history.load", SUBJECT, datetime.now(UTC), facts)
    finally:
        await engine.dispose()


def rows_of(table: Table, entities: Iterable[object], leave_out: frozenset[str] = frozenset()) -> list[Row]:
    """Return the rows of mapped entities that no session knows."""
    names = [column.key for column in table.c if column.key not in leave_out]
    return [{name: getattr(entity, name) for name in names} for entity in entities]


async def copy_in(session: AsyncSession, table: Table, rows: Sequence[Row]) -> None:
    """Write rows by COPY, inside the transaction; what they leave out has the table's default."""
    if not rows:
        return
    columns = [column for column in table.c if column.key in rows[0]]
    writers = [_json if isinstance(column.type, JSONB) else _plain for column in columns]
    pairs = list(zip([column.key for column in columns], writers, strict=True))
    records = [tuple(write(row[key]) for key, write in pairs) for row in rows]
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(
        table.name, records=records, columns=[column.name for column in columns]
    )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
