"""Tables and queries of batches."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_seal.batch.domain import (
    Batch,
    BatchDocument,
    DocumentStatus,
    NoSuchBatch,
    NoSuchDocument,
    Progress,
    Status,
)
from svc_seal.database import MAPPERS, METADATA
from svc_seal.use.domain import SealUse
from svc_seal.use.store import seal_use

seal_batch = Table(
    "seal_batch",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("seal_code", ForeignKey("seal.code"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("requested_by", Text, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index("ix_seal_batch_running", "id", postgresql_where=text("status = 'running'")),
)

batch_document = Table(
    "batch_document",
    METADATA,
    Column("batch_id", ForeignKey(seal_batch.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("source", LargeBinary, comment="until it is sealed or refused"),
    Column("status", EnumText(DocumentStatus), nullable=False),
    Column("digest", Text, comment="SM3 of the sealed file, hex"),
    Column("problem", Text),
    Column("detail", Text),
    Column("done_at", UtcDateTime),
    Index("ix_batch_document_pending", "batch_id", "number", postgresql_where=text("status = 'pending'")),
)

MAPPERS.map_imperatively(Batch, seal_batch)
MAPPERS.map_imperatively(BatchDocument, batch_document)


class BatchStore:
    """Batches inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        self._session.add(batch)

    async def lock(self, batch_id: UUID, requested_by: str) -> Batch:
        """Return the batch of its owner, locked. Raises NoSuchBatch."""
        found = await self._session.get(Batch, batch_id, with_for_update=True)
        if found is None or found.requested_by != requested_by:
            raise NoSuchBatch
        return found

    async def add_documents(self, documents: Sequence[BatchDocument]) -> None:
        """Keep documents."""
        rows = [
            {
                "batch_id": document.batch_id,
                "number": document.number,
                "name": document.name,
                "source": document.source,
                "status": document.status,
            }
            for document in documents
        ]
        await self._session.execute(insert(batch_document), rows)

    async def claim(self, limit: int) -> Sequence[tuple[Batch, BatchDocument]]:
        """Return some pending documents of running batches, held until the transaction ends."""
        statement = (
            select(Batch, BatchDocument)
            .join_from(seal_batch, batch_document, seal_batch.c.id == batch_document.c.batch_id)
            .where(seal_batch.c.status == Status.RUNNING, batch_document.c.status == DocumentStatus.PENDING)
            .order_by(batch_document.c.batch_id, batch_document.c.number)
            .limit(limit)
            .with_for_update(of=batch_document, skip_locked=True)
        )
        return [(batch, document) for batch, document in await self._session.execute(statement)]

    async def claim_complete(self, limit: int) -> Sequence[Batch]:
        """Return running batches without a pending document, held until the transaction ends."""
        pending = exists().where(
            batch_document.c.batch_id == seal_batch.c.id,
            batch_document.c.status == DocumentStatus.PENDING,
        )
        statement = select(Batch).where(seal_batch.c.status == Status.RUNNING, ~pending).limit(limit)
        return (await self._session.scalars(statement.with_for_update(skip_locked=True))).all()

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete old batches that never started or ended, with their documents; return how many."""
        old = (
            select(seal_batch.c.id)
            .where(seal_batch.c.status != Status.RUNNING, seal_batch.c.created_at < before)
            .limit(limit)
        )
        statement = delete(seal_batch).where(seal_batch.c.id.in_(old)).returning(seal_batch.c.id)
        return len((await self._session.execute(statement)).all())


async def one(session: AsyncSession, batch_id: UUID, requested_by: str) -> Batch:
    """Return the batch of its owner. Raises NoSuchBatch."""
    found = await session.get(Batch, batch_id)
    if found is None or found.requested_by != requested_by:
        raise NoSuchBatch
    return found


async def progress(session: AsyncSession, batch_id: UUID) -> Progress:
    """Return how many documents stand how."""
    statement = select(batch_document.c.status, func.count()).where(batch_document.c.batch_id == batch_id)
    rows = await session.execute(statement.group_by(batch_document.c.status))
    return Progress({row[0]: row[1] for row in rows})


async def documents(
    session: AsyncSession, batch_id: UUID, *, after: int, limit: int, status: DocumentStatus | None
) -> Sequence[BatchDocument]:
    """Return the documents of a batch in order."""
    statement = select(BatchDocument).where(
        batch_document.c.batch_id == batch_id, batch_document.c.number > after
    )
    if status is not None:
        statement = statement.where(batch_document.c.status == status)
    return (await session.scalars(statement.order_by(batch_document.c.number).limit(limit))).all()


async def sealed_file(session: AsyncSession, batch_id: UUID, number: int) -> SealUse:
    """Return the use that sealed a document. Raises NoSuchDocument."""
    document = await session.get(BatchDocument, (batch_id, number))
    if document is None or document.status is not DocumentStatus.SEALED:
        raise NoSuchDocument
    found = await session.scalar(select(SealUse).where(seal_use.c.use_key == document.use_key))
    if found is None:
        raise NoSuchDocument
    return found
