"""What granting needs from outside."""

from typing import Protocol
from uuid import UUID

from svc_seal.certificate.ports import UnitOfWork as CertificateWork
from svc_seal.grant.domain import Grant


class Grants(Protocol):
    """Grants inside one transaction."""

    async def add(self, grant: Grant) -> None:
        """Keep a grant. Raises UnknownSeal."""
        ...

    async def lock(self, seal_code: str, grant_id: UUID) -> Grant:
        """Return the grant, locked. Raises NoSuchGrant."""
        ...


class UnitOfWork(CertificateWork, Protocol):
    """One transaction over grants."""

    @property
    def grants(self) -> Grants:
        """Return the grants."""
        ...
