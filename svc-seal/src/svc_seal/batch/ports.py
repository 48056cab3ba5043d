"""What batches need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_seal.batch.domain import Batch, BatchDocument
from svc_seal.use.ports import UnitOfWork as UseWork


class Batches(Protocol):
    """Batches inside one transaction."""

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        ...

    async def lock(self, batch_id: UUID, requested_by: str) -> Batch:
        """Return the batch of its owner, locked. Raises NoSuchBatch."""
        ...

    async def add_documents(self, documents: Sequence[BatchDocument]) -> None:
        """Keep documents."""
        ...

    async def claim(self, limit: int) -> Sequence[tuple[Batch, BatchDocument]]:
        """Return some pending documents of running batches, held until the transaction ends."""
        ...

    async def claim_complete(self, limit: int) -> Sequence[Batch]:
        """Return running batches without a pending document, held until the transaction ends."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete old batches that never started or ended, with their documents; return how many."""
        ...


class UnitOfWork(UseWork, Protocol):
    """One transaction over batches."""

    @property
    def batches(self) -> Batches:
        """Return the batches."""
        ...
