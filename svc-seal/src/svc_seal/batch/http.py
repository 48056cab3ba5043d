"""Routes of batches, for those who may use seals. A batch is seen by whoever opened it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, recorded, unit_of_work
from lib_web import Caller, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_seal.batch import commands, store
from svc_seal.batch.domain import (
    BatchClosed,
    BatchEmpty,
    BatchFull,
    DocumentStatus,
    NoSuchBatch,
    NoSuchDocument,
)
from svc_seal.batch.ports import UnitOfWork
from svc_seal.batch.schemas import BatchCreate, BatchCreated, BatchDocumentOut, BatchOut, DocumentsIn
from svc_seal.seal.domain import NoSuchSeal
from svc_seal.use.domain import Kind, UseForgotten

router = APIRouter(prefix="/v1/batches", tags=["批量盖章"])

User = Annotated[Caller, requires("service", "staff")]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
MEDIA = {Kind.OFD: "application/ofd", Kind.PDF: "application/pdf"}


@router.post("", status_code=201, responses=problems(NoSuchSeal))
async def create_batch(
    body: BatchCreate, caller: User, uow: Annotated[UnitOfWork, recorded(BatchCreated)], clock: ClockDep
) -> BatchCreated:
    """Begin a batch: documents are added, then it is started (新建批次)."""
    place = body.place.model_dump(exclude_none=True)
    command = commands.OpenBatch(body.seal_code, body.purpose, place, caller.subject)
    return BatchCreated.model_validate(await commands.open_batch(command, uow=uow, clock=clock))


@router.post(
    "/{batch_id}/documents", status_code=201, responses=problems(NoSuchBatch, BatchClosed, BatchFull)
)
async def add_batch_documents(
    batch_id: UUID,
    body: DocumentsIn,
    caller: User,
    uow: Annotated[UnitOfWork, recorded(BatchCreated)],
) -> BatchCreated:
    """Add up to 100 documents; send them with an Idempotency-Key (添加文件)."""
    files = [(item.name, item.document) for item in body.documents]
    return BatchCreated.model_validate(await commands.add_documents(batch_id, caller.subject, files, uow=uow))


@router.post("/{batch_id}/start", responses=problems(NoSuchBatch, BatchEmpty, IllegalMove))
async def start_batch(
    batch_id: UUID, caller: User, uow: Uow, clock: ClockDep, session: ReadSession
) -> BatchOut:
    """Hand the batch to the worker (开始盖章)."""
    batch = await commands.start(batch_id, caller.subject, uow=uow, clock=clock)
    return BatchOut.of(batch, await store.progress(session, batch_id))


@router.post("/{batch_id}/cancellation", responses=problems(NoSuchBatch, IllegalMove))
async def cancel_batch(
    batch_id: UUID, caller: User, uow: Uow, clock: ClockDep, session: ReadSession
) -> BatchOut:
    """Seal no more of its documents; those sealed stay (取消批次)."""
    batch = await commands.cancel(batch_id, caller.subject, uow=uow, clock=clock)
    return BatchOut.of(batch, await store.progress(session, batch_id))


@router.get("/{batch_id}", responses=problems(NoSuchBatch))
async def get_batch(batch_id: UUID, caller: User, session: ReadSession) -> BatchOut:
    """Return a batch and how far it is (批次进度)."""
    batch = await store.one(session, batch_id, caller.subject)
    return BatchOut.of(batch, await store.progress(session, batch_id))


@router.get("/{batch_id}/documents", responses=problems(NoSuchBatch))
async def list_batch_documents(
    batch_id: UUID,
    caller: User,
    session: ReadSession,
    status: DocumentStatus | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[BatchDocumentOut]:
    """List the documents of a batch with their results."""
    await store.one(session, batch_id, caller.subject)
    position = read_cursor(cursor, int)
    after = position[0] if position else 0
    rows = await store.documents(session, batch_id, after=after, limit=limit + 1, status=status)
    more = write_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[BatchDocumentOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get(
    "/{batch_id}/documents/{number}",
    response_class=Response,
    responses=problems(NoSuchBatch, NoSuchDocument, UseForgotten),
)
async def get_batch_document(batch_id: UUID, number: int, caller: User, session: ReadSession) -> Response:
    """Return a sealed document of a batch."""
    await store.one(session, batch_id, caller.subject)
    use = await store.sealed_file(session, batch_id, number)
    return Response(use.kept_document(), media_type=MEDIA.get(use.kind, "application/octet-stream"))
