"""Routes of attachments, for the person, the holder of the code and staff."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from lib_files import FileStore, FileTooLarge, FileTypeNotAllowed, Kind, NoScanner, check_file
from lib_kernel import NotAllowed, new_id
from lib_service.web import ClockDep, component, unit_of_work
from lib_web import AnyCaller, Caller, problems
from svc_complaint.attachment import store
from svc_complaint.attachment.domain import Attachment, NoSuchAttachment, TooManyAttachments
from svc_complaint.complaint_case.access import may_see
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import NoSuchCase
from svc_complaint.complaint_case.intake import hash_code
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/cases/{case_id}/attachments", tags=["诉求附件"])
KINDS = (Kind.PDF, Kind.PNG, Kind.JPEG, Kind.DOCX, Kind.XLSX, Kind.OFD)

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
    if caller.kind.value not in {"citizen", "staff"}:
        raise NoSuchCase
    may_see(caller)(case)


@router.post("", status_code=201, responses=problems(NoSuchCase, FileTooLarge, TooManyAttachments))
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
    largest, now = settings.largest_attachment, clock.now()
    data = await _read(request, largest)
    checked = await check_file(data, field="body", largest=largest, kinds=KINDS, scanner=NoScanner())
    async with uow:
        case = await uow.cases.lock(case_id)
        _check(case, caller, code)
        case.check_open()
        if known := await uow.attachments.with_digest(case_id, checked.digest):
            return AttachmentOut.model_validate(known)  # The same file sent again is there already.
        if await uow.attachments.count(case_id) >= settings.most_attachments:
            raise TooManyAttachments(f"每个诉求最多 {settings.most_attachments} 个附件")
        made = Attachment(
            new_id(), case_id, name, checked.kind.value, len(data), checked.digest, caller.subject, now
        )
        uow.attachments.add(made)
        # The file first: a row without its file would be a promise that is not kept.
        await files.put(made.path, data)
        await uow.audit.note(caller.subject, "case.attach", case.case_number, now, {"digest": checked.digest})
        await uow.commit()
    return AttachmentOut.model_validate(made)


@router.get("", responses=problems(NoSuchCase))
async def list_attachments(case_id: UUID, caller: AnyCaller, uow: Uow, code: Code = None) -> Attachments:
    """List the attachments of a case."""
    async with uow:
        _check(await uow.cases.lock(case_id), caller, code)
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
    async with uow:
        case = await uow.cases.lock(case_id)
        _check(case, caller, code)
        found = await store.one(uow.session, case_id, attachment_id)
        if caller.kind.value == "staff":
            facts = {"attachment": str(attachment_id)}
            await uow.audit.note(caller.subject, "case.read_attachment", case.case_number, clock.now(), facts)
            await uow.commit()
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
