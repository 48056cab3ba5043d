"""What the commands of windows need from outside."""

from types import TracebackType
from typing import Protocol, Self

from svc_booking.journal.domain import Entry, Head
from svc_booking.window.domain import Window


class Windows(Protocol):
    """Windows inside one transaction."""

    async def lock(self, service_point: str, name: str) -> Window:
        """Return the window, locked. Raises NoSuchWindow."""
        ...


class Journal(Protocol):
    """The hall's journal inside one transaction."""

    async def hold(self, service_point: str) -> Head:
        """Lock the end of a point's journal; take every other lock before."""
        ...

    async def write(self, head: Head, *entries: Entry) -> list[Entry]:
        """Write entries behind a held end."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def windows(self) -> Windows:
        """Return the windows."""
        ...

    @property
    def journal(self) -> Journal:
        """Return the journal."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done."""
        ...
