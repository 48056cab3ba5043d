"""Table and queries of holds."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.database import MAPPERS, METADATA
from svc_booking.hold.domain import HOUR, Hold, HoldsBefore, NoSuchHold, Status
from svc_booking.slot.store import slot

hold = Table(
    "hold",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("slot_id", ForeignKey(slot.c.id), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("device", Text),
    Column("is_green", Boolean, nullable=False),
    Column("places", Integer, nullable=False),
    Column("place_class", Text, nullable=False, comment="whose quota it counts against"),
    Column("held_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("ended_at", UtcDateTime),
    Column("partner", Text, comment="bank at which it was asked for"),
)
HELD = hold.c.status == Status.HELD
Index("ix_hold_held", hold.c.slot_id, hold.c.expires_at, postgresql_where=HELD)
Index("ix_hold_due", hold.c.expires_at, postgresql_where=HELD)
Index("ix_hold_person", hold.c.person_id, hold.c.held_at)
Index("ix_hold_device", hold.c.device, hold.c.held_at, postgresql_where=hold.c.device.is_not(None))

MAPPERS.map_imperatively(Hold, hold)


class HoldStore:
    """Holds inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, held: Hold) -> None:
        """Keep a new hold."""
        self._session.add(held)

    async def lock(self, hold_id: UUID) -> Hold:
        """Return a hold, locked. Raises NoSuchHold."""
        found = await self._session.get(Hold, hold_id, with_for_update=True, populate_existing=True)
        if found is None:
            raise NoSuchHold
        return found

    async def before(self, *, person_id: str | None, device: str | None, now: datetime) -> HoldsBefore:
        """Return what a person or a device holds; until the commit nobody else counts for the same."""
        who = hold.c.person_id == person_id if person_id is not None else hold.c.device == device
        key = f"hold/{person_id or ''}/{device or ''}"
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
        alive = HELD & (hold.c.expires_at > now)
        row = (
            await self._session.execute(
                select(
                    func.count().filter(alive),
                    func.min(hold.c.expires_at).filter(alive),
                    func.count(),
                    func.min(hold.c.held_at),
                ).where(who, hold.c.held_at > now - HOUR)
            )
        ).one()
        return HoldsBefore(*row)

    async def due(self, now: datetime, limit: int, slot_id: UUID | None = None) -> Sequence[Hold]:
        """Return holds whose time is over, of a slot or of all; locked, those locked by others left out."""
        statement = select(Hold).where(HELD, hold.c.expires_at <= now)
        if slot_id is not None:
            statement = statement.where(hold.c.slot_id == slot_id)
        found = await self._session.scalars(
            statement.order_by(hold.c.expires_at).limit(limit).with_for_update(skip_locked=True)
        )
        return found.all()


async def one_of_person(session: AsyncSession, hold_id: UUID, person_id: str) -> Hold:
    """Return a person's own hold. Raises NoSuchHold."""
    found = await session.get(Hold, hold_id)
    if found is None or found.person_id != person_id:
        raise NoSuchHold
    return found
