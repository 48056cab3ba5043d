"""The worker's part: seals the documents of running batches."""

from collections.abc import Callable

from lib_kernel import Clock
from svc_seal.batch.commands import finish_some, forget_batches, seal_some
from svc_seal.batch.ports import UnitOfWork
from svc_seal.use.ports import Desk
from svc_seal.use.schemas import SealPlace


class BatchDuties:
    """Several workers may run it: each claims documents that no other holds."""

    def __init__(self, work: Callable[[], UnitOfWork], desk: Desk, clock: Clock) -> None:
        self._work = work
        self._desk = desk
        self._clock = clock

    async def seal(self) -> bool:
        """Seal some documents and close complete batches; true when there may be more."""
        done = await seal_some(
            uow=self._work(), desk=self._desk, clock=self._clock, place_of=SealPlace.model_validate
        )
        finished = await finish_some(uow=self._work(), clock=self._clock)
        return done > 0 or finished > 0

    async def forget(self) -> bool:
        """Delete old batches; true when there may be more."""
        return await forget_batches(uow=self._work(), clock=self._clock) > 0
