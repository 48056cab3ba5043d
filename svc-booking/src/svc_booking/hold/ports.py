"""What the hold commands need from outside."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from svc_booking.hold.domain import Hold, HoldsBefore
from svc_booking.rule.domain import BookingRule, Standing, Terms
from svc_booking.slot.domain import Slot, SlotState
from svc_booking.work import Work


class Places(Protocol):
    """Places of slots inside one transaction."""

    async def lock(self, slot_ids: Iterable[UUID]) -> None:
        """Lock slots in the one order that everybody keeps."""
        ...

    async def take(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> bool:
        """Take places; return False when there are not so many for this class."""
        ...

    async def give_back(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> None:
        """Give places back; who waits for them gets an offer in the same transaction."""
        ...

    async def state(self, slot_id: UUID) -> SlotState:
        """Return how a slot stands. Raises NoSuchSlot."""
        ...

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        ...

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        """Return rule and calendar of the slot's group at its point."""
        ...

    async def expire_holds(self, slot_id: UUID, now: datetime) -> int:
        """Let the slot's holds expire whose time is over; return how many."""
        ...


class Standings(Protocol):
    """What is known of a person when they book."""

    async def of(self, person_id: str, group: str, day: date, rule: BookingRule, now: datetime) -> Standing:
        """Return a person's standing for a booking on a day."""
        ...


class Holds(Protocol):
    """Holds inside one transaction."""

    def add(self, hold: Hold) -> None:
        """Keep a new hold."""
        ...

    async def lock(self, hold_id: UUID) -> Hold:
        """Return a hold, locked. Raises NoSuchHold."""
        ...

    async def before(self, *, person_id: str | None, device: str | None, now: datetime) -> HoldsBefore:
        """Return what a person or a device holds; until the commit nobody else counts for the same."""
        ...


class UnitOfWork(Work, Protocol):
    """One transaction."""

    @property
    def places(self) -> Places:
        """Return the places of slots."""
        ...

    @property
    def holds(self) -> Holds:
        """Return the holds."""
        ...

    @property
    def standings(self) -> Standings:
        """Return what is known of persons."""
        ...
