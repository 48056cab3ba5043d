"""A file handed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lib_kernel import Invalid, NotFound

LARGEST = 7 * 1024 * 1024
KEPT_UNUSED = timedelta(days=30)


class NoSuchAttachment(NotFound):
    """There is no such file that the caller may see."""

    code = "attachment-not-found"
    title = "没有这个附件"


class AttachmentUnknown(Invalid):
    """A material names a file that was not uploaded for this applicant."""

    code = "attachment-unknown"
    title = "材料引用的附件不存在"


@dataclass(eq=False)
class Attachment:
    """A file of a person; `digest` is its SM3. It is unused until an application names it."""

    id: UUID
    person_id: str
    uploaded_by: str
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_at: datetime
    used_at: datetime | None = None

    @property
    def path(self) -> str:
        """Return where the file is in the store."""
        return path_of(self.id)


def path_of(attachment_id: UUID) -> str:
    """Return where a file is in the store."""
    return f"attachments/{attachment_id.hex[-2:]}/{attachment_id}"
