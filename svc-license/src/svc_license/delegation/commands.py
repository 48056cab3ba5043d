"""Offer, answer and end a delegation; see a licence under one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_contracts.license import LicenseDelegated
from lib_kernel import Clock, Invalid
from svc_license.delegation.domain import Delegation, NoSuchDelegation, Standing
from svc_license.delegation.ports import UnitOfWork
from svc_license.license.domain import License
from svc_license.usage.commands import note_read
from svc_license.usage.domain import Basis, Read, Reader, ReaderKind


@dataclass(frozen=True)
class Offer:
    """Let somebody show one of one's licences."""

    person_id: str
    license_id: UUID
    delegate_id: str
    relation: str
    until: datetime


async def offer(cmd: Offer, *, uow: UnitOfWork, clock: Clock) -> Delegation:
    """Keep an offer and tell the delegate.

    Raises:
        NoSuchLicense: it is not the person's.
        Invalid: the end lies in the past, or the delegate is the holder.
    """
    now = clock.now()
    if cmd.until <= now:
        raise Invalid("代持截止时间须晚于现在", field="until")
    if cmd.delegate_id == cmd.person_id:
        raise Invalid("不能授权给自己", field="delegate_number")
    async with uow:
        license_ = await uow.delegations.own_license(cmd.license_id, cmd.person_id)
        offered = Delegation.offer(
            license_.id,
            person_id=cmd.person_id,
            delegate_id=cmd.delegate_id,
            relation=cmd.relation,
            now=now,
            until=cmd.until,
        )
        uow.delegations.add(offered)
        uow.outbox.add(
            LicenseDelegated(
                license_id=license_.id,
                license_name=license_.name,
                delegation_id=offered.id,
                person_id=cmd.delegate_id,
                until=cmd.until,
            )
        )
        await uow.audit.note(cmd.person_id, "delegation.offered", str(license_.id), now)
        await uow.commit(answer=offered)
    return offered


async def answer(
    delegation_id: UUID, delegate_id: str, accepted: bool, *, uow: UnitOfWork, clock: Clock
) -> Delegation:
    """Accept or decline an offer. Raises NoSuchDelegation, IllegalMove."""
    now = clock.now()
    async with uow:
        found = await uow.delegations.lock(delegation_id)
        if found.delegate_id != delegate_id:
            raise NoSuchDelegation
        found.answer(accepted, now)
        await uow.audit.note(delegate_id, f"delegation.{found.status}", str(found.license_id), now)
        await uow.commit()
    return found


async def revoke(delegation_id: UUID, person_id: str, *, uow: UnitOfWork, clock: Clock) -> Delegation:
    """End a delegation, as its holder or as the delegate. Raises NoSuchDelegation, IllegalMove."""
    now = clock.now()
    async with uow:
        found = await uow.delegations.lock(delegation_id)
        if person_id not in {found.person_id, found.delegate_id}:
            raise NoSuchDelegation
        found.revoke(now)
        await uow.audit.note(person_id, "delegation.revoked", str(found.license_id), now)
        await uow.commit()
    return found


async def see(delegation_id: UUID, delegate_id: str, *, uow: UnitOfWork, clock: Clock) -> License:
    """Return the licence to the delegate; the holder finds it on record. Raises NoSuchDelegation."""
    now = clock.now()
    async with uow:
        found = await uow.delegations.lock(delegation_id)
        alive = found.status is Standing.ACCEPTED and now < found.until
        if found.delegate_id != delegate_id or not alive:
            raise NoSuchDelegation
        license_ = await uow.delegations.license(found.license_id)
        reader = Reader(ReaderKind.CITIZEN, delegate_id, delegate_id)
        read = Read.by(
            reader, license_.id, f"代持查看（{found.relation}）", Basis.DELEGATION, now, reference=found.id
        )
        await note_read(uow, license_, reader, read, tell=False)
        await uow.commit()
    return license_
