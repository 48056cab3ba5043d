"""Change calendars, hours, capacity and rules; each is noted with who did it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from lib_kernel import Clock
from svc_booking.calendar.domain import DayException, OpeningHours, Source, SpecialDay, SpecialKind
from svc_booking.plan.domain import Effect, Resized
from svc_booking.plan.ports import UnitOfWork
from svc_booking.rule.domain import RuleRow, Scope
from svc_booking.slot.domain import Slot, check_capacity


@dataclass(frozen=True)
class SetSpecialDay:
    """Enter a day into a city's calendar, above what the state arranged."""

    city: str
    day: date
    kind: SpecialKind
    name: str
    by: str


async def set_special_day(cmd: SetSpecialDay, *, uow: UnitOfWork, clock: Clock) -> SpecialDay:
    """Write the day; slots of all points follow with the worker's next duty."""
    special = SpecialDay(cmd.day, cmd.kind, cmd.name, Source.LOCAL)
    async with uow:
        await uow.plans.set_day(cmd.city, special)
        await uow.plans.follow_later(cmd.city)
        facts = {"day": cmd.day.isoformat(), "kind": cmd.kind.value}
        await uow.audit.note(cmd.by, "calendar.set", cmd.city, clock.now(), facts)
        await uow.commit()
    return special


async def unset_special_day(city: str, day: date, *, by: str, uow: UnitOfWork, clock: Clock) -> None:
    """Take a local day back; what the state arranged holds again. Raises NoSuchSpecialDay."""
    async with uow:
        await uow.plans.unset_day(city, day)
        await uow.plans.follow_later(city)
        await uow.audit.note(by, "calendar.unset", city, clock.now(), {"day": day.isoformat()})
        await uow.commit()


async def set_exception(
    point: str, exception: DayException, *, by: str, uow: UnitOfWork, clock: Clock
) -> Effect:
    """Write a point's exception and let its slots follow at once. Raises NoSuchPoint."""
    now = clock.now()
    async with uow:
        await uow.plans.set_exception(point, exception, by, now)
        effect = await uow.plans.follow(point, now)
        facts = {"day": exception.day.isoformat(), "kind": exception.kind.value}
        await uow.audit.note(by, "exception.set", point, now, facts)
        await uow.commit()
    return effect


async def unset_exception(point: str, day: date, *, by: str, uow: UnitOfWork, clock: Clock) -> Effect:
    """Take a point's exception back and let its slots follow. Raises NoSuchException, NoSuchPoint."""
    now = clock.now()
    async with uow:
        await uow.plans.unset_exception(point, day)
        effect = await uow.plans.follow(point, now)
        await uow.audit.note(by, "exception.unset", point, now, {"day": day.isoformat()})
        await uow.commit()
    return effect


async def set_hours(point: str, hours: OpeningHours, *, by: str, uow: UnitOfWork, clock: Clock) -> Effect:
    """Write a point's weekly hours and let its slots follow. Raises NoSuchPoint."""
    now = clock.now()
    async with uow:
        await uow.plans.set_hours(point, hours, by)
        effect = await uow.plans.follow(point, now)
        await uow.audit.note(by, "hours.set", point, now)
        await uow.commit()
    return effect


@dataclass(frozen=True)
class ResizeSlot:
    """Change how many places one slot has, live."""

    slot_id: UUID
    capacity: int
    by: str


async def resize_slot(cmd: ResizeSlot, slot: Slot, *, uow: UnitOfWork, clock: Clock) -> Slot:
    """Change a slot's capacity; new places go to who waits.

    Raises:
        CapacityBelowTaken: more places are taken; the smallest possible number is named.
        BadCapacity: see there.
    """
    check_capacity(cmd.capacity)
    now = clock.now()
    async with uow:
        # The point before its slots, as the worker's duty locks them.
        await uow.plans.follow_later(point=slot.service_point)
        await uow.places.resize(cmd.slot_id, cmd.capacity, now)
        facts = {"capacity": str(cmd.capacity)}
        await uow.audit.note(cmd.by, "slot.resize", str(cmd.slot_id), now, facts)
        await uow.commit()
    return slot


@dataclass(frozen=True)
class ResizeGroup:
    """Change how many places the slots of a group have from now on."""

    point: str
    group: str
    capacity: int
    by: str


async def resize_group(cmd: ResizeGroup, *, uow: UnitOfWork, clock: Clock) -> Resized:
    """Change the capacity of new slots and of those ahead; where more are taken, that many stay.

    Raises:
        NoSuchPoint, BadCapacity: see there.
    """
    check_capacity(cmd.capacity)
    now = clock.now()
    async with uow:
        await uow.plans.follow_later(point=cmd.point)
        resized = await uow.plans.resize_group(cmd.point, cmd.group, cmd.capacity, cmd.by, now)
        for slot_id in await uow.plans.raised(cmd.point, cmd.group, now):
            await uow.places.offer(slot_id, now)
        facts = {"group": cmd.group, "capacity": str(cmd.capacity)}
        await uow.audit.note(cmd.by, "group.resize", cmd.point, now, facts)
        await uow.commit()
    return resized


@dataclass(frozen=True)
class PutRule:
    """Write a layer of rules in place of the one of the same scope."""

    scope: Scope
    values: dict[str, Any]
    by: str


async def put_rule(cmd: PutRule, *, uow: UnitOfWork, clock: Clock) -> RuleRow:
    """Write a layer; quotas of slots ahead follow with the worker's next duty."""
    now = clock.now()
    async with uow:
        row = await uow.plans.put_rule(cmd.scope, cmd.values, cmd.by, now)
        await uow.plans.follow_later(cmd.scope.city, cmd.scope.service_point)
        await uow.audit.note(cmd.by, "rule.put", str(row.id), now, _scope(cmd.scope))
        await uow.commit()
    return row


async def drop_rule(rule_id: UUID, *, by: str, uow: UnitOfWork, clock: Clock) -> None:
    """Delete a layer; what is farther away holds again. Raises NoSuchRule."""
    async with uow:
        scope = (await uow.plans.drop_rule(rule_id)).layer.scope
        await uow.plans.follow_later(scope.city, scope.service_point)
        await uow.audit.note(by, "rule.drop", str(rule_id), clock.now(), _scope(scope))
        await uow.commit()


def _scope(scope: Scope) -> dict[str, str]:
    return {name: value for name, value in vars(scope).items() if value is not None}
