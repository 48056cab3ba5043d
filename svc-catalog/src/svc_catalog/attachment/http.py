"""Routes of attachments."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from lib_files import FileInfected, FileStore, FileTooLarge, FileTypeNotAllowed, NoScanner
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, component, recorded
from lib_web import FILE_BODY, Caller, CallerKind, Citizen, KeyReused, Page, problems, requires
from svc_catalog.attachment import commands, store
from svc_catalog.attachment.commands import Upload
from svc_catalog.attachment.domain import LARGEST, Attachment, NoSuchAttachment
from svc_catalog.attachment.ports import UnitOfWork
from svc_catalog.attachment.schemas import AttachmentOut

router = APIRouter(prefix="/v1/attachments", tags=["附件"])

Files = Annotated[FileStore, component(FileStore)]
LISTED = 100


async def whole_body(request: Request) -> bytes:
    """Return the request's body, not reading on beyond what is taken (a dependency). Raises FileTooLarge."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > LARGEST:
            raise FileTooLarge(f"文件最大 {LARGEST // 1024} KB", field="body", largest=LARGEST)
    return bytes(data)


@router.post(
    "",
    status_code=201,
    openapi_extra=FILE_BODY,
    responses=problems(FileTooLarge, FileTypeNotAllowed, FileInfected, KeyReused, NotAllowed),
)
async def upload_attachment(
    name: Annotated[str, Query(min_length=1, max_length=120, description="文件名")],
    caller: Annotated[Caller, requires("citizen", "clerk")],
    uow: Annotated[UnitOfWork, recorded(AttachmentOut)],
    files: Files,
    scanner: Annotated[NoScanner, component(NoScanner)],
    clock: ClockDep,
    data: Annotated[bytes, Depends(whole_body)],
    person_id: Annotated[str | None, Query(max_length=64, description="窗口代传时的办事人")] = None,
) -> AttachmentOut:
    """Upload a file, its bytes as the body; what it is is told by its content (附件上传)."""
    command = Upload(owner_of(person_id, caller), caller.subject, name, data)
    kept = await commands.upload(command, uow=uow, files=files, scanner=scanner, clock=clock)
    return AttachmentOut.model_validate(kept)


def owner_of(person_id: str | None, caller: Caller) -> str:
    """Return whose file it is. Raises NotAllowed."""
    if caller.kind is CallerKind.CITIZEN:
        if person_id not in (None, caller.person_id):
            raise NotAllowed("只能为本人上传附件")
        return caller.person_id
    if person_id is None:
        raise NotAllowed("窗口代传须指明办事人 person_id")
    return person_id


@router.get("")
async def list_attachments(caller: Citizen, session: ReadSession) -> Page[AttachmentOut]:
    """List the citizen's latest files, to be named in applications without sending them again."""
    rows = await store.of_person(session, caller.person_id, LISTED)
    return Page(items=[AttachmentOut.model_validate(row) for row in rows], next=None)


@router.get("/{attachment_id}", response_class=Response, responses=problems(NoSuchAttachment))
async def get_attachment(
    attachment_id: UUID, caller: Citizen, session: ReadSession, files: Files
) -> Response:
    """Return a file of one's own."""
    found = await store.one(session, attachment_id)
    if found.person_id != caller.person_id:
        raise NoSuchAttachment
    return file_answer(found, await files.get(found.path))


def file_answer(found: Attachment, data: bytes) -> Response:
    """Return a file to be saved, never to be shown in place by a browser."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=found.media_type, headers=headers)
