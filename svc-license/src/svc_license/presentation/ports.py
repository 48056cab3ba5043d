"""What presentations need from outside."""

from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from svc_license.license.domain import License
from svc_license.presentation.domain import Presentation
from svc_license.usage.ports import UnitOfWork as UsageWork


class Presentations(Protocol):
    """Presentations inside one transaction."""

    def add(self, presentation: Presentation) -> None:
        """Keep a presentation."""
        ...

    async def use(self, presentation_id: UUID, by: str, now: datetime) -> Presentation | None:
        """Mark it used and return it; None when there is none or it was used before."""
        ...

    async def license_to_show(self, license_id: UUID, person_id: str, now: datetime) -> License:
        """Return a licence that is the person's, or delegated to them. Raises NoSuchLicense."""
        ...

    async def license(self, license_id: UUID) -> License:
        """Return a licence. Raises NoSuchLicense."""
        ...


class UnitOfWork(UsageWork, Protocol):
    """One transaction."""

    @property
    def presentations(self) -> Presentations:
        """Return the presentations."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: Any = None) -> None:
        """Commit what was done."""
        ...
