"""Hand in and accept in one go."""

from dataclasses import dataclass

from lib_kernel import Clock
from svc_catalog.application.commands import facts_of, take_in
from svc_catalog.application.domain import Application
from svc_catalog.application.materials import Wallet, types_asked, unproven
from svc_catalog.application.ports import FieldCipher, UnitOfWork, WalletService
from svc_catalog.application.submitting import Submit, ask, file, planned


@dataclass(frozen=True)
class AcceptAtWindow:
    """A submission by a clerk, with how the person was identified and at which window."""

    submission: Submit
    clerk: str
    identification: str
    window: str


async def accept_at_window(
    cmd: AcceptAtWindow, *, uow: UnitOfWork, wallet: WalletService, cipher: FieldCipher, clock: Clock
) -> Application:
    """Hand in for a person and accept, both or neither. Raises as `submit`."""
    known = Wallet()
    async with uow:
        plan = await planned(cmd.submission.wish, uow)
    asked = types_asked(unproven(plan, cmd.submission.materials))
    if asked:
        known = await ask(wallet, cmd.submission.person_id, asked)
    async with uow:
        plan = await planned(cmd.submission.wish, uow)
        application = await file(cmd.submission, plan, known, uow=uow, cipher=cipher, clock=clock)
        # What is checked where the person stands is complete: it is accepted at once (当场受理).
        facts = {
            **facts_of(application),
            "identification": cmd.identification,
            "window": cmd.window,
            "service_point": application.service_point,
        }
        subject = str(application.id)
        await uow.audit.note(cmd.clerk, "window.submit_on_behalf", subject, clock.now(), facts)
        await take_in(application, cmd.clerk, uow=uow, clock=clock)
        await uow.commit(answer=application)
    return application


@dataclass(frozen=True)
class LookUp:
    """A clerk looks at what an identified person has open."""

    person_id: str
    clerk: str
    service_point: str
    identification: str


async def note_lookup(cmd: LookUp, *, uow: UnitOfWork, clock: Clock) -> None:
    """Note that a clerk looks a person up, before anything is shown."""
    facts = {"service_point": cmd.service_point, "identification": cmd.identification}
    async with uow:
        await uow.audit.note(cmd.clerk, "window.look_up", cmd.person_id, clock.now(), facts)
        await uow.commit()
