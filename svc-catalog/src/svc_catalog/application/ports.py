"""What the commands on applications need from outside."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_catalog.application.domain import Application
from svc_catalog.application.materials import Holding
from svc_catalog.application.plan import CasePlan
from svc_catalog.delivery.domain import Delivery


class FieldCipher(Protocol):
    """Encrypts what applicants write about themselves."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...


class WalletAway(Exception):
    """The wallet service does not answer; what it would prove is not proven."""


class WalletService(Protocol):
    """svc-license, as far as it proves materials."""

    async def holdings(self, person_id: str, types: Iterable[str]) -> list[Holding]:
        """Return the valid licences of these types. Raises WalletAway."""
        ...


class Applications(Protocol):
    """Applications inside one transaction."""

    def add(self, application: Application) -> None:
        """Keep a new application."""
        ...

    async def lock(self, application_id: UUID) -> Application:
        """Return the application with its tasks, locked. Raises NoSuchApplication."""
        ...

    async def next_count(self) -> int:
        """Return a number for a case; it is unique within a day and may leave gaps."""
        ...

    async def plan(self, code: str) -> CasePlan:
        """Return the plan of a published item. Raises NoSuchItem."""
        ...

    async def bundle_plan(self, code: str, answers: Mapping[str, Any]) -> CasePlan:
        """Return the plan that answers make of a bundle. Raises as `svc_catalog.bundle.store.planned`."""
        ...

    async def check_offered(self, plan: CasePlan, channel: str) -> None:
        """Raise ItemNotOnChannel unless the channel offers every item of the plan."""
        ...


class Attachments(Protocol):
    """Attachments inside one transaction."""

    async def use(self, ids: Iterable[UUID], person_id: str, now: datetime) -> frozenset[UUID]:
        """Mark a person's files as used; return those that exist."""
        ...


class Deliveries(Protocol):
    """Deliveries inside one transaction."""

    def add(self, new: Delivery) -> None:
        """Keep a new delivery."""
        ...

    async def lock(self, application_id: UUID) -> Delivery:
        """Return the delivery of an application, locked. Raises NoDelivery."""
        ...


class Audit(Protocol):
    """The audit trail inside one transaction."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def applications(self) -> Applications:
        """Return the applications."""
        ...

    @property
    def attachments(self) -> Attachments:
        """Return the attachments."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """Return the deliveries."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
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
