"""What delegations need from outside."""

from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from svc_license.delegation.domain import Delegation
from svc_license.license.domain import License
from svc_license.usage.ports import UnitOfWork as UsageWork


class Delegations(Protocol):
    """Delegations inside one transaction."""

    def add(self, delegation: Delegation) -> None:
        """Keep a delegation."""
        ...

    async def lock(self, delegation_id: UUID) -> Delegation:
        """Return the delegation, locked. Raises NoSuchDelegation."""
        ...

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        ...

    async def license(self, license_id: UUID) -> License:
        """Return a licence. Raises NoSuchLicense."""
        ...


class UnitOfWork(UsageWork, Protocol):
    """One transaction."""

    @property
    def delegations(self) -> Delegations:
        """Return the delegations."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: Any = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
