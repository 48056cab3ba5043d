"""Tables and queries of the journal.

The head's row is the lock that numbers a point's steps: whoever holds it writes the next entry and commits,
so the entries of a point are in the order of their commits and have no gaps. That makes the journal the one
source of the live board, of a number's history and of the day's figures.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.database import METADATA
from svc_booking.journal.domain import Entry, HallClosed, Head, Step
from svc_booking.slot.store import service_point

CHANNEL = "hall_journal"

journal_head = Table(
    "journal_head",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("closed_on", Date, comment="the last day that was closed"),
)

journal_entry = Table(
    "journal_entry",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("step", EnumText(Step), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text),
    Column("ticket_id", Uuid, index=True),
    Column("number", Text),
    Column("group_code", Text, key="group"),
    Column("window_name", Text, key="window"),
    Column("turn", Integer, comment="n-th call of the number"),
    Column("reason", Text),
    Column("waiting", JSONB, nullable=False),
)
Index(
    "uq_journal_entry_one_call",
    journal_entry.c.ticket_id,
    journal_entry.c.turn,
    unique=True,
    postgresql_where=journal_entry.c.step == Step.CALLED,
)
Index("ix_journal_entry_time", journal_entry.c.service_point, journal_entry.c.at)


class JournalStore:
    """The journal inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, point: str) -> Head:
        """Lock the end of a point's journal until the transaction ends; take every other lock before."""
        wanted = (
            select(journal_head.c.version, journal_head.c.closed_on)
            .where(journal_head.c.service_point == point)
            .with_for_update()
        )
        found = (await self._session.execute(wanted)).one_or_none()
        if found is None:
            first = insert(journal_head).values(service_point=point, version=0).on_conflict_do_nothing()
            await self._session.execute(first)
            found = (await self._session.execute(wanted)).one()
        return Head(found.version, found.closed_on)

    async def hold_open(self, point: str, day: date) -> Head:
        """Lock like `hold`. Raises HallClosed when the day was closed."""
        head = await self.hold(point)
        if head.closed_on is not None and head.closed_on >= day:
            raise HallClosed
        return head

    async def close(self, point: str, day: date) -> None:
        """Say that a day is closed; the end is held."""
        await self._session.execute(
            update(journal_head).where(journal_head.c.service_point == point).values(closed_on=day)
        )

    async def write(self, head: Head, *entries: Entry) -> list[Entry]:
        """Write entries behind a held end of the same point and wake those who follow it."""
        written = [
            replace(entry, version=version) for version, entry in enumerate(entries, start=head.version + 1)
        ]
        if not written:
            return []
        point = written[0].service_point
        await self._session.execute(insert(journal_entry), [_row(entry) for entry in written])
        await self._session.execute(
            update(journal_head)
            .where(journal_head.c.service_point == point)
            .values(version=written[-1].version)
        )
        await self._session.execute(select(func.pg_notify(CHANNEL, point)))
        return written


def _row(entry: Entry) -> dict[str, object]:
    return {
        "service_point": entry.service_point,
        "version": entry.version,
        "step": entry.step,
        "at": entry.at,
        "actor": entry.actor,
        "ticket_id": entry.ticket_id,
        "number": entry.number,
        "group": entry.group,
        "window": entry.window,
        "turn": entry.turn,
        "reason": entry.reason,
        "waiting": dict(entry.waiting),
    }


_AS_ENTRY = [column.label(column.key) for column in journal_entry.c]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**row._mapping)


async def version_of(session: AsyncSession, point: str) -> int:
    """Return the last version of a point's journal, 0 when nothing happened there yet."""
    found = await session.scalar(select(journal_head.c.version).where(journal_head.c.service_point == point))
    return int(found or 0)


async def entries_after(session: AsyncSession, point: str, version: int, *, limit: int) -> Sequence[Entry]:
    """Return the entries of a point after a version, in order."""
    rows = await session.execute(
        select(*_AS_ENTRY)
        .where(journal_entry.c.service_point == point, journal_entry.c.version > version)
        .order_by(journal_entry.c.version)
        .limit(limit)
    )
    return [_entry(row) for row in rows]


async def of_ticket(session: AsyncSession, ticket_id: UUID) -> Sequence[Entry]:
    """Return what happened to a number, in order."""
    rows = await session.execute(
        select(*_AS_ENTRY).where(journal_entry.c.ticket_id == ticket_id).order_by(journal_entry.c.version)
    )
    return [_entry(row) for row in rows]
