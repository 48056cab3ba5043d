"""What the commands of the rules need from outside."""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from svc_booking.hall_policy.domain import HallPolicy


class Audit(Protocol):
    """The audit trail inside one transaction."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record; note last, just before the commit."""
        ...


class Policies(Protocol):
    """The rules inside one transaction."""

    async def of(self, service_point: str) -> HallPolicy:
        """Return the rules of a point, the city's where it has none of its own."""
        ...

    async def put(self, service_point: str, policy: HallPolicy) -> None:
        """Replace the rules of a point. Raises NoSuchPoint."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def policies(self) -> Policies:
        """Return the rules."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done."""
        ...
