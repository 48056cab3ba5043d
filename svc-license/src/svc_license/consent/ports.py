"""What consents need from outside."""

from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_license.consent.domain import Consent, Read
from svc_license.license.domain import License


class Consents(Protocol):
    """Consents and reads inside one transaction."""

    def add(self, kept: Consent | Read) -> None:
        """Keep a consent or a read."""
        ...

    async def lock(self, consent_id: UUID) -> Consent | None:
        """Return the consent, locked, if there is one."""
        ...

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        ...

    async def license_by_number(self, number: str) -> License:
        """Return the licence with a number. Raises NoSuchLicense."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def consents(self) -> Consents:
        """Return the consents."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: Any = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
