"""Table and queries of attachments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_complaint.attachment.domain import Attachment, NoSuchAttachment
from svc_complaint.database import MAPPERS, METADATA

case_attachment = Table(
    "case_attachment",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3"),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("case_id", "digest"),
)
MAPPERS.map_imperatively(Attachment, case_attachment)


class AttachmentStore:
    """Attachments inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, attachment: Attachment) -> None:
        """Keep a new attachment."""
        self._session.add(attachment)

    async def with_digest(self, case_id: UUID, digest: str) -> Attachment | None:
        """Return the attachment of a case that is this very file, if there is one."""
        t = case_attachment.c
        wanted = select(Attachment).where(t.case_id == case_id, t.digest == digest)
        found: Attachment | None = await self._session.scalar(wanted)
        return found

    async def one(self, case_id: UUID, attachment_id: UUID) -> Attachment:
        """Return an attachment of a case. Raises NoSuchAttachment."""
        found = await self._session.get(Attachment, attachment_id)
        if found is None or found.case_id != case_id:
            raise NoSuchAttachment
        return found

    async def count(self, case_id: UUID) -> int:
        """Return how many a case has; its row must be locked."""
        found: int | None = await self._session.scalar(
            select(func.count()).select_from(case_attachment).where(case_attachment.c.case_id == case_id)
        )
        return found or 0


async def of_case(session: AsyncSession, case_id: UUID) -> Sequence[Attachment]:
    """Return the attachments of a case in order."""
    wanted = select(Attachment).where(case_attachment.c.case_id == case_id)
    return (await session.scalars(wanted.order_by(case_attachment.c.at, case_attachment.c.id))).all()
