"""Places with everybody who wants them: what comes back is offered to those who wait, before anyone else."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from lib_contracts import Outbox
from lib_contracts.booking import WaitlistLapsed, WaitlistOffered
from svc_booking.hold.domain import Hold
from svc_booking.hold.store import HoldStore
from svc_booking.rule.domain import Terms
from svc_booking.slot import store as slots
from svc_booking.slot.domain import Slot
from svc_booking.slot.places import SlotPlaces
from svc_booking.waitlist.domain import WaitlistEntry
from svc_booking.waitlist.store import WaitlistStore

EXPIRED_AT_ONCE = 200


class Places(SlotPlaces):
    """The places of slots inside one transaction, with holds and waiting lines."""

    def __init__(
        self, session: AsyncSession, outbox: Outbox, holds: HoldStore, waitlist: WaitlistStore
    ) -> None:
        super().__init__(session)
        self._outbox = outbox
        self._holds = holds
        self._waitlist = waitlist

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        return await slots.one_slot(self._session, slot_id)

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        """Return rule and calendar of the slot's group at its point."""
        return await slots.terms_of(self._session, slot.service_point, slot.group, now)

    async def give_back(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> None:
        """Give places back; who waits for them gets an offer in the same transaction."""
        await self.give(slot_id, places, place_class)
        await self.offer(slot_id, now)

    async def resize(self, slot_id: UUID, capacity: int, now: datetime) -> None:
        """Change how many places a slot has; new ones are offered to who waits. Raises CapacityBelowTaken."""
        await self.set_capacity(slot_id, capacity)
        await self.offer(slot_id, now)

    async def offer(self, slot_id: UUID, now: datetime) -> None:
        """Offer a slot's free places to those who wait, in order; who needs more is passed over.

        The slot's row is locked by the change that set places free, so nobody gets in between.
        """
        waiting = await self._waitlist.in_line(slot_id)
        if not waiting:
            return
        slot = await self.slot(slot_id)
        rule = (await self.terms(slot, now)).rule
        until = min(now + rule.accept_within, slot.starts_at - rule.closes_before)
        if until <= now:
            return
        for entry in waiting:
            if await self.take(slot_id, entry.places, entry.place_class, now):
                held = _held(entry, slot, now, until)
                self._holds.add(held)
                # The entry names the hold, so the hold must be written first.
                await self._session.flush()
                entry.offer(held)
                self._outbox.add(WaitlistOffered(**_facts(entry, slot), hold_id=held.id, offered_until=until))

    async def expire_holds(self, slot_id: UUID | None, now: datetime) -> int:
        """Let holds expire whose time is over, of one slot or of all; return how many.

        An offer that was not taken goes to the next in line.
        """
        due = await self._holds.due(now, EXPIRED_AT_ONCE, slot_id)
        if not due:
            return 0
        await self.lock(held.slot_id for held in due)
        for entry in await self._waitlist.of_holds([held.id for held in due]):
            entry.lapse()
            self._outbox.add(WaitlistLapsed(**_facts(entry, await self.slot(entry.slot_id))))
        for held in due:
            held.expire(now)
        await self._session.flush()
        for held in due:
            await self.give(held.slot_id, held.places, held.place_class)
        for freed in sorted({held.slot_id for held in due}):
            await self.offer(freed, now)
        return len(due)

    async def close_lines(self, now: datetime) -> int:
        """Let entries lapse whose slot has begun; return how many."""
        late = await self._waitlist.too_late(now, EXPIRED_AT_ONCE)
        for entry in late:
            entry.lapse()
            self._outbox.add(WaitlistLapsed(**_facts(entry, await self.slot(entry.slot_id))))
        return len(late)


def _held(entry: WaitlistEntry, slot: Slot, now: datetime, until: datetime) -> Hold:
    return Hold.of(
        slot,
        person_id=entry.person_id,
        channel=entry.channel,
        device=None,
        is_green=entry.is_green,
        places=entry.places,
        now=now,
        expires_at=until,
        partner=entry.partner,
    )


def _facts(entry: WaitlistEntry, slot: Slot) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "person_id": entry.person_id,
        "slot_id": slot.id,
        "service_point": slot.service_point,
        "service_point_name": slot.service_point_name,
        "group": slot.group,
        "starts_at": slot.starts_at,
        "places": entry.places,
        "partner": entry.partner,
    }
