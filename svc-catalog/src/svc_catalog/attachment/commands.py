"""Upload a file."""

from dataclasses import dataclass

from lib_files import Kind, Scanner, check_file
from lib_kernel import Clock, new_id
from svc_catalog.attachment.domain import LARGEST, Attachment, path_of
from svc_catalog.attachment.ports import Files, UnitOfWork

KINDS = frozenset({Kind.PDF, Kind.OFD, Kind.PNG, Kind.JPEG, Kind.DOCX, Kind.XLSX})


@dataclass(frozen=True)
class Upload:
    """A file for a person's applications."""

    person_id: str
    uploaded_by: str
    name: str
    data: bytes


async def upload(cmd: Upload, *, uow: UnitOfWork, files: Files, scanner: Scanner, clock: Clock) -> Attachment:
    """Check a file by its content and keep it.

    The file is written before its row: a crash between them leaves a file nobody names, never a row without
    its file.

    Raises:
        FileTooLarge, FileTypeNotAllowed, FileInfected: see there.
    """
    checked = await check_file(cmd.data, field="body", largest=LARGEST, kinds=KINDS, scanner=scanner)
    new = new_id()
    await files.put(path_of(new), checked.data)
    attachment = Attachment(
        id=new,
        person_id=cmd.person_id,
        uploaded_by=cmd.uploaded_by,
        name=cmd.name,
        media_type=checked.kind.value,
        size=len(checked.data),
        digest=checked.digest,
        uploaded_at=clock.now(),
    )
    async with uow:
        uow.attachments.add(attachment)
        await uow.commit(answer=attachment)
    return attachment
