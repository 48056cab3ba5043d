"""What the commands on published items need from outside."""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from lib_contracts import Outbox
from svc_catalog.item.domain import Standing


class Audit(Protocol):
    """The audit trail inside one transaction."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record, last before the commit."""
        ...


class Items(Protocol):
    """Published items inside one transaction."""

    async def lock(self, code: str) -> Standing:
        """Return an item's standing, locked. Raises NoSuchItem."""
        ...

    async def keep(self, standing: Standing) -> None:
        """Write a changed standing."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def items(self) -> Items:
        """Return the items."""
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
        """Commit what was done."""
        ...
