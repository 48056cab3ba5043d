"""Makes slots ahead and lets those that exist follow calendar, hours and rules."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import CITY_ZONE, new_id
from svc_booking.calendar.domain import PointCalendar
from svc_booking.calendar.store import seed_year
from svc_booking.rule.domain import BookingRule
from svc_booking.rule.store import rule_for
from svc_booking.slot.store import PointRow, calendar_of, mark_stale, one_point, service_point, slot

GENERATED_AHEAD = timedelta(days=12)  # Covers the longest holiday and the booking window after it.
AT_ONCE = 2000

# The slots are locked before this runs (`_lock_ahead`): it sees every booking that was committed.
CHANGE_QUOTAS = text(
    """
UPDATE slot SET reserved = CAST(:reserved AS jsonb), quota_until = :until, used = coalesce((
    SELECT jsonb_object_agg(counted.class, counted.places) FROM (
        SELECT CASE WHEN CAST(:reserved AS jsonb) ? place_class THEN place_class ELSE '' END AS class,
               sum(places) AS places
        FROM (SELECT place_class, party_size AS places FROM appointment
              WHERE slot_id = :slot AND status <> 'cancelled'
              UNION ALL
              SELECT place_class, places FROM hold WHERE slot_id = :slot AND status = 'held') AS taken
        GROUP BY 1) AS counted), '{}')
WHERE id = :slot
"""
)


@dataclass
class Adapted:
    """What following a change did: slots made, opened again, closed; `flagged` are closed with bookings."""

    made: int = 0
    opened: int = 0
    closed: int = 0
    flagged: list[UUID] = field(default_factory=list)

    @property
    def touched(self) -> int:
        """Return how many slots differ from before."""
        return self.made + self.opened + self.closed


@dataclass(frozen=True)
class _Known:
    id: UUID
    starts_at: datetime
    taken: int
    is_closed: bool
    is_extended: bool
    reserved: Mapping[str, int] | None
    quota_until: datetime | None
    capacity: int


async def seed_calendar(session: AsyncSession, city: str, now: datetime) -> None:
    """See to it that a city's calendar has this year and the next; slots follow what changed."""
    year = now.astimezone(CITY_ZONE).year
    # One after the other: a change of either year must reach the slots.
    changed = [await seed_year(session, city, wanted) for wanted in (year, year + 1)]
    if any(changed):
        await mark_stale(session, city=city)


async def adapt_slots(session: AsyncSession, code: str, now: datetime) -> Adapted:
    """Make a point's slots up to the horizon and let those ahead follow calendar, hours and rules.

    The point's row is locked, so that two workers do not make the same. Slots that should not be any more
    are closed: nobody books them; those with bookings stay for these and are flagged.
    """
    point = await one_point(session, code, lock=True)
    today = now.astimezone(CITY_ZONE).date()
    last = today + GENERATED_AHEAD
    end = datetime.combine(last + timedelta(days=1), time(0), CITY_ZONE)
    if point.slots_until is not None and point.slots_until >= end:
        return Adapted()
    first = today if point.slots_until is None else point.slots_until.astimezone(CITY_ZONE).date()
    if point.slots_until is None:
        await _lock_ahead(session, code, now)
    calendar = await calendar_of(session, point, first, last)
    adapted = Adapted()
    for group, capacity in point.capacities.items():
        rule = await rule_for(session, point.city, point.kind, code, group)
        group_slots = _GroupSlots(session, point, group, capacity, rule, now)
        await group_slots.follow(calendar, first, last, adapted)
    await session.execute(update(service_point).where(service_point.c.code == code).values(slots_until=end))
    return adapted


async def _lock_ahead(session: AsyncSession, code: str, now: datetime) -> None:
    """Lock a point's slots ahead in the one order that everybody keeps, so that nobody waits in a circle."""
    ahead = (slot.c.service_point == code, slot.c.starts_at > now)
    await session.execute(select(slot.c.id).where(*ahead).order_by(slot.c.id).with_for_update(key_share=True))


@dataclass(frozen=True)
class _GroupSlots:
    """The slots of one business group while they follow a change."""

    session: AsyncSession
    point: PointRow
    group: str
    capacity: int
    rule: BookingRule
    now: datetime

    async def follow(self, calendar: PointCalendar, first: date, last: date, adapted: Adapted) -> None:
        """Make, open, close and change quotas as calendar and rule want it."""
        wanted = {
            found.starts_at: found.is_extended
            for day in _days(first, last)
            for found in calendar.slot_times(day)
        }
        known = await self._known(first, last)
        adapted.made += await self._make({at: wanted[at] for at in wanted if at not in known})
        ahead = [found for found in known.values() if found.starts_at > self.now]
        for found in ahead:
            await self._open_or_close(found, wanted, adapted)
        await self._change_quotas([found for found in ahead if found.starts_at in wanted])

    async def _known(self, first: date, last: date) -> dict[datetime, _Known]:
        start = datetime.combine(first, time(0), CITY_ZONE)
        rows = await self.session.execute(
            select(
                slot.c.id,
                slot.c.starts_at,
                slot.c.taken,
                slot.c.closed_at.is_not(None),
                slot.c.is_extended,
                slot.c.reserved,
                slot.c.quota_until,
                slot.c.capacity,
            ).where(
                slot.c.service_point == self.point.code,
                slot.c.group_code == self.group,
                slot.c.starts_at >= start,
                slot.c.starts_at < start + (last - first + timedelta(days=1)),
            )
        )
        return {row.starts_at: _Known(*row) for row in rows}

    async def _make(self, starts: Mapping[datetime, bool]) -> int:
        rows = [self._new(at, is_extended) for at, is_extended in starts.items()]
        made = 0
        for begin in range(0, len(rows), AT_ONCE):
            batch = insert(slot).values(rows[begin : begin + AT_ONCE]).on_conflict_do_nothing()
            made += len((await self.session.execute(batch.returning(slot.c.id))).all())
        return made

    def _new(self, starts_at: datetime, is_extended: bool) -> dict[str, Any]:
        reserved = self.rule.reserved(self.capacity) or None
        return {
            "id": new_id(),
            "service_point": self.point.code,
            "group_code": self.group,
            "starts_at": starts_at,
            "capacity": self.capacity,
            "is_extended": is_extended,
            "reserved": reserved,
            "quota_until": starts_at - self.rule.release_before if reserved else None,
        }

    async def _open_or_close(self, known: _Known, wanted: Mapping[datetime, bool], adapted: Adapted) -> None:
        is_wanted = known.starts_at in wanted
        changes: dict[str, Any] = {}
        if is_wanted and known.is_closed:
            changes["closed_at"] = None
            adapted.opened += 1
        elif not is_wanted and not known.is_closed:
            changes["closed_at"] = self.now
            adapted.closed += 1
        if is_wanted and known.is_extended != wanted[known.starts_at]:
            changes["is_extended"] = wanted[known.starts_at]
        if not changes:
            return
        taken = await self.session.scalar(
            update(slot).where(slot.c.id == known.id).values(**changes).returning(slot.c.taken)
        )
        if changes.get("closed_at") and taken:
            adapted.flagged.append(known.id)

    async def _change_quotas(self, known: list[_Known]) -> None:
        changed: list[dict[str, Any]] = []
        for found in known:
            reserved = self.rule.reserved(found.capacity) or None
            until = found.starts_at - self.rule.release_before if reserved else None
            if (found.reserved, found.quota_until) != (reserved, until):
                changed.append({"slot": found.id, "reserved": _json(reserved), "until": until})
        for row in changed:
            await self.session.execute(CHANGE_QUOTAS, row)


def _json(reserved: Mapping[str, int] | None) -> str | None:
    return json.dumps(reserved) if reserved else None


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
