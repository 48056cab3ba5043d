"""Add a file to a case, look at one."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from lib_files import Kind, NoScanner, check_file
from lib_kernel import Clock, new_id
from svc_complaint.attachment.domain import Attachment, TooManyAttachments
from svc_complaint.attachment.ports import Files, UnitOfWork
from svc_complaint.complaint_case.domain import Case

KINDS = (Kind.PDF, Kind.PNG, Kind.JPEG, Kind.DOCX, Kind.XLSX, Kind.OFD)


@dataclass(frozen=True)
class Attach:
    """A file for a case. `check` raises unless the case is the caller's to add to; `largest` in bytes."""

    case_id: UUID
    name: str
    data: bytes
    by: str
    check: Callable[[Case], None]
    largest: int


async def attach(cmd: Attach, most: int, *, uow: UnitOfWork, files: Files, clock: Clock) -> Attachment:
    """Keep a file; the same file sent again is the one that is there.

    Raises:
        FileTooLarge, FileTypeNotAllowed: by its content.
        TooManyAttachments: the case has `most` already.
    """
    now = clock.now()
    checked = await check_file(cmd.data, field="body", largest=cmd.largest, kinds=KINDS, scanner=NoScanner())
    async with uow:
        case = await uow.cases.lock(cmd.case_id)
        cmd.check(case)
        case.check_open()
        if known := await uow.attachments.with_digest(case.id, checked.digest):
            return known
        if await uow.attachments.count(case.id) >= most:
            raise TooManyAttachments(f"每个诉求最多 {most} 个附件")
        made = Attachment(
            new_id(), case.id, cmd.name, checked.kind.value, len(cmd.data), checked.digest, cmd.by, now
        )
        uow.attachments.add(made)
        # The file first: a row without its file would be a promise that is not kept.
        await files.put(made.path, cmd.data)
        await uow.audit.note(cmd.by, "case.attach", case.case_number, now, {"digest": checked.digest})
        await uow.commit()
    return made


@dataclass(frozen=True)
class Look:
    """Who looks at which file. `check` raises unless the case is theirs; what staff read `is_noted`."""

    case_id: UUID
    attachment_id: UUID
    by: str
    check: Callable[[Case], None]
    is_noted: bool


async def look(cmd: Look, *, uow: UnitOfWork, clock: Clock) -> Attachment:
    """Return what there is to know of a file. Raises NoSuchCase, NotAllowed, NoSuchAttachment."""
    async with uow:
        case = await uow.cases.one(cmd.case_id)
        cmd.check(case)
        found = await uow.attachments.one(case.id, cmd.attachment_id)
        if cmd.is_noted:
            facts = {"attachment": str(found.id)}
            await uow.audit.note(cmd.by, "case.read_attachment", case.case_number, clock.now(), facts)
            await uow.commit()
    return found
