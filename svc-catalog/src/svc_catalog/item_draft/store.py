"""Table and queries of drafts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.item_draft.domain import OPEN, Draft, DraftExists, NoSuchDraft, Status

item_draft = Table(
    "item_draft",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("base_version", Integer, nullable=False, comment="0: a new item"),
    Column("data", JSONB, nullable=False),
    Column("editors", ARRAY(Text), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("submitted_by", Text),
    Column("approved_by", Text),
    Column("effective_at", UtcDateTime),
    Column("published_version", Integer),
    Column("note", Text, nullable=False),
)
IS_OPEN = "status IN ('draft', 'in_review', 'approved')"
# One open draft per item: two people cannot publish over each other.
Index("uq_item_draft_open", item_draft.c.code, unique=True, postgresql_where=text(IS_OPEN))
Index("ix_item_draft_due", item_draft.c.effective_at, postgresql_where=text("status = 'approved'"))
Index("ix_item_draft_latest", item_draft.c.updated_at.desc(), item_draft.c.id)

MAPPERS.map_imperatively(Draft, item_draft)


class DraftStore:
    """Drafts inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, draft: Draft) -> None:
        """Keep a new draft. Raises DraftExists when the item has an open one."""
        try:
            async with self._session.begin_nested():
                self._session.add(draft)
        except IntegrityError as error:
            raise DraftExists(f"事项 {draft.code} 已有未发布的草稿，请先处理") from error

    async def lock(self, draft_id: UUID) -> Draft:
        """Return a draft, locked. Raises NoSuchDraft."""
        found = await self._session.get(Draft, draft_id, with_for_update=True)
        if found is None:
            raise NoSuchDraft
        return found

    async def take_due(self, now: datetime) -> Draft | None:
        """Return an approved draft whose time has come, locked, passing over those locked elsewhere."""
        wanted = (
            select(Draft)
            .where(item_draft.c.status == Status.APPROVED, item_draft.c.effective_at <= now)
            .order_by(item_draft.c.effective_at, item_draft.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return (await self._session.scalars(wanted)).one_or_none()

    async def open_of(self, codes: Collection[str]) -> Mapping[str, Draft]:
        """Return the open drafts of these items."""
        found = await self._session.scalars(
            select(Draft).where(item_draft.c.code.in_(codes), item_draft.c.status.in_(OPEN))
        )
        return {draft.code: draft for draft in found}


async def one(session: AsyncSession, draft_id: UUID) -> Draft:
    """Return a draft. Raises NoSuchDraft."""
    found = await session.get(Draft, draft_id)
    if found is None:
        raise NoSuchDraft
    return found


async def page(
    session: AsyncSession,
    *,
    orgs: frozenset[str] | None,
    status: Status | None,
    code: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Draft]:
    """Return drafts of departments, the latest changed first; `orgs` None: all."""
    statement = select(Draft).order_by(item_draft.c.updated_at.desc(), item_draft.c.id.desc()).limit(limit)
    if orgs is not None:
        statement = statement.where(item_draft.c.department.in_(orgs))
    if status is not None:
        statement = statement.where(item_draft.c.status == status)
    if code is not None:
        statement = statement.where(item_draft.c.code == code)
    if before is not None:
        statement = statement.where(tuple_(item_draft.c.updated_at, item_draft.c.id) < before)
    return (await session.scalars(statement)).all()
