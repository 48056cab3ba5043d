"""What the commands on cases need from outside."""

from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_complaint.complaint_case.domain import Case


class FieldCipher(Protocol):
    """Encrypts what people write."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...


class Cases(Protocol):
    """Cases inside one transaction."""

    def add(self, case: Case) -> None:
        """Keep a new case."""
        ...

    async def lock(self, case_id: UUID) -> Case:
        """Return the case, locked. Raises NoSuchCase."""
        ...

    async def next_count(self, day: str) -> int:
        """Return the next case number of a day."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def cases(self) -> Cases:
        """Return the cases."""
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
