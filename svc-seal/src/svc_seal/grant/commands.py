"""Give and take back the right to use a seal."""

from uuid import UUID

from lib_kernel import Clock
from svc_seal.grant.domain import Grant
from svc_seal.grant.ports import UnitOfWork


async def give(grant: Grant, *, uow: UnitOfWork) -> Grant:
    """Keep a grant and note it. Raises UnknownSeal."""
    async with uow:
        await uow.grants.add(grant)
        facts = {"user": grant.user, "purpose": grant.purpose}
        await uow.audit.note(grant.granted_by, "seal.grant", grant.seal_code, grant.granted_at, facts)
        await uow.commit(answer=grant)
    return grant


async def end(seal_code: str, grant_id: UUID, by: str, *, uow: UnitOfWork, clock: Clock) -> Grant:
    """Take a grant back. Raises NoSuchGrant, GrantEnded."""
    now = clock.now()
    async with uow:
        grant = await uow.grants.lock(seal_code, grant_id)
        grant.end(now)
        facts = {"user": grant.user, "purpose": grant.purpose}
        await uow.audit.note(by, "seal.grant_end", seal_code, now, facts)
        await uow.commit()
    return grant
