"""What enrolment needs from outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from svc_catalog.application.ports import FieldCipher
from svc_catalog.application.ports import UnitOfWork as ApplicationUnitOfWork
from svc_catalog.enrolment.domain import Enrolment, Run, Source


class ServiceAway(Exception):
    """A department's data service does not answer, or not with sense; it is asked again later."""


class IndexingCipher(FieldCipher, Protocol):
    """Encrypts fields and indexes them blindly."""

    def blind_index(self, text: str) -> str:
        """Return a digest by which equal texts are found."""
        ...


class DepartmentData(Protocol):
    """The data services of departments."""

    async def ask(self, source: Source, question: Mapping[str, str]) -> dict[str, Any]:
        """Return what a service knows. Raises ServiceAway."""
        ...


class Enrolments(Protocol):
    """Enrolments inside one transaction."""

    async def start(self, run: Run) -> None:
        """Keep a new run."""
        ...

    async def run(self, run_id: UUID) -> Run:
        """Return a run. Raises NoSuchRun."""
        ...

    async def newest_run(self, year: int) -> Run:
        """Return the run of a year that began last. Raises NoSuchRun."""
        ...

    async def register(self, pupils: Sequence[Mapping[str, Any]]) -> int:
        """Keep new pupils; return how many are new."""
        ...

    async def lock(self, enrolment_id: UUID) -> Enrolment:
        """Return an enrolment, locked. Raises NoSuchEnrolment."""
        ...


class UnitOfWork(ApplicationUnitOfWork, Protocol):
    """One transaction over enrolments and applications."""

    @property
    def enrolments(self) -> Enrolments:
        """Return the enrolments."""
        ...
