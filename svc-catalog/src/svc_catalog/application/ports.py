"""What the commands on applications need from outside."""

from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_catalog.application.domain import Application


class FieldCipher(Protocol):
    """Encrypts what applicants write about themselves."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...


class Applications(Protocol):
    """Applications inside one transaction."""

    def add(self, application: Application) -> None:
        """Keep a new application."""
        ...

    async def lock(self, application_id: UUID) -> Application:
        """Return the application, locked. Raises NoSuchApplication."""
        ...

    async def next_count(self, day: str) -> int:
        """Return the next case number of a day; gaps and doubles do not happen."""
        ...

    async def item(self, code: str) -> tuple[int, dict[str, Any]]:
        """Return version and content of a published item. Raises NoSuchItem."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def applications(self) -> Applications:
        """Return the applications."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
