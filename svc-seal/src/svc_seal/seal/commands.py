"""Apply, approve, freeze, unfreeze, revoke."""

from collections.abc import Callable
from dataclasses import dataclass

from lib_contracts.seal import SealActivated
from lib_kernel import Clock
from svc_seal.seal.domain import Seal
from svc_seal.seal.picture import draw_round_seal
from svc_seal.seal.ports import SealMaker, UnitOfWork


@dataclass(frozen=True)
class Apply:
    """Ask for a seal."""

    code: str
    name: str
    department: str
    kind: str
    by: str


async def apply(cmd: Apply, *, uow: UnitOfWork, clock: Clock) -> Seal:
    """Ask for a seal; its picture is drawn at once, for the approver to see.

    Raises:
        SealExists: the code is taken.
    """
    now = clock.now()
    seal = Seal(cmd.code, cmd.name, cmd.department, cmd.kind, cmd.by, now)
    seal.picture = draw_round_seal(cmd.name, cmd.code)
    async with uow:
        await uow.seals.add(seal)
        await uow.audit.note(cmd.by, "seal.apply", cmd.code, now, {"name": cmd.name})
        await uow.commit(answer=seal)
    return seal


async def approve(code: str, by: str, *, uow: UnitOfWork, maker: SealMaker, clock: Clock) -> Seal:
    """Approve a seal, as another person than its applicant; it is made and active.

    Raises:
        NoSuchSeal, FourEyes, IllegalMove: see there.
    """
    now = clock.now()
    async with uow:
        seal = await uow.seals.lock(code)
        seal.check_approver(by)
        made = await maker.make(seal, now)
        seal.activate(by, now, made=made.made, certificate=made.certificate, wrapped_key=made.wrapped_key)
        await uow.audit.note(by, "seal.approve", code, now, {})
        uow.outbox.add(SealActivated(seal_code=code, activated_at=now))
        await uow.commit()
    return seal


async def change(
    code: str, by: str, action: str, act: Callable[[Seal], None], *, uow: UnitOfWork, clock: Clock
) -> Seal:
    """Freeze, unfreeze or revoke a seal and note it."""
    async with uow:
        seal = await uow.seals.lock(code)
        act(seal)
        await uow.audit.note(by, action, code, clock.now(), {})
        await uow.commit()
    return seal
