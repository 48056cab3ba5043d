"""Routes of consents, verifications and reads."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, Invalid, LicenseNumber, mask_id, mask_name
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import AnyCaller, Caller, Citizen, problems, requires
from svc_license.consent import commands, store
from svc_license.consent.domain import ConsentMissing, ConsentOver, NoSuchConsent
from svc_license.consent.ports import UnitOfWork
from svc_license.consent.schemas import (
    ConsentCreate,
    ConsentList,
    ConsentOut,
    PublicVerificationCreate,
    PublicVerificationOut,
    ReadList,
    ReadOut,
    VerificationCreate,
    VerificationOut,
)
from svc_license.license import store as licenses
from svc_license.license.domain import License, NoSuchLicense
from svc_license.license.issuing import HOLDER_NAME, HOLDER_NUMBER
from svc_license.license.sisters import ObjectFiles, SealClient

router = APIRouter(prefix="/v1", tags=["授权与核验"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Partner = Annotated[Caller, requires("partner")]


@router.post("/consents", status_code=201, responses=problems(NoSuchLicense, Invalid))
async def create_consent(
    body: ConsentCreate,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(ConsentOut)],
    clock: ClockDep,
) -> ConsentOut:
    """Allow a partner to read one of one's licences (授权)."""
    command = commands.GiveConsent(
        caller.person_id, body.license_id, body.partner, body.purpose, body.expires_at
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


@router.get("/licenses/{license_id}/reads", responses=problems(NoSuchLicense))
async def list_reads(license_id: UUID, caller: Citizen, session: ReadSession) -> ReadList:
    """Tell the holder who read a licence (用证记录)."""
    found = await licenses.one_of_person(session, license_id, caller.person_id)
    rows = await store.reads_of(session, found.id)
    return ReadList(items=[ReadOut.model_validate(row) for row in rows])


@router.post("/verifications", responses=problems(ConsentMissing))
async def create_verification(
    body: VerificationCreate,
    caller: Partner,
    uow: Uow,
    clock: ClockDep,
    files: Annotated[ObjectFiles, component(ObjectFiles)],
    sealing: Annotated[SealClient, component(SealClient)],
    cipher: Annotated[FieldCipher, component(FieldCipher)],
) -> VerificationOut:
    """Verify a licence for a partner under its holder's consent; the holder sees the read (核验)."""
    command = commands.ReadLicense(caller.subject, body.license_number, body.consent_id, body.purpose)
    found = await commands.read_license(command, uow=uow, clock=clock)
    seal_valid = await sealing.is_good(await files.get(found.document or ""))
    today = clock.now().astimezone(CITY_ZONE).date()
    return _answer(found, cipher, valid=found.is_valid_on(today) and seal_valid, seal_valid=seal_valid)


def _answer(found: License, cipher: FieldCipher, *, valid: bool, seal_valid: bool) -> VerificationOut:
    return VerificationOut.model_validate(
        {
            "valid": valid,
            "license_number": found.number,
            "license_name": found.name,
            "status": found.status,
            "holder_name": mask_name(cipher.decrypt(found.holder_name, context=HOLDER_NAME)),
            "holder_number": mask_id(cipher.decrypt(found.holder_number, context=HOLDER_NUMBER)),
            "issued_at": found.issued_at,
            "valid_until": found.valid_until,
            "seal_valid": seal_valid,
        }
    )


@router.post("/public-verifications", responses=problems(NoSuchLicense, Invalid))
async def create_public_verification(
    body: PublicVerificationCreate, caller: AnyCaller, session: ReadSession, clock: ClockDep
) -> PublicVerificationOut:
    """Tell anyone whether a licence with a number is good (公众核验)."""
    found = await licenses.by_number(session, LicenseNumber.parse(body.license_number).text)
    today = clock.now().astimezone(CITY_ZONE).date()
    return PublicVerificationOut(
        valid=found.is_valid_on(today), license_name=found.name, valid_until=found.valid_until
    )
