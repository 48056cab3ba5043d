"""Hold a place, let it go."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import CITY_ZONE, Clock
from svc_booking.hold.domain import Hold, NoSuchHold
from svc_booking.hold.ports import UnitOfWork
from svc_booking.slot.domain import Slot, SlotState, refusal

# Returns the nearest free places as they stand in a problem body.
Alternatives = Callable[[Slot, int], Awaitable[list[dict[str, object]]]]


@dataclass(frozen=True)
class HoldPlaces:
    """Hold places of a slot for a person for as long as the rule says."""

    slot_id: UUID
    person_id: str
    channel: str
    device: str | None
    places: int = 1
    is_green: bool = False
    partner: str | None = None


async def hold_places(cmd: HoldPlaces, *, uow: UnitOfWork, clock: Clock, alternatives: Alternatives) -> Hold:
    """Hold places; they count as taken until the hold is confirmed, released or runs out.

    Raises:
        NoSuchSlot, BookingClosed, NotOpenYet, PartyTooLarge: see there.
        NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit, TooManyHolds: see there.
        SlotFull, QuotaFull: with the nearest free places as `alternatives`.
    """
    now = clock.now()
    async with uow:
        slot = await uow.places.slot(cmd.slot_id)
        terms = await uow.places.terms(slot, now)
        rule = terms.rule
        terms.check_time(slot.starts_at, now)
        terms.check_party(cmd.places)
        day = slot.starts_at.astimezone(CITY_ZONE).date()
        standing = await uow.standings.of(cmd.person_id, slot.group, day, rule, now)
        standing.check(rule, slot.starts_at, now)
        (await uow.holds.before(person_id=cmd.person_id, device=None, now=now)).check(rule, rule.holds)
        if cmd.device is not None:
            of_device = await uow.holds.before(person_id=None, device=cmd.device, now=now)
            of_device.check(rule, rule.holds_a_device)
        held = Hold.of(
            slot,
            person_id=cmd.person_id,
            channel=cmd.channel,
            device=cmd.device,
            is_green=cmd.is_green,
            places=cmd.places,
            now=now,
            expires_at=min(now + rule.hold_for, slot.starts_at - rule.closes_before),
            partner=cmd.partner,
        )
        missing = await take_places(uow, slot.id, cmd.places, held.place_class, now)
        if missing is None:
            uow.holds.add(held)
            await uow.commit(answer=held)
            return held
    # Outside the transaction: who asks for more while it holds a connection may wait for itself.
    raise refusal(missing, cmd.places, now, await alternatives(slot, cmd.places))


async def take_places(
    uow: UnitOfWork, slot_id: UUID, places: int, place_class: str, now: datetime
) -> SlotState | None:
    """Take places of a slot, from holds that ran out if need be; return how it stands if there are none."""
    if await uow.places.take(slot_id, places, place_class, now):
        return None
    expired = await uow.places.expire_holds(slot_id, now)
    if expired and await uow.places.take(slot_id, places, place_class, now):
        return None
    return await uow.places.state(slot_id)


@dataclass(frozen=True)
class ReleaseHold:
    """Let a held place go."""

    hold_id: UUID
    person_id: str


async def release_hold(cmd: ReleaseHold, *, uow: UnitOfWork, clock: Clock) -> Hold:
    """Give a held place back before its time.

    Raises:
        NoSuchHold: the person holds no such place.
        IllegalMove: it was confirmed, released or ran out.
    """
    now = clock.now()
    async with uow:
        held = await uow.holds.lock(cmd.hold_id)
        if held.person_id != cmd.person_id:
            raise NoSuchHold
        held.release(now)
        await uow.places.give_back(held.slot_id, held.places, held.place_class, now)
        await uow.commit()
    return held
