"""What imports need from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from svc_license.license.ports import Exchange
from svc_license.license.ports import Licenses as OneByOne
from svc_license.license.ports import UnitOfWork as LicenseWork
from svc_license.stock.domain import ImportJob


class Imports(Protocol):
    """Imports inside one transaction."""

    def add(self, job: ImportJob) -> None:
        """Keep an import."""
        ...

    async def lock(self, job_id: UUID) -> ImportJob:
        """Return the import, locked. Raises NoSuchImport."""
        ...

    async def claim(self, now: datetime, until: datetime) -> ImportJob | None:
        """Return a running import that no worker is at, leased until then."""
        ...

    async def add_licenses(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        """Write licences and return the old numbers of those that are new."""
        ...

    async def add_errors(self, job_id: UUID, errors: Mapping[int, str]) -> None:
        """Note the rows that were not taken over."""
        ...


class Licenses(OneByOne, Protocol):
    """Licences, also many at once."""

    async def next_serials(self, issuer: str, year: int, count: int) -> list[str]:
        """Return an issuer's next serials of a year."""
        ...


class Queue(Exchange, Protocol):
    """The queue to the province, also for many at once."""

    async def enqueue_many(self, license_ids: Sequence[UUID], now: datetime) -> None:
        """Note that the province is to be told how some licences stand."""
        ...


class UnitOfWork(LicenseWork, Protocol):
    """One transaction."""

    @property
    def licenses(self) -> Licenses:
        """Return the licences."""
        ...

    @property
    def exchange(self) -> Queue:
        """Return the queue to the province."""
        ...

    @property
    def imports(self) -> Imports:
        """Return the imports."""
        ...
