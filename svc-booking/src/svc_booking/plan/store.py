"""Writes what staff plan and lets slots follow."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.calendar import store as calendars
from svc_booking.calendar.domain import DayException, OpeningHours, SpecialDay
from svc_booking.plan.domain import Effect, Resized
from svc_booking.rule import store as rules
from svc_booking.rule.domain import RuleRow, Scope
from svc_booking.slot import store as slots
from svc_booking.slot.generation import adapt_slots
from svc_booking.slot.store import slot
from svc_booking.waitlist.store import WAITING, waitlist_entry


class PlanStore:
    """Calendars, hours, capacities and rules inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def set_day(self, city: str, day: SpecialDay) -> None:
        """Write a day of a city's calendar."""
        await calendars.set_day(self._session, city, day)

    async def unset_day(self, city: str, day: date) -> None:
        """Take a local day back. Raises NoSuchSpecialDay."""
        await calendars.unset_day(self._session, city, day)

    async def set_exception(self, point: str, exception: DayException, by: str, now: datetime) -> None:
        """Write a point's exception. Raises NoSuchPoint."""
        await slots.one_point(self._session, point, lock=True)
        await calendars.set_exception(self._session, point, exception, by=by, now=now)

    async def unset_exception(self, point: str, day: date) -> None:
        """Take an exception back. Raises NoSuchException."""
        await calendars.unset_exception(self._session, point, day)

    async def set_hours(self, point: str, hours: OpeningHours, by: str) -> None:
        """Write a point's weekly hours. Raises NoSuchPoint."""
        await slots.one_point(self._session, point, lock=True)
        await slots.set_hours(self._session, point, hours, by=by)

    async def resize_group(self, point: str, group: str, capacity: int, by: str, now: datetime) -> Resized:
        """Change the capacity of a group's slots ahead, none below what is taken. Raises NoSuchPoint."""
        await slots.set_group_capacity(self._session, point, group, capacity, by=by)
        ahead = (slot.c.service_point == point, slot.c.group_code == group, slot.c.starts_at > now)
        await self._session.execute(
            select(slot.c.id).where(*ahead).order_by(slot.c.id).with_for_update(key_share=True)
        )
        rows = await self._session.execute(
            update(slot)
            .where(*ahead)
            .values(capacity=func.greatest(slot.c.taken, capacity))
            .returning(slot.c.id, slot.c.capacity)
        )
        found = rows.all()
        above = tuple(sorted(slot_id for slot_id, now_has in found if now_has > capacity))
        return Resized(len(found) - len(above), above)

    async def put_rule(self, scope: Scope, values: dict[str, Any], by: str, now: datetime) -> RuleRow:
        """Write a layer of rules."""
        return await rules.put_rule(self._session, scope, values, by=by, now=now)

    async def drop_rule(self, rule_id: UUID) -> RuleRow:
        """Delete a layer of rules. Raises NoSuchRule."""
        return await rules.drop_rule(self._session, rule_id)

    async def follow(self, point: str, now: datetime) -> Effect:
        """Let a point's slots follow now."""
        await slots.mark_stale(self._session, point=point)
        adapted = await adapt_slots(self._session, point, now)
        return Effect(adapted.made, adapted.opened, adapted.closed, tuple(adapted.flagged))

    async def follow_later(self, city: str = "", point: str | None = None) -> None:
        """Let the slots of a city's points, or of one, follow with the worker's next duty."""
        await slots.mark_stale(self._session, city=city, point=point)

    async def raised(self, point: str, group: str, now: datetime) -> Sequence[UUID]:
        """Return a group's slots ahead that have free places and people who wait."""
        waited_for = exists().where(waitlist_entry.c.slot_id == slot.c.id, WAITING)
        found = await self._session.scalars(
            select(slot.c.id)
            .where(
                slot.c.service_point == point,
                slot.c.group_code == group,
                slot.c.starts_at > now,
                slot.c.taken < slot.c.capacity,
                waited_for,
            )
            .order_by(slot.c.id)
        )
        return found.all()
