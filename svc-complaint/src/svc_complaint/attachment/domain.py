"""An attachment as far as the case's database knows it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Conflict, NotFound


class NoSuchAttachment(NotFound):
    """The case has no such attachment."""

    code = "attachment-not-found"
    title = "没有这个附件"


class TooManyAttachments(Conflict):
    """The case has as many as it may."""

    code = "too-many-attachments"
    title = "附件数量已达上限"


@dataclass(eq=False)
class Attachment:
    """A file of a case; `digest` is its SM3, `path` where the file store has it."""

    id: UUID
    case_id: UUID
    name: str
    media_type: str
    size: int
    digest: str
    by: str
    at: datetime

    @property
    def path(self) -> str:
        """Return where the file store has it."""
        return f"complaint/{self.case_id}/{self.id}"
