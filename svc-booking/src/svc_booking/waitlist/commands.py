"""Join a slot's waiting line, leave it."""

from dataclasses import dataclass
from uuid import UUID

from lib_kernel import CITY_ZONE, Clock
from svc_booking.hold.domain import Status as HoldStatus
from svc_booking.waitlist.domain import NoSuchEntry, PlacesFree, WaitlistEntry, WaitlistFull
from svc_booking.waitlist.ports import UnitOfWork


@dataclass(frozen=True)
class JoinWaitlist:
    """Wait for places in a full slot."""

    slot_id: UUID
    person_id: str
    channel: str
    places: int = 1
    is_green: bool = False
    partner: str | None = None


async def join_waitlist(cmd: JoinWaitlist, *, uow: UnitOfWork, clock: Clock) -> WaitlistEntry:
    """Put a person at the end of a slot's line.

    Raises:
        NoSuchSlot, BookingClosed, NotOpenYet, PartyTooLarge: see there.
        NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
        PlacesFree: the slot has places. AlreadyWaiting, WaitlistFull: see there.
    """
    now = clock.now()
    async with uow:
        slot = await uow.places.slot(cmd.slot_id)
        terms = await uow.places.terms(slot, now)
        terms.check_time(slot.starts_at, now)
        terms.check_party(cmd.places)
        day = slot.starts_at.astimezone(CITY_ZONE).date()
        standing = await uow.standings.of(cmd.person_id, slot.group, day, terms.rule, now)
        standing.check(terms.rule, slot.starts_at, now)
        # With the slot locked no place comes back between the look and the entry.
        await uow.places.lock([slot.id])
        entry = WaitlistEntry.join(
            slot,
            person_id=cmd.person_id,
            channel=cmd.channel,
            is_green=cmd.is_green,
            places=cmd.places,
            now=now,
            partner=cmd.partner,
        )
        if await uow.places.take(slot.id, entry.places, entry.place_class, now):
            raise PlacesFree
        if await uow.waitlist.length(slot.id) >= terms.rule.waitlist_size:
            raise WaitlistFull(
                f"候补最多 {terms.rule.waitlist_size} 人",
                rule="waitlist_size",
                most=terms.rule.waitlist_size,
                possible_at=None,
            )
        await uow.waitlist.join(entry)
        await uow.commit(answer=entry)
    return entry


@dataclass(frozen=True)
class LeaveWaitlist:
    """Wait no longer, or decline an offer."""

    entry_id: UUID
    person_id: str


async def leave_waitlist(cmd: LeaveWaitlist, *, uow: UnitOfWork, clock: Clock) -> WaitlistEntry:
    """Leave the line; offered places go to the next.

    Raises:
        NoSuchEntry: the person has no such entry.
        IllegalMove: it is over.
    """
    now = clock.now()
    async with uow:
        entry = await uow.waitlist.lock(cmd.entry_id)
        if entry.person_id != cmd.person_id:
            raise NoSuchEntry
        entry.cancel()
        if entry.hold_id is not None:
            held = await uow.holds.lock(entry.hold_id)
            if held.status is HoldStatus.HELD:
                held.release(now)
                await uow.places.give_back(held.slot_id, held.places, held.place_class, now)
        await uow.commit()
    return entry
