"""Periodic work on seals."""

from collections.abc import Callable

from lib_kernel import Clock
from svc_seal.certificate.commands import renew_list
from svc_seal.certificate.ports import ListIssuer
from svc_seal.seal.commands import expire_seals
from svc_seal.seal.ports import UnitOfWork


class SealDuties:
    """Expires seals by the clock and keeps the revocation list fresh."""

    def __init__(self, work: Callable[[], UnitOfWork], issuer: ListIssuer, clock: Clock) -> None:
        self._work = work
        self._issuer = issuer
        self._clock = clock

    async def expire(self) -> bool:
        """Expire some seals; true when there may be more."""
        return await expire_seals(uow=self._work(), clock=self._clock) > 0

    async def renew_list(self) -> None:
        """Issue a new revocation list when one is due."""
        await renew_list(uow=self._work(), issuer=self._issuer, clock=self._clock)
