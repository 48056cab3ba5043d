"""Table and queries of waiting lines."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.database import MAPPERS, METADATA
from svc_booking.hold.domain import Hold
from svc_booking.hold.store import hold
from svc_booking.slot.store import slot
from svc_booking.waitlist.domain import AlreadyWaiting, NoSuchEntry, Status, WaitlistEntry

waitlist_entry = Table(
    "waitlist_entry",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("slot_id", ForeignKey(slot.c.id), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("is_green", Boolean, nullable=False),
    Column("places", Integer, nullable=False),
    Column("place_class", Text, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("hold_id", ForeignKey(hold.c.id), unique=True),
    Column("offered_until", UtcDateTime),
    Column("partner", Text, comment="bank at which the person joined"),
)
OPEN = waitlist_entry.c.status.in_([Status.WAITING, Status.OFFERED])
WAITING = waitlist_entry.c.status == Status.WAITING
Index(
    "uq_waitlist_entry_open",
    waitlist_entry.c.slot_id,
    waitlist_entry.c.person_id,
    unique=True,
    postgresql_where=OPEN,
)
Index(
    "ix_waitlist_entry_waiting",
    waitlist_entry.c.slot_id,
    waitlist_entry.c.joined_at,
    waitlist_entry.c.id,
    postgresql_where=WAITING,
)
Index("ix_waitlist_entry_person", waitlist_entry.c.person_id, waitlist_entry.c.joined_at)

MAPPERS.map_imperatively(WaitlistEntry, waitlist_entry)


class WaitlistStore:
    """Waiting lines inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def join(self, entry: WaitlistEntry) -> None:
        """Keep a new entry. Raises AlreadyWaiting."""
        row = {column.name: getattr(entry, column.name) for column in waitlist_entry.c}
        written = await self._session.execute(
            insert(waitlist_entry).values(row).on_conflict_do_nothing().returning(waitlist_entry.c.id)
        )
        if written.one_or_none() is None:
            raise AlreadyWaiting

    async def length(self, slot_id: UUID) -> int:
        """Return how many wait for a slot; its row must be locked."""
        count = await self._session.scalar(
            select(func.count())
            .select_from(waitlist_entry)
            .where(waitlist_entry.c.slot_id == slot_id, WAITING)
        )
        return count or 0

    async def lock(self, entry_id: UUID) -> WaitlistEntry:
        """Return an entry, locked, its hold before it. Raises NoSuchEntry."""
        seen = await self._session.get(WaitlistEntry, entry_id)
        if seen is None:
            raise NoSuchEntry
        # Holds are locked before entries everywhere, so that expiry and leaving do not wait in a circle.
        if seen.hold_id is not None:
            await self._session.get(Hold, seen.hold_id, with_for_update=True, populate_existing=True)
        await self._session.refresh(seen, with_for_update=True)
        return seen

    async def in_line(self, slot_id: UUID) -> Sequence[WaitlistEntry]:
        """Return who waits for a slot in order, locked; who is just leaving is left out."""
        found = await self._session.scalars(
            select(WaitlistEntry)
            .where(waitlist_entry.c.slot_id == slot_id, WAITING)
            .order_by(waitlist_entry.c.joined_at, waitlist_entry.c.id)
            .with_for_update(skip_locked=True)
        )
        return found.all()

    async def of_holds(self, hold_ids: Sequence[UUID]) -> Sequence[WaitlistEntry]:
        """Return the entries whose offers these holds are, locked."""
        found = await self._session.scalars(
            select(WaitlistEntry)
            .where(waitlist_entry.c.hold_id.in_(hold_ids), waitlist_entry.c.status == Status.OFFERED)
            .with_for_update()
        )
        return found.all()

    async def too_late(self, now: datetime, limit: int) -> Sequence[WaitlistEntry]:
        """Return who still waits for slots that have begun, locked."""
        found = await self._session.scalars(
            select(WaitlistEntry)
            .join(slot, slot.c.id == waitlist_entry.c.slot_id)
            .where(WAITING, slot.c.starts_at <= now)
            .limit(limit)
            .with_for_update(skip_locked=True, of=waitlist_entry)
        )
        return found.all()


async def of_person(session: AsyncSession, person_id: str, limit: int) -> Sequence[tuple[WaitlistEntry, int]]:
    """Return a person's latest entries, each with how many wait before it."""
    other = waitlist_entry.alias()
    before = (
        select(func.count())
        .select_from(other)
        .where(
            other.c.slot_id == waitlist_entry.c.slot_id,
            other.c.status == Status.WAITING,
            tuple_(other.c.joined_at, other.c.id) < tuple_(waitlist_entry.c.joined_at, waitlist_entry.c.id),
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        select(WaitlistEntry, before)
        .where(waitlist_entry.c.person_id == person_id)
        .order_by(waitlist_entry.c.joined_at.desc(), waitlist_entry.c.id)
        .limit(limit)
    )
    return [(entry, count) for entry, count in rows]
