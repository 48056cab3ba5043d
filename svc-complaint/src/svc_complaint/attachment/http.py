"""Routes of attachments, for the person, the holder of the code and staff."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from lib_files import FileStore, FileTooLarge, FileTypeNotAllowed
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, component, unit_of_work
from lib_web import FILE_BODY, AnyCaller, Caller, CallerKind, problems
from svc_complaint.attachment import store
from svc_complaint.attachment.commands import Attach, Look, attach, look
from svc_complaint.attachment.domain import NoSuchAttachment, TooManyAttachments
from svc_complaint.complaint_case.access import may_see
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import NoSuchCase
from svc_complaint.complaint_case.intake import hash_code
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/cases/{case_id}/attachments", tags=["诉求附件"])

Uow = Annotated[Any, Depends(unit_of_work)]
Files = Annotated[FileStore, component(FileStore)]
Code = Annotated[str | None, Header(alias="X-Tracking-Code", max_length=30, description="匿名诉求的查询码")]


class AttachmentOut(BaseModel):
    """An attachment without its content."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    media_type: str
    size: int
    digest: str
    at: datetime


class Attachments(BaseModel):
    """The attachments of a case."""

    items: list[AttachmentOut]


def _check(case: Case, caller: Caller, code: str | None) -> None:
    """Raise unless the case is the caller's to see, by name, by code or by office."""
    if code is not None and case.tracking_hash == hash_code(code):
        return
    if caller.kind not in {CallerKind.CITIZEN, CallerKind.STAFF}:
        raise NoSuchCase
    may_see(caller)(case)


@router.post(
    "",
    status_code=201,
    responses=problems(NoSuchCase, FileTooLarge, TooManyAttachments),
    openapi_extra=FILE_BODY,
)
async def add_attachment(
    case_id: UUID,
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=120, description="文件名")],
    caller: AnyCaller,
    uow: Uow,
    files: Files,
    settings: Annotated[Settings, component(Settings)],
    clock: ClockDep,
    code: Code = None,
) -> AttachmentOut:
    """Add a file: the body is the file itself, up to 5 MB; what it is, its content says."""
    data = await _read(request, settings.largest_attachment)
    command = Attach(
        case_id,
        name,
        data,
        caller.subject,
        lambda case: _check(case, caller, code),
        settings.largest_attachment,
    )
    most = settings.most_attachments
    return AttachmentOut.model_validate(await attach(command, most, uow=uow, files=files, clock=clock))


@router.get("", responses=problems(NoSuchCase))
async def list_attachments(case_id: UUID, caller: AnyCaller, uow: Uow, code: Code = None) -> Attachments:
    """List the attachments of a case."""
    async with uow:
        _check(await uow.cases.one(case_id), caller, code)
        found = await store.of_case(uow.session, case_id)
    return Attachments(items=[AttachmentOut.model_validate(one) for one in found])


@router.get(
    "/{attachment_id}", responses=problems(NoSuchCase, NoSuchAttachment, FileTypeNotAllowed, NotAllowed)
)
async def get_attachment(
    case_id: UUID,
    attachment_id: UUID,
    caller: AnyCaller,
    uow: Uow,
    files: Files,
    clock: ClockDep,
    code: Code = None,
) -> Response:
    """Return a file; that staff read it is noted in the audit trail."""
    command = Look(
        case_id,
        attachment_id,
        caller.subject,
        lambda case: _check(case, caller, code),
        caller.kind is CallerKind.STAFF,
    )
    found = await look(command, uow=uow, clock=clock)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(await files.get(found.path), media_type=found.media_type, headers=headers)


async def _read(request: Request, largest: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise FileTooLarge(f"文件最大 {largest // 1024} KB", field="body", largest=largest)
        chunks.append(chunk)
    return b"".join(chunks)
