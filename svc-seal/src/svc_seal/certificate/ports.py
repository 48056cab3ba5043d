"""What revoking needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from lib_audit import Note
from lib_contracts import Outbox
from svc_seal.certificate.domain import IssuedList, RevokedCertificate


class ListIssuer(Protocol):
    """Signs revocation lists as the installation's authority."""

    async def issue(self, revoked: Sequence[RevokedCertificate], number: int, now: datetime) -> IssuedList:
        """Return a new list."""
        ...


class Certificates(Protocol):
    """Revocations inside one transaction."""

    def add(self, revoked: RevokedCertificate) -> None:
        """Keep a revocation."""
        ...

    def add_list(self, issued: IssuedList) -> None:
        """Keep a new list."""
        ...

    async def newest_for_update(self) -> IssuedList | None:
        """Return the newest list and hold the right to issue the next."""
        ...

    async def all(self) -> Sequence[RevokedCertificate]:
        """Return every revocation."""
        ...


class AuditLog(Protocol):
    """The append-only log."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: dict[str, str] | None = None
    ) -> None:
        """Write a record inside the transaction."""
        ...

    async def note_all(self, notes: Sequence[Note]) -> None:
        """Write many records inside the transaction, in order."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def certificates(self) -> Certificates:
        """Return the revocations."""
        ...

    @property
    def audit(self) -> AuditLog:
        """Return the audit log."""
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
