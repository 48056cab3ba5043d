"""Collect, start, cancel a batch; seal its documents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from lib_kernel import Clock, Unavailable
from svc_seal.batch.domain import Batch, BatchDocument
from svc_seal.batch.ports import UnitOfWork
from svc_seal.use.commands import At, SealDocument
from svc_seal.use.ports import Desk, Outcome

CLAIMED_AT_ONCE = 200
FINISHED_AT_ONCE = 20
FORGOTTEN_AFTER = timedelta(days=30)
FORGOTTEN_AT_ONCE = 20


@dataclass(frozen=True)
class OpenBatch:
    """Begin a batch."""

    seal_code: str
    purpose: str
    place: dict[str, Any]
    by: str


async def open_batch(cmd: OpenBatch, *, uow: UnitOfWork, clock: Clock) -> Batch:
    """Begin a batch. Raises NoSuchSeal."""
    now = clock.now()
    async with uow:
        await uow.seals.lock(cmd.seal_code)
        batch = Batch.of(cmd.seal_code, cmd.purpose, cmd.place, cmd.by, now)
        uow.batches.add(batch)
        await uow.audit.note(cmd.by, "batch.open", str(batch.id), now, {"seal_code": cmd.seal_code})
        await uow.commit(answer=batch)
    return batch


async def add_documents(
    batch_id: UUID, by: str, files: Sequence[tuple[str, bytes]], *, uow: UnitOfWork
) -> Batch:
    """Add documents, pairs of name and content. Raises NoSuchBatch, BatchClosed, BatchFull."""
    async with uow:
        batch = await uow.batches.lock(batch_id, by)
        first = batch.take(len(files))
        documents = [
            BatchDocument(batch_id, first + index, name, data) for index, (name, data) in enumerate(files)
        ]
        await uow.batches.add_documents(documents)
        await uow.commit(answer=batch)
    return batch


async def start(batch_id: UUID, by: str, *, uow: UnitOfWork, clock: Clock) -> Batch:
    """Hand a batch to the worker. Raises NoSuchBatch, BatchEmpty, IllegalMove."""
    now = clock.now()
    async with uow:
        batch = await uow.batches.lock(batch_id, by)
        batch.start(now)
        await uow.audit.note(by, "batch.start", str(batch_id), now, {"documents": str(batch.total)})
        await uow.commit()
    return batch


async def cancel(batch_id: UUID, by: str, *, uow: UnitOfWork, clock: Clock) -> Batch:
    """Seal no more of a batch. Raises NoSuchBatch, IllegalMove."""
    now = clock.now()
    async with uow:
        batch = await uow.batches.lock(batch_id, by)
        batch.cancel(now)
        await uow.audit.note(by, "batch.cancel", str(batch_id), now)
        await uow.commit()
    return batch


async def seal_some(
    *, uow: UnitOfWork, desk: Desk, clock: Clock, place_of: Callable[[dict[str, Any]], At]
) -> int:
    """Seal some pending documents; return how many got their result.

    The documents are held while the desk seals them in transactions of its own. A worker that is killed
    leaves them pending; the next one asks the desk again, which gives what was sealed already once more.
    """
    async with uow:
        claimed = await uow.batches.claim(CLAIMED_AT_ONCE)
        if not claimed:
            return 0
        orders = [
            SealDocument(
                document.source or b"",
                batch.seal_code,
                batch.purpose,
                document.use_key,
                place_of(batch.place),
                batch.requested_by,
            ).order()
            for batch, document in claimed
        ]
        outcomes = await desk.use(orders)
        now = clock.now()
        done = 0
        for (_batch, document), outcome in zip(claimed, outcomes, strict=True):
            if outcome.use is not None:
                document.seal(outcome.use.digest, now)
            elif isinstance(outcome.error, Unavailable):
                # The key is away for the moment: the document stays pending.
                continue
            else:
                document.fail(*_problem(outcome), now)
            done += 1
        await uow.commit()
    return done


def _problem(outcome: Outcome) -> tuple[str, str]:
    error = outcome.error
    if error is None:
        raise RuntimeError("an outcome has a use or an error")
    return error.code, error.detail


async def finish_some(*, uow: UnitOfWork, clock: Clock) -> int:
    """Close batches whose documents all have a result; return how many."""
    now = clock.now()
    async with uow:
        complete = await uow.batches.claim_complete(FINISHED_AT_ONCE)
        for batch in complete:
            batch.finish(now)
            await uow.audit.note("svc-seal", "batch.finish", str(batch.id), now)
        await uow.commit()
    return len(complete)


async def forget_batches(*, uow: UnitOfWork, clock: Clock) -> int:
    """Delete old batches; return how many."""
    async with uow:
        count = await uow.batches.forget(clock.now() - FORGOTTEN_AFTER, FORGOTTEN_AT_ONCE)
        await uow.commit()
    return count
