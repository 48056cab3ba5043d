"""Routes of delegations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, Invalid
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Citizen, problems
from svc_license.delegation import commands, store
from svc_license.delegation.domain import NoSuchDelegation
from svc_license.delegation.ports import UnitOfWork
from svc_license.delegation.schemas import DelegationCreate, DelegationList, DelegationOut
from svc_license.license.domain import NoSuchLicense
from svc_license.license.http import detail
from svc_license.license.schemas import LicenseDetail
from svc_license.person import PersonKey

router = APIRouter(prefix="/v1", tags=["代持授权"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Key = Annotated[PersonKey, component(PersonKey)]
ANSWERING = problems(NoSuchDelegation, IllegalMove)


@router.post("/delegations", status_code=201, responses=problems(NoSuchLicense, Invalid))
async def create_delegation(
    body: DelegationCreate,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(DelegationOut)],
    key: Key,
    clock: ClockDep,
) -> DelegationOut:
    """Let somebody see and show one of one's licences; it begins when they accept (授权代持)."""
    delegate = key.id_of(body.delegate_number)
    command = commands.Offer(caller.person_id, body.license_id, delegate, body.relation, body.until)
    return DelegationOut.model_validate(await commands.offer(command, uow=uow, clock=clock))


@router.get("/delegations")
async def list_delegations(caller: Citizen, session: ReadSession) -> DelegationList:
    """List the delegations the caller gave or was given."""
    rows = await store.of_person(session, caller.person_id)
    mine = [row.person_id == caller.person_id for row in rows]
    out = [DelegationOut.model_validate(row) for row in rows]
    return DelegationList(
        given=[row for row, given in zip(out, mine, strict=True) if given],
        received=[row for row, given in zip(out, mine, strict=True) if not given],
    )


@router.post("/delegations/{delegation_id}/acceptance", responses=ANSWERING)
async def accept_delegation(delegation_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> DelegationOut:
    """Accept to hold another's licence."""
    found = await commands.answer(delegation_id, caller.person_id, True, uow=uow, clock=clock)
    return DelegationOut.model_validate(found)


@router.post("/delegations/{delegation_id}/refusal", responses=ANSWERING)
async def decline_delegation(
    delegation_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep
) -> DelegationOut:
    """Decline to hold another's licence."""
    found = await commands.answer(delegation_id, caller.person_id, False, uow=uow, clock=clock)
    return DelegationOut.model_validate(found)


@router.post("/delegations/{delegation_id}/revocation", responses=ANSWERING)
async def revoke_delegation(delegation_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> DelegationOut:
    """End a delegation, as who gave it or as who was given it."""
    found = await commands.revoke(delegation_id, caller.person_id, uow=uow, clock=clock)
    return DelegationOut.model_validate(found)


@router.get("/delegations/{delegation_id}/license", responses=problems(NoSuchDelegation))
async def get_delegated_license(
    delegation_id: UUID, caller: Citizen, uow: Uow, cipher: Cipher, clock: ClockDep
) -> LicenseDetail:
    """Return a licence the caller holds for another; the holder sees that it was looked at."""
    return detail(await commands.see(delegation_id, caller.person_id, uow=uow, clock=clock), cipher)
