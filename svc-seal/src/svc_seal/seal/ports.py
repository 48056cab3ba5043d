"""What the commands on seals need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from svc_seal.grant.ports import UnitOfWork as GrantWork
from svc_seal.seal.domain import Seal


class Made(NamedTuple):
    """A seal as it was made: SESeal, signer certificate, handle of the signer's key."""

    made: bytes
    certificate: bytes
    wrapped_key: bytes


class SealMaker(Protocol):
    """Makes approved seals."""

    async def make(self, seal: Seal, now: datetime) -> Made:
        """Return the seal signed by the maker, with a new signer certificate."""
        ...

    def serial_of(self, certificate: bytes) -> str:
        """Return a certificate's serial number in decimal."""
        ...


class Seals(Protocol):
    """Seals inside one transaction."""

    async def add(self, seal: Seal) -> None:
        """Keep a new seal. Raises SealExists."""
        ...

    async def lock(self, code: str) -> Seal:
        """Return the seal, locked. Raises NoSuchSeal."""
        ...

    async def lock_ended(self, now: datetime, limit: int) -> Sequence[Seal]:
        """Return some seals whose validity has ended, locked; those that others hold are left out."""
        ...


class UnitOfWork(GrantWork, Protocol):
    """One transaction over seals."""

    @property
    def seals(self) -> Seals:
        """Return the seals."""
        ...
