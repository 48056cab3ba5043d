"""Revoke certificates and publish the lists."""

from datetime import datetime

from lib_kernel import Clock
from svc_seal.certificate.domain import RevokedCertificate
from svc_seal.certificate.ports import ListIssuer, UnitOfWork

SYSTEM = "svc-seal"


async def publish(uow: UnitOfWork, issuer: ListIssuer, now: datetime) -> None:
    """Issue the next list within the caller's transaction: the revocation and its list are one."""
    newest = await uow.certificates.newest_for_update()
    number = newest.number + 1 if newest else 1
    issued = await issuer.issue(await uow.certificates.all(), number, now)
    uow.certificates.add_list(issued)
    await uow.audit.note(SYSTEM, "revocation_list.issue", str(number), now)


async def revoke(revoked: RevokedCertificate, *, uow: UnitOfWork, issuer: ListIssuer) -> None:
    """Revoke a certificate and publish it, within the caller's transaction."""
    uow.certificates.add(revoked)
    await publish(uow, issuer, revoked.revoked_at)


async def renew_list(*, uow: UnitOfWork, issuer: ListIssuer, clock: Clock) -> bool:
    """Issue a new list when there is none or the newest nears its end; return whether one was issued."""
    now = clock.now()
    async with uow:
        newest = await uow.certificates.newest_for_update()
        if newest is not None and not newest.is_due(now):
            return False
        await publish(uow, issuer, now)
        await uow.commit()
    return True
