"""Apply, approve, refuse, freeze, unfreeze, revoke, replace, expire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lib_contracts.seal import SealActivated, SealFrozen, SealReplaced, SealRevoked, SealUnfrozen
from lib_kernel import Clock
from svc_seal.certificate.commands import revoke as revoke_certificate
from svc_seal.certificate.domain import Reason, RevokedCertificate
from svc_seal.certificate.ports import ListIssuer
from svc_seal.grant.domain import Grant
from svc_seal.seal.domain import Kind, Seal
from svc_seal.seal.picture import draw
from svc_seal.seal.ports import SealMaker, UnitOfWork

SYSTEM = "svc-seal"
EXPIRED_AT_ONCE = 50


@dataclass(frozen=True)
class Apply:
    """Ask for a seal. `users` are pairs of user and purpose; `replaces` is the seal it takes the place of."""

    code: str
    name: str
    department: str
    kind: Kind
    by: str
    line: str = ""
    replaces: str | None = None
    users: tuple[tuple[str, str], ...] = ()


async def apply(cmd: Apply, *, uow: UnitOfWork, clock: Clock) -> Seal:
    """Ask for a seal; its picture is drawn at once, for the approver to see.

    Raises:
        SealExists: the code is taken.
        PictureImpossible, NoSuchSeal, ReplacementImpossible: see there.
    """
    now = clock.now()
    seal = Seal(
        cmd.code, cmd.name, cmd.department, cmd.kind, cmd.by, now, line=cmd.line, replaces=cmd.replaces
    )
    seal.picture = draw(cmd.kind, cmd.name, cmd.code, cmd.line).png()
    async with uow:
        if cmd.replaces is not None:
            (await uow.seals.lock(cmd.replaces)).check_replaceable()
        await uow.seals.add(seal)
        for user, purpose in cmd.users:
            await uow.grants.add(Grant.of(cmd.code, user, purpose, cmd.by, now))
        facts = {"name": cmd.name, "kind": cmd.kind.value, "replaces": cmd.replaces or ""}
        await uow.audit.note(cmd.by, "seal.apply", cmd.code, now, facts)
        await uow.commit(answer=seal)
    return seal


@dataclass(frozen=True)
class Making:
    """Who makes seals and who withdraws certificates."""

    maker: SealMaker
    issuer: ListIssuer


async def approve(code: str, by: str, *, uow: UnitOfWork, making: Making, clock: Clock) -> Seal:
    """Approve a seal, as another person than its applicant; it is made and active.

    A seal that it replaces ends in the same transaction: there is never a moment with both, or none.

    Raises:
        NoSuchSeal, FourEyes, IllegalMove, ReplacementImpossible: see there.
    """
    now = clock.now()
    async with uow:
        seal = await uow.seals.lock(code)
        seal.check_approver(by)
        made = await making.maker.make(seal, now)
        seal.activate(by, now, made=made.made, certificate=made.certificate, wrapped_key=made.wrapped_key)
        await uow.audit.note(by, "seal.approve", code, now)
        uow.outbox.add(SealActivated(seal_code=code, activated_at=now))
        if seal.replaces is not None:
            await _replace(seal, by, now, uow=uow, making=making)
        await uow.commit()
    return seal


async def _replace(seal: Seal, by: str, now: datetime, *, uow: UnitOfWork, making: Making) -> None:
    old = await uow.seals.lock(seal.replaces or "")
    old.check_replaceable()
    old.be_replaced(seal.code)
    await uow.audit.note(by, "seal.replace", old.code, now, {"by": seal.code})
    uow.outbox.add(SealReplaced(seal_code=old.code, replaced_by=seal.code, replaced_at=now))
    withdrawn = RevokedCertificate(
        making.maker.serial_of(old.certificate), old.code, Reason.SUPERSEDED, now, by
    )
    await revoke_certificate(withdrawn, uow=uow, issuer=making.issuer)


async def refuse(code: str, by: str, reason: str, *, uow: UnitOfWork, clock: Clock) -> Seal:
    """Turn an application down, as another person than its applicant."""
    async with uow:
        seal = await uow.seals.lock(code)
        seal.refuse(by, reason)
        await uow.audit.note(by, "seal.refuse", code, clock.now(), {"reason": reason})
        await uow.commit()
    return seal


async def freeze(code: str, by: str, reason: str, *, uow: UnitOfWork, clock: Clock) -> Seal:
    """Forbid a seal's use for a time."""
    now = clock.now()
    event = SealFrozen(seal_code=code, frozen_at=now)
    return await _change(code, by, "seal.freeze", lambda seal: seal.freeze(reason), event, reason, now, uow)


async def unfreeze(code: str, by: str, reason: str, *, uow: UnitOfWork, clock: Clock) -> Seal:
    """Allow a seal's use again."""
    now = clock.now()
    event = SealUnfrozen(seal_code=code, unfrozen_at=now)
    return await _change(
        code, by, "seal.unfreeze", lambda seal: seal.unfreeze(reason), event, reason, now, uow
    )


async def _change(
    code: str,
    by: str,
    action: str,
    act: Callable[[Seal], None],
    event: SealFrozen | SealUnfrozen,
    reason: str,
    now: datetime,
    uow: UnitOfWork,
) -> Seal:
    async with uow:
        seal = await uow.seals.lock(code)
        act(seal)
        await uow.audit.note(by, action, code, now, {"reason": reason} if reason else {})
        uow.outbox.add(event)
        await uow.commit()
    return seal


@dataclass(frozen=True)
class Revoke:
    """Withdraw a seal for good; `reason` goes into the revocation list, `note` says more."""

    code: str
    by: str
    reason: Reason = Reason.CESSATION
    note: str = ""


async def revoke(cmd: Revoke, *, uow: UnitOfWork, making: Making, clock: Clock) -> Seal:
    """Withdraw a seal and its certificate; the new revocation list is out with the same commit."""
    now = clock.now()
    async with uow:
        seal = await uow.seals.lock(cmd.code)
        seal.revoke(cmd.note)
        facts = {"reason": cmd.reason.value, "note": cmd.note}
        await uow.audit.note(cmd.by, "seal.revoke", cmd.code, now, facts)
        uow.outbox.add(SealRevoked(seal_code=cmd.code, revoked_at=now, reason=cmd.reason.value))
        if seal.certificate:
            serial = making.maker.serial_of(seal.certificate)
            withdrawn = RevokedCertificate(serial, cmd.code, cmd.reason, now, cmd.by)
            await revoke_certificate(withdrawn, uow=uow, issuer=making.issuer)
        await uow.commit()
    return seal


async def expire_seals(*, uow: UnitOfWork, clock: Clock) -> int:
    """Mark seals whose validity has ended; return how many."""
    now = clock.now()
    async with uow:
        ended = await uow.seals.lock_ended(now, EXPIRED_AT_ONCE)
        for seal in ended:
            seal.expire(now)
            await uow.audit.note(SYSTEM, "seal.expire", seal.code, now)
        await uow.commit()
    return len(ended)
