"""Writes many rows at once, and a year once only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Table, exists, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import AuditTables, AuditTrail

SUBJECT = "demo-history"

Row = Mapping[str, Any]


async def is_loaded(session: AsyncSession, audit: AuditTables) -> bool:
    """Return whether the year was written before."""
    noted = audit.records.c.subject == SUBJECT
    return bool(await session.scalar(select(exists().where(noted))))


async def note_loaded(session: AsyncSession, audit: AuditTables, last: date, rows: int) -> None:
    """Say in the audit trail where these rows come from: nobody decided them here."""
    facts = {"until": last.isoformat(), "rows": str(rows)}
    await AuditTrail(session, audit).note("demo", "history.load", SUBJECT, datetime.now(UTC), facts)


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
