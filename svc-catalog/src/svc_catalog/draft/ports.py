"""What the commands on drafts need."""

from typing import Protocol
from uuid import UUID

from svc_catalog.application.ports import UnitOfWork as ApplicationUnitOfWork
from svc_catalog.draft.domain import Draft


class Drafts(Protocol):
    """Drafts inside one transaction."""

    async def add(self, new: Draft) -> None:
        """Keep a new draft. Raises TooManyDrafts."""
        ...

    async def lock(self, draft_id: UUID, person_id: str) -> Draft:
        """Return a person's draft, locked. Raises NoSuchDraft."""
        ...

    async def remove(self, old: Draft) -> None:
        """Forget a draft."""
        ...


class UnitOfWork(ApplicationUnitOfWork, Protocol):
    """One transaction over drafts and applications."""

    @property
    def application_drafts(self) -> Drafts:
        """Return the drafts."""
        ...
