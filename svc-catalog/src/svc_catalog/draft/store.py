"""Table and queries of drafts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.draft.domain import MOST_PER_PERSON, Draft, NoSuchDraft, TooManyDrafts

draft = Table(
    "draft",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False, comment="encrypted JSON"),
    Column("channel", Text, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
)
Index("ix_draft_person", draft.c.person_id, draft.c.saved_at.desc())
Index("ix_draft_saved_at", draft.c.saved_at)

MAPPERS.map_imperatively(Draft, draft)


class DraftStore:
    """Drafts inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: Draft) -> None:
        """Keep a new draft. Raises TooManyDrafts."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtext(new.person_id))))
        kept = await self._session.scalar(
            select(func.count()).select_from(draft).where(draft.c.person_id == new.person_id)
        )
        if (kept or 0) >= MOST_PER_PERSON:
            raise TooManyDrafts
        self._session.add(new)

    async def lock(self, draft_id: UUID, person_id: str) -> Draft:
        """Return a person's draft, locked. Raises NoSuchDraft."""
        found = await self._session.get(Draft, draft_id, with_for_update=True)
        if found is None or found.person_id != person_id:
            raise NoSuchDraft
        return found

    async def remove(self, old: Draft) -> None:
        """Forget a draft."""
        await self._session.delete(old)


async def of_person(session: AsyncSession, person_id: str) -> Sequence[Draft]:
    """Return a person's drafts, the latest first."""
    wanted = select(Draft).where(draft.c.person_id == person_id).order_by(draft.c.saved_at.desc())
    return (await session.scalars(wanted)).all()


async def one(session: AsyncSession, draft_id: UUID, person_id: str) -> Draft:
    """Return a person's draft. Raises NoSuchDraft."""
    found = await session.get(Draft, draft_id)
    if found is None or found.person_id != person_id:
        raise NoSuchDraft
    return found


async def forget_before(session: AsyncSession, moment: datetime) -> None:
    """Delete drafts last saved before a moment."""
    await session.execute(delete(draft).where(draft.c.saved_at < moment))
