"""Table and queries of attachments."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_catalog.attachment.domain import Attachment, NoSuchAttachment
from svc_catalog.database import MAPPERS, METADATA

attachment = Table(
    "attachment",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3 of the content"),
    Column("uploaded_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
Index("ix_attachment_person", attachment.c.person_id, attachment.c.uploaded_at.desc(), attachment.c.id)
Index("ix_attachment_unused", attachment.c.uploaded_at, postgresql_where=attachment.c.used_at.is_(None))

MAPPERS.map_imperatively(Attachment, attachment)


class AttachmentStore:
    """Attachments inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, new: Attachment) -> None:
        """Keep a new attachment."""
        self._session.add(new)

    async def use(self, ids: Iterable[UUID], person_id: str, now: datetime) -> frozenset[UUID]:
        """Mark a person's files as used; return those that exist."""
        used = await self._session.scalars(
            update(attachment)
            .where(attachment.c.id.in_(list(ids)), attachment.c.person_id == person_id)
            .values(used_at=now)
            .returning(attachment.c.id)
        )
        return frozenset(used)


async def one(session: AsyncSession, attachment_id: UUID) -> Attachment:
    """Return an attachment. Raises NoSuchAttachment."""
    found = await session.get(Attachment, attachment_id)
    if found is None:
        raise NoSuchAttachment
    return found


async def of_person(session: AsyncSession, person_id: str, limit: int) -> Sequence[Attachment]:
    """Return a person's files, the latest first."""
    wanted = select(Attachment).where(attachment.c.person_id == person_id)
    return (
        await session.scalars(wanted.order_by(attachment.c.uploaded_at.desc(), attachment.c.id).limit(limit))
    ).all()


async def take_unused(session: AsyncSession, before: datetime, limit: int) -> Sequence[UUID]:
    """Delete the rows of files never used and uploaded before a moment; return their ids."""
    old = (
        select(attachment.c.id)
        .where(attachment.c.used_at.is_(None), attachment.c.uploaded_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = await session.scalars(
        delete(attachment).where(attachment.c.id.in_(old)).returning(attachment.c.id)
    )
    return gone.all()
