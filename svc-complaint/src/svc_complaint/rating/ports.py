"""What ratings need from outside."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_complaint.complaint_case.ports import UnitOfWork as CaseUnitOfWork
from svc_complaint.rating.domain import Rating


class Ratings(Protocol):
    """Ratings inside one transaction."""

    async def invite(self, rating: Rating) -> Rating | None:
        """Keep an invitation; return None when the service has one already."""
        ...

    async def complete(self, service_key: str, **facts: str | None) -> None:
        """Add what a later event knows of a service to its open invitation."""
        ...

    async def lock(self, rating_id: UUID) -> Rating:
        """Return the rating, locked. Raises NoSuchRating."""
        ...

    async def lately(self, rating: Rating, now: datetime) -> tuple[int, int]:
        """Return how many ratings the person gave in a day, and the window got in ten minutes."""
        ...

    async def tags(self) -> Mapping[int, Collection[str]]:
        """Return the tags in force by level."""
        ...


class UnitOfWork(CaseUnitOfWork, Protocol):
    """One transaction over ratings and cases: a bad rating opens one."""

    @property
    def ratings(self) -> Ratings:
        """Return the ratings."""
        ...
