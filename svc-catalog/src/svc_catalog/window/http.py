"""Routes of the comprehensive window."""

from typing import Annotated

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Caller, requires
from svc_catalog.application.http import REFUSED, Wallet
from svc_catalog.application.listing import open_of_person
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.application.schemas import ApplicationListed
from svc_catalog.draft.store import of_person
from svc_catalog.window import commands
from svc_catalog.window.commands import AcceptAtWindow, LookUp
from svc_catalog.window.schemas import (
    AcceptanceOut,
    DraftAtWindow,
    PersonAtWindow,
    PersonLookup,
    WindowAcceptance,
)

router = APIRouter(prefix="/v1/window", tags=["综合窗口"])

Clerk = Annotated[Caller, requires("clerk")]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]


@router.post("/acceptances", status_code=201, responses=REFUSED)
async def accept_at_window(
    body: WindowAcceptance,
    caller: Clerk,
    uow: Annotated[UnitOfWork, recorded(AcceptanceOut)],
    wallet: Wallet,
    cipher: Cipher,
    clock: ClockDep,
) -> AcceptanceOut:
    """Take in any item or bundle for the person at the window (综合受理); it is accepted at once."""
    caller.check_point(body.service_point)
    submission = body.as_command(body.person_id, caller, body.consent_note)
    command = AcceptAtWindow(submission, caller.subject, body.identification.value, body.window)
    accepted = await commands.accept_at_window(command, uow=uow, wallet=wallet, cipher=cipher, clock=clock)
    return AcceptanceOut.model_validate(accepted)


@router.post("/persons")
async def look_up_person(
    body: PersonLookup, caller: Clerk, uow: Uow, session: ReadSession, clock: ClockDep
) -> PersonAtWindow:
    """Show what the identified person has open with us (本人在办)."""
    caller.check_point(body.service_point)
    command = LookUp(body.person_id, caller.subject, body.service_point, body.identification.value)
    await commands.note_lookup(command, uow=uow, clock=clock)
    rows = await open_of_person(session, body.person_id)
    drafts = await of_person(session, body.person_id)
    return PersonAtWindow(
        person_id=body.person_id,
        open=[ApplicationListed.model_validate(row) for row in rows],
        drafts=[DraftAtWindow.model_validate(draft) for draft in drafts],
    )
