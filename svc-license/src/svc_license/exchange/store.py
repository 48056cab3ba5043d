"""The queue to the province and its reports."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_license.database import METADATA
from svc_license.exchange.domain import Entry, Reconciliation
from svc_license.license.store import license_table

exchange_entry = Table(
    "exchange_entry",
    METADATA,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("sent_number", Text),
    Column("sent_status", Text),
    Column("parked", Text, comment="why the province refuses it for good"),
)
OPEN = exchange_entry.c.sent_at.is_(None) & exchange_entry.c.parked.is_(None)
Index("ix_exchange_entry_open", exchange_entry.c.next_attempt_at, postgresql_where=OPEN)
Index("ix_exchange_entry_license", exchange_entry.c.license_id, exchange_entry.c.seq, postgresql_where=OPEN)
Index("ix_exchange_entry_sent_at", exchange_entry.c.sent_at)

exchange_report = Table(
    "exchange_report",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("parked", Integer, nullable=False),
    Column("missing", JSONB, nullable=False),
    Column("unknown", JSONB, nullable=False),
    Column("different", JSONB, nullable=False),
)


class ExchangeStore:
    """The queue inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def enqueue(self, license_id: UUID, now: datetime) -> None:
        """Note that the province is to be told how a licence stands."""
        await self.enqueue_many([license_id], now)

    async def enqueue_many(self, license_ids: Sequence[UUID], now: datetime) -> None:
        """Note that the province is to be told how some licences stand."""
        rows = [{"license_id": id_, "created_at": now, "next_attempt_at": now} for id_ in license_ids]
        if rows:
            await self._session.execute(exchange_entry.insert(), rows)


async def claim(session: AsyncSession, now: datetime, until: datetime) -> Entry | None:
    """Return an entry that is due, leased: the oldest of its licence, so that each is told in order."""
    earlier = exchange_entry.alias("earlier")
    is_first = ~(
        select(earlier.c.seq)
        .where(
            earlier.c.license_id == exchange_entry.c.license_id,
            earlier.c.seq < exchange_entry.c.seq,
            earlier.c.sent_at.is_(None),
            earlier.c.parked.is_(None),
        )
        .exists()
    )
    wanted = (
        select(exchange_entry.c.seq)
        .where(OPEN, exchange_entry.c.next_attempt_at <= now, is_first)
        .order_by(exchange_entry.c.next_attempt_at, exchange_entry.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (
        await session.execute(
            update(exchange_entry)
            .where(exchange_entry.c.seq == wanted.scalar_subquery())
            .values(next_attempt_at=until, attempts=exchange_entry.c.attempts + 1)
            .returning(exchange_entry.c.seq, exchange_entry.c.license_id, exchange_entry.c.attempts)
        )
    ).one_or_none()
    return None if row is None else Entry(*row)


async def mark_sent(session: AsyncSession, seq: int, number: str, status: str, now: datetime) -> None:
    """Note that the province has it."""
    await session.execute(
        update(exchange_entry)
        .where(exchange_entry.c.seq == seq)
        .values(sent_at=now, sent_number=number, sent_status=status)
    )


async def put_off(session: AsyncSession, seq: int, until: datetime) -> None:
    """Try again later."""
    await session.execute(
        update(exchange_entry).where(exchange_entry.c.seq == seq).values(next_attempt_at=until)
    )


async def park(session: AsyncSession, seq: int, reason: str) -> None:
    """Put it aside: the province refuses it, and later ones of its licence must not wait for it."""
    await session.execute(update(exchange_entry).where(exchange_entry.c.seq == seq).values(parked=reason))


async def sent_between(session: AsyncSession, begin: datetime, end: datetime) -> dict[str, tuple[str, UUID]]:
    """Return the last status code and the licence of each identifier that was sent in a time."""
    rows = await session.execute(
        select(exchange_entry.c.sent_number, exchange_entry.c.sent_status, exchange_entry.c.license_id)
        .where(exchange_entry.c.sent_at >= begin, exchange_entry.c.sent_at < end)
        .order_by(exchange_entry.c.seq)
    )
    return {number: (status, license_id) for number, status, license_id in rows}


async def open_counts(session: AsyncSession) -> tuple[int, int]:
    """Return how many entries wait and how many were put aside."""
    waiting = await session.scalar(select(func.count()).select_from(exchange_entry).where(OPEN))
    parked = await session.scalar(
        select(func.count()).select_from(exchange_entry).where(exchange_entry.c.parked.is_not(None))
    )
    return waiting or 0, parked or 0


async def keep_report(session: AsyncSession, report: Reconciliation) -> None:
    """Keep a day's report; a newer one of the same day takes its place."""
    values = {name: getattr(report, name) for name in exchange_report.c.keys() if name != "day"}  # noqa: SIM118 - a collection of columns
    await session.execute(
        insert(exchange_report)
        .values(day=report.day, **values)
        .on_conflict_do_update(index_elements=["day"], set_=values)
    )


async def reports(session: AsyncSession, limit: int) -> list[Reconciliation]:
    """Return the latest reports."""
    rows = await session.execute(select(exchange_report).order_by(exchange_report.c.day.desc()).limit(limit))
    return [Reconciliation(**row._mapping) for row in rows]


async def has_report(session: AsyncSession, day: date) -> bool:
    """Return whether a day was reconciled."""
    found = await session.scalar(select(exchange_report.c.day).where(exchange_report.c.day == day))
    return found is not None
