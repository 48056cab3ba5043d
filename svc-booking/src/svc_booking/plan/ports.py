"""What the planning commands need from outside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from svc_booking.calendar.domain import DayException, OpeningHours, SpecialDay
from svc_booking.plan.domain import Effect, Resized
from svc_booking.rule.domain import RuleRow, Scope
from svc_booking.slot.domain import Slot
from svc_booking.work import Work


class Plans(Protocol):
    """Calendars, hours, capacities and rules inside one transaction."""

    async def set_day(self, city: str, day: SpecialDay) -> None:
        """Write a day of a city's calendar."""
        ...

    async def unset_day(self, city: str, day: date) -> None:
        """Take a local day back. Raises NoSuchSpecialDay."""
        ...

    async def set_exception(self, point: str, exception: DayException, by: str, now: datetime) -> None:
        """Write a point's exception. Raises NoSuchPoint."""
        ...

    async def unset_exception(self, point: str, day: date) -> None:
        """Take an exception back. Raises NoSuchException."""
        ...

    async def set_hours(self, point: str, hours: OpeningHours, by: str) -> None:
        """Write a point's weekly hours. Raises NoSuchPoint."""
        ...

    async def resize_group(self, point: str, group: str, capacity: int, by: str, now: datetime) -> Resized:
        """Change the capacity of a group's slots ahead, none below what is taken. Raises NoSuchPoint."""
        ...

    async def put_rule(self, scope: Scope, values: dict[str, Any], by: str, now: datetime) -> RuleRow:
        """Write a layer of rules."""
        ...

    async def drop_rule(self, rule_id: UUID) -> RuleRow:
        """Delete a layer of rules. Raises NoSuchRule."""
        ...

    async def follow(self, point: str, now: datetime) -> Effect:
        """Let a point's slots follow now."""
        ...

    async def follow_later(self, city: str = "", point: str | None = None) -> None:
        """Let the slots of a city's points, or of one, follow with the worker's next duty."""
        ...

    async def raised(self, point: str, group: str, now: datetime) -> Sequence[UUID]:
        """Return a group's slots ahead that have free places and people who wait."""
        ...


class Places(Protocol):
    """Places of slots."""

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        ...

    async def resize(self, slot_id: UUID, capacity: int, now: datetime) -> None:
        """Change how many places a slot has. Raises CapacityBelowTaken."""
        ...

    async def offer(self, slot_id: UUID, now: datetime) -> None:
        """Offer a slot's free places to those who wait."""
        ...

    async def lock(self, slot_ids: Sequence[UUID]) -> None:
        """Lock slots in the one order that everybody keeps."""
        ...


class UnitOfWork(Work, Protocol):
    """One transaction."""

    @property
    def plans(self) -> Plans:
        """Return calendars, hours, capacities and rules."""
        ...

    @property
    def places(self) -> Places:
        """Return the places of slots."""
        ...
