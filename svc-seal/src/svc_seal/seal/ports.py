"""What the commands on seals need from outside."""

from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from lib_contracts import Outbox
from svc_seal.seal.domain import Seal


class Made(NamedTuple):
    """A seal as it was made: SESeal, signer certificate, signer's wrapped key."""

    made: bytes
    certificate: bytes
    wrapped_key: bytes


class SealMaker(Protocol):
    """Makes approved seals."""

    async def make(self, seal: Seal, now: datetime) -> Made:
        """Return the seal signed by the maker, with a new signer certificate."""
        ...


class Seals(Protocol):
    """Seals inside one transaction."""

    async def add(self, seal: Seal) -> None:
        """Keep a new seal. Raises SealExists."""
        ...

    async def lock(self, code: str) -> Seal:
        """Return the seal, locked. Raises NoSuchSeal."""
        ...


class AuditLog(Protocol):
    """The append-only log."""

    async def note(self, actor: str, action: str, subject: str, at: datetime, facts: dict[str, str]) -> None:
        """Write a record inside the transaction."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def seals(self) -> Seals:
        """Return the seals."""
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
