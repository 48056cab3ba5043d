"""Routes of consents and of reads by partners, departments and clerks."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, Clock, Invalid, mask_id, mask_name
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import AnyCaller, Caller, Citizen, problems, requires
from svc_license.consent import commands, store
from svc_license.consent.domain import ConsentMissing, ConsentOver, NoSuchConsent
from svc_license.consent.ports import UnitOfWork
from svc_license.consent.schemas import (
    ConsentCreate,
    ConsentList,
    ConsentOut,
    DepartmentRead,
    DepartmentView,
    GroundList,
    GroundOut,
    Holding,
    Holdings,
    HoldingsRead,
    VerificationCreate,
    VerificationOut,
)
from svc_license.license.documents import Documents
from svc_license.license.domain import License, NoSuchLicense
from svc_license.license.sisters import SealClient
from svc_license.license.text import read_text
from svc_license.usage.domain import Reader, ReaderKind

router = APIRouter(prefix="/v1", tags=["授权与核验"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Partner = Annotated[Caller, requires("partner")]
Officer = Annotated[Caller, requires("officer")]
# An officer needs a consent or a law: without the person at the window there is no other reason to look.
Desk = Annotated[Caller, requires("clerk")]
Papers = Annotated[Documents, component(Documents)]
Seals = Annotated[SealClient, component(SealClient)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]


@router.post("/consents", status_code=201, responses=problems(NoSuchLicense, Invalid))
async def create_consent(
    body: ConsentCreate,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(ConsentOut)],
    clock: ClockDep,
) -> ConsentOut:
    """Allow a partner or department to read one of one's licences (授权)."""
    grantee, kind = body.grantee
    command = commands.GiveConsent(
        caller.person_id, body.license_id, grantee, kind, body.purpose, body.expires_at
    )
    return ConsentOut.model_validate(await commands.give_consent(command, uow=uow, clock=clock))


@router.get("/consents")
async def list_consents(caller: Citizen, session: ReadSession) -> ConsentList:
    """List the consents the caller gave."""
    rows = await store.of_person(session, caller.person_id)
    return ConsentList(items=[ConsentOut.model_validate(row) for row in rows])


@router.post("/consents/{consent_id}/revocation", responses=problems(NoSuchConsent, ConsentOver))
async def revoke_consent(consent_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> ConsentOut:
    """Take a consent back (撤销授权)."""
    return ConsentOut.model_validate(
        await commands.revoke_consent(consent_id, caller.person_id, uow=uow, clock=clock)
    )


@router.get("/legal-grounds")
async def list_grounds(caller: AnyCaller, session: ReadSession) -> GroundList:
    """List the laws under which the caller's department or partner may read licences (法定依据)."""
    rows = await store.grounds_of(session, [*caller.orgs, caller.subject])
    return GroundList(items=[GroundOut.model_validate(row) for row in rows])


@router.post("/verifications", responses=problems(ConsentMissing, Invalid))
async def create_verification(
    body: VerificationCreate,
    caller: Partner,
    uow: Uow,
    clock: ClockDep,
    papers: Papers,
    sealing: Seals,
    cipher: Cipher,
) -> VerificationOut:
    """Verify a licence for a partner under consent or law; the holder sees the read (核验)."""
    reader = Reader(ReaderKind.PARTNER, caller.subject, caller.subject)
    command = commands.ReadLicense(reader, body.license_number, body.purpose, body.consent_id, body.ground)
    found = await commands.read_license(command, uow=uow, clock=clock)
    return VerificationOut.model_validate(await _facts(found, cipher, papers, sealing, clock))


@router.post("/department-reads", responses=problems(ConsentMissing, Invalid))
async def create_department_read(
    body: DepartmentRead,
    caller: Officer,
    uow: Uow,
    clock: ClockDep,
    papers: Papers,
    sealing: Seals,
    cipher: Cipher,
) -> DepartmentView:
    """Read a licence for a department under consent or law; the holder sees the read (部门用证)."""
    caller.check_org(body.department)
    reader = Reader(ReaderKind.DEPARTMENT, body.department, caller.subject)
    command = commands.ReadLicense(reader, body.license_number, body.purpose, body.consent_id, body.ground)
    found = await commands.read_license(command, uow=uow, clock=clock)
    facts = await _facts(found, cipher, papers, sealing, clock)
    return DepartmentView.model_validate({**facts, "fields": _fields(found, cipher)})


@router.post("/holding-reads")
async def create_holding_read(
    body: HoldingsRead, caller: Desk, uow: Uow, clock: ClockDep, cipher: Cipher
) -> Holdings:
    """Tell a clerk what the person at the window holds; each licence found counts as a read (窗口查询)."""
    reader = Reader(ReaderKind.STAFF, caller.subject, caller.subject)
    index = cipher.blind_index(body.holder_number)
    command = commands.ReadHoldings(reader, index, tuple(body.license_types), body.purpose)
    found = await commands.read_holdings(command, uow=uow, clock=clock)
    return Holdings(items=[_holding(license_, cipher, clock) for license_ in found])


async def _facts(
    found: License, cipher: FieldCipher, papers: Documents, sealing: SealClient, clock: Clock
) -> dict[str, Any]:
    seal_valid = None
    if found.document is not None:
        seal_valid = await sealing.is_good(await papers.ofd(found))
    today = clock.now().astimezone(CITY_ZONE).date()
    said = read_text(found, cipher)
    return {
        "valid": found.is_valid_on(today) and seal_valid is not False,
        "license_number": found.number,
        "license_name": found.name,
        "status": found.standing_on(today),
        "holder_name": mask_name(said.holder_name),
        "holder_number": mask_id(said.holder_number),
        "issued_at": found.issued_at,
        "valid_until": found.valid_until,
        "seal_valid": seal_valid,
    }


def _fields(found: License, cipher: FieldCipher) -> dict[str, str]:
    said = read_text(found, cipher)
    return {name: value for name, value in said.fields.items() if name != "photo"}


def _holding(found: License, cipher: FieldCipher, clock: Clock) -> Holding:
    today = clock.now().astimezone(CITY_ZONE).date()
    return Holding(
        license_id=found.id,
        type_code=found.type_code,
        name=found.name,
        number=found.number or "",
        status=found.standing_on(today),
        holder_name=mask_name(read_text(found, cipher).holder_name),
        valid_until=found.valid_until,
    )
