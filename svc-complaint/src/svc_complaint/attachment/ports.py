"""What attachments need from outside."""

from typing import Protocol
from uuid import UUID

from svc_complaint.attachment.domain import Attachment
from svc_complaint.complaint_case.ports import UnitOfWork as CaseUnitOfWork


class Attachments(Protocol):
    """Attachments inside one transaction."""

    def add(self, attachment: Attachment) -> None:
        """Keep a new attachment."""
        ...

    async def with_digest(self, case_id: UUID, digest: str) -> Attachment | None:
        """Return the attachment of a case that is this very file, if there is one."""
        ...

    async def one(self, case_id: UUID, attachment_id: UUID) -> Attachment:
        """Return an attachment of a case. Raises NoSuchAttachment."""
        ...

    async def count(self, case_id: UUID) -> int:
        """Return how many a case has; its row must be locked."""
        ...


class Files(Protocol):
    """Where files are kept."""

    async def put(self, path: str, data: bytes) -> None:
        """Keep a file."""
        ...


class UnitOfWork(CaseUnitOfWork, Protocol):
    """One transaction over attachments and their cases."""

    @property
    def attachments(self) -> Attachments:
        """Return the attachments."""
        ...
