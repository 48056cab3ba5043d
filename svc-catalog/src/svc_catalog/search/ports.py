"""What the command on everyday expressions needs from outside."""

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from svc_catalog.item.ports import Audit


class Synonyms(Protocol):
    """Everyday expressions inside one transaction."""

    async def put(self, word: str, means: Sequence[str], by: str) -> None:
        """Keep what an expression means."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def synonyms(self) -> Synonyms:
        """Return the everyday expressions."""
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
