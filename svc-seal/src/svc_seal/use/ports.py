"""What sealing needs from outside."""

from typing import Protocol

from svc_seal.seal.ports import UnitOfWork as SealWork
from svc_seal.use.domain import SealUse


class Uses(Protocol):
    """Uses inside one transaction."""

    async def hold(self, use_key: str) -> SealUse | None:
        """Hold the occasion for this transaction; return its use when it was sealed already."""
        ...

    def add(self, use: SealUse) -> None:
        """Keep a use."""
        ...


class UnitOfWork(SealWork, Protocol):
    """One transaction over seals and their uses."""

    @property
    def uses(self) -> Uses:
        """Return the uses."""
        ...
