"""What every command's unit of work offers, whatever stores a feature adds to it."""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from lib_contracts import Outbox


class Audit(Protocol):
    """Where staff decisions are noted (审计)."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record; last thing before the commit."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
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
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
