"""What the waitlist commands need from outside."""

from typing import Protocol
from uuid import UUID

from svc_booking.hold.ports import UnitOfWork as HoldWork
from svc_booking.waitlist.domain import WaitlistEntry


class Waitlist(Protocol):
    """Waiting lines inside one transaction."""

    async def join(self, entry: WaitlistEntry) -> None:
        """Keep a new entry. Raises AlreadyWaiting."""
        ...

    async def length(self, slot_id: UUID) -> int:
        """Return how many wait for a slot; nobody joins or leaves it in the meantime."""
        ...

    async def lock(self, entry_id: UUID) -> WaitlistEntry:
        """Return an entry, locked, its hold before it. Raises NoSuchEntry."""
        ...


class UnitOfWork(HoldWork, Protocol):
    """One transaction."""

    @property
    def waitlist(self) -> Waitlist:
        """Return the waiting lines."""
        ...
