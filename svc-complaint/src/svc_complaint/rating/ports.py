"""What ratings need from outside."""

from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_complaint.complaint_case.ports import Cases
from svc_complaint.rating.domain import Rating


class Ratings(Protocol):
    """Ratings inside one transaction."""

    async def invite(self, rating: Rating) -> Rating | None:
        """Keep an invitation; return None when the service has one already."""
        ...

    async def complete(self, service_key: str, *, service_name: str, department: str) -> None:
        """Add what a later event knows of a service to its open invitation."""
        ...

    async def lock(self, rating_id: UUID) -> Rating:
        """Return the rating, locked. Raises NoSuchRating."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def ratings(self) -> Ratings:
        """Return the ratings."""
        ...

    @property
    def cases(self) -> Cases:
        """Return the cases: a bad rating opens one."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
