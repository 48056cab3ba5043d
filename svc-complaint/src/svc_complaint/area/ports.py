"""What area verification needs from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_complaint.area.domain import Batch, State
from svc_complaint.complaint_case.ports import UnitOfWork as CaseUnitOfWork


class PersonRow(Protocol):
    """A person of a batch as kept: name, ID number, phone, address and note encrypted."""

    row: int
    name: str
    id_number: str
    phone: str | None
    address: str | None
    division: str
    state: State
    result: str | None
    note: str | None


class Areas(Protocol):
    """Batches and their persons inside one transaction."""

    async def add(self, batch: Batch) -> None:
        """Keep a new batch. Raises BatchKnown."""
        ...

    async def one(self, batch_id: UUID) -> Batch:
        """Return a batch. Raises NoSuchBatch."""
        ...

    async def persons(
        self, batch_id: UUID, division: str | None, after: int, limit: int | None
    ) -> Sequence[PersonRow]:
        """Return persons of a batch in the order of their rows, those of one division or all."""
        ...

    async def lock(self, batch_id: UUID) -> Batch:
        """Return a batch, locked. Raises NoSuchBatch."""
        ...

    async def keep(self, batch_id: UUID, rows: Sequence[tuple[object, ...]]) -> None:
        """Write rows: number, name, ID number, its index, phone, address (encrypted), division."""
        ...

    async def counties(self) -> Mapping[str, str]:
        """Return the counties' names by code."""
        ...

    async def complete(self, batch_id: UUID, rows: Sequence[tuple[int, str]]) -> int:
        """Set the division of rows that have none yet; return how many were."""
        ...

    async def assign(self, batch_id: UUID) -> list[str]:
        """Give received rows to their divisions; return these. Raises RowsLeft."""
        ...

    async def give_back(
        self, batch_id: UUID, division: str, rows: Sequence[tuple[int, str, str]], by: str, now: datetime
    ) -> int:
        """Write results of a division's rows; return how many rows took one."""
        ...

    async def left(self, batch_id: UUID, division: str | None = None) -> int:
        """Return how many rows have no result yet."""
        ...

    async def report(self, batch_id: UUID, now: datetime) -> Sequence[tuple[int, str, str]]:
        """Mark returned rows as reported and return row, result and encrypted note of each."""
        ...


class UnitOfWork(CaseUnitOfWork, Protocol):
    """One transaction over batches and their cases."""

    @property
    def areas(self) -> Areas:
        """Return the batches."""
        ...
