"""What attachments need from outside."""

from types import TracebackType
from typing import Protocol, Self

from svc_catalog.attachment.domain import Attachment


class Files(Protocol):
    """Where files are kept."""

    async def put(self, path: str, data: bytes) -> None:
        """Keep a file."""
        ...


class Attachments(Protocol):
    """Attachments inside one transaction."""

    def add(self, new: Attachment) -> None:
        """Keep a new attachment."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def attachments(self) -> Attachments:
        """Return the attachments."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
