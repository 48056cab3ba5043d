"""What consents need from outside."""

from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from svc_license.consent.domain import Consent, Ground
from svc_license.license.domain import License
from svc_license.usage.ports import UnitOfWork as UsageWork


class Consents(Protocol):
    """Consents inside one transaction."""

    def add(self, kept: Consent) -> None:
        """Keep a consent."""
        ...

    async def lock(self, consent_id: UUID) -> Consent | None:
        """Return the consent, locked, if there is one."""
        ...

    async def ground(self, code: str) -> Ground | None:
        """Return a legal ground, if there is one."""
        ...

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        ...

    async def license_by_number(self, number: str) -> License:
        """Return the licence with a number. Raises NoSuchLicense."""
        ...

    async def licenses_of_holder(self, holder_index: str, types: list[str]) -> list[License]:
        """Return the licences in force of whoever has a number."""
        ...


class UnitOfWork(UsageWork, Protocol):
    """One transaction."""

    @property
    def consents(self) -> Consents:
        """Return the consents."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: Any = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
