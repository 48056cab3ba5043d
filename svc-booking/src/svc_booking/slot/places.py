"""Taking and giving places of one slot: each a single statement, the CHECK on `taken` behind it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.slot.domain import CapacityBelowTaken, NoSuchSlot, SlotState
from svc_booking.slot.store import slot

TAKE = text(
    """
UPDATE slot SET taken = taken + :places, used = slot_used(reserved, used, :class, :places)
WHERE id = :slot AND closed_at IS NULL
  AND taken + :places <= capacity - slot_held_back(reserved, used, quota_until, :now, :class)
RETURNING id
"""
)
GIVE = text(
    """
UPDATE slot SET taken = taken - :places, used = slot_used(reserved, used, :class, -:places) WHERE id = :slot
"""
)
SET_CAPACITY = text(
    "UPDATE slot SET capacity = :capacity WHERE id = :slot AND taken <= :capacity RETURNING id"
)


class SlotPlaces:
    """The places of slots inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> bool:
        """Take places; return False when there are not so many for this class, or the slot is closed."""
        row = {"slot": slot_id, "places": places, "class": place_class, "now": now}
        return (await self._session.execute(TAKE, row)).one_or_none() is not None

    async def give(self, slot_id: UUID, places: int, place_class: str) -> None:
        """Give places back."""
        await self._session.execute(GIVE, {"slot": slot_id, "places": places, "class": place_class})

    async def lock(self, slot_ids: Iterable[UUID]) -> None:
        """Lock slots in the one order that everybody keeps, so that nobody waits in a circle."""
        ids = sorted(set(slot_ids))
        await self._session.execute(
            select(slot.c.id).where(slot.c.id.in_(ids)).order_by(slot.c.id).with_for_update(key_share=True)
        )

    async def state(self, slot_id: UUID) -> SlotState:
        """Return how a slot stands. Raises NoSuchSlot."""
        row = (
            await self._session.execute(
                select(
                    slot.c.capacity - slot.c.taken, slot.c.closed_at.is_not(None), slot.c.quota_until
                ).where(slot.c.id == slot_id)
            )
        ).one_or_none()
        if row is None:
            raise NoSuchSlot
        return SlotState(*row)

    async def set_capacity(self, slot_id: UUID, capacity: int) -> None:
        """Change how many places a slot has.

        Raises:
            CapacityBelowTaken: more are taken; the smallest possible number is named.
            NoSuchSlot: there is none.
        """
        row = {"slot": slot_id, "capacity": capacity}
        if (await self._session.execute(SET_CAPACITY, row)).one_or_none() is not None:
            return
        taken = await self._session.scalar(
            select(slot.c.taken).where(slot.c.id == slot_id).with_for_update(key_share=True)
        )
        if taken is None:
            raise NoSuchSlot
        raise CapacityBelowTaken(f"该时段已约 {taken} 人，容量最少为 {taken}", smallest=taken)
