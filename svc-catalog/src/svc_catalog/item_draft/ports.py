"""What the commands on drafts need from outside."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_catalog.item.domain import Publication, Standing
from svc_catalog.item.ports import Audit
from svc_catalog.item_draft.domain import Draft


class Drafts(Protocol):
    """Drafts inside one transaction."""

    async def add(self, draft: Draft) -> None:
        """Keep a new draft. Raises DraftExists when the item has an open one."""
        ...

    async def lock(self, draft_id: UUID) -> Draft:
        """Return a draft, locked. Raises NoSuchDraft."""
        ...

    async def take_due(self, now: datetime) -> Draft | None:
        """Return an approved draft whose time has come, locked, passing over those locked elsewhere."""
        ...

    async def open_of(self, codes: Collection[str]) -> Mapping[str, Draft]:
        """Return the open drafts of these items."""
        ...


class Items(Protocol):
    """Published items inside one transaction."""

    async def find(self, code: str, *, lock: bool = False) -> Standing | None:
        """Return an item's standing, None when nothing was ever published under the code."""
        ...

    async def hashes(self, codes: Collection[str]) -> dict[str, str]:
        """Return the content digests of published items by code."""
        ...

    async def content(self, code: str) -> tuple[int, dict[str, Any]]:
        """Return version and content of an item. Raises NoSuchItem."""
        ...

    async def publish(self, record: dict[str, Any], version: int, publication: Publication) -> None:
        """Write a version and make it the item's content."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def drafts(self) -> Drafts:
        """Return the drafts."""
        ...

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

    async def departments(self) -> Mapping[str, str]:
        """Return the departments' names by code."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
