"""Periodic work on uses."""

from collections.abc import Callable

from lib_kernel import Clock
from svc_seal.use.commands import forget_documents
from svc_seal.use.ports import UnitOfWork


class UseDuties:
    """Drops sealed files that were kept long enough."""

    def __init__(self, work: Callable[[], UnitOfWork], clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def forget(self) -> bool:
        """Drop some; true when there may be more."""
        return await forget_documents(uow=self._work(), clock=self._clock) > 0
