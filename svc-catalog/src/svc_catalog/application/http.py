"""Routes of applications."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, NotAllowed, StaleVersion
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import (
    Caller,
    CallerKind,
    Citizen,
    Cursor,
    KeyReused,
    Limit,
    Page,
    Service,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_catalog.application import commands, store
from svc_catalog.application.commands import APPLICANT, FORM, Check, Decide, Submit
from svc_catalog.application.domain import (
    Application,
    FormInvalid,
    FourEyes,
    MaterialsMissing,
    NoSuchApplication,
    Status,
)
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.application.schemas import (
    ApplicationCreate,
    ApplicationOut,
    LicenseSubject,
    Reason,
    Supplement,
)
from svc_catalog.item.domain import NoSuchItem

router = APIRouter(prefix="/v1/applications", tags=["办件"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Clerk = Annotated[Caller, requires("clerk")]
Officer = Annotated[Caller, requires("officer")]
Seen = Annotated[Caller, requires("citizen", "clerk", "officer")]
Version = Annotated[int | None, Header(alias="If-Match", description="看到的办件版本号")]
STEP = problems(NoSuchApplication, IllegalMove, StaleVersion, NotAllowed)


def own(caller: Caller) -> Check:
    """Return the check that the application is the citizen's own; others' do not exist for them."""

    def check(application: Application) -> None:
        if application.person_id != caller.person_id:
            raise NoSuchApplication

    return check


def at_point_or_department(caller: Caller) -> Check:
    """Return the check that the clerk works at the application's service point or for its department."""

    def check(application: Application) -> None:
        if application.service_point not in caller.points:
            caller.check_org(application.department)

    return check


def of_department(caller: Caller) -> Check:
    """Return the check that the officer belongs to the department that decides."""
    return lambda application: caller.check_org(application.department)


def may_see(caller: Caller) -> Check:
    """Return the check that the caller may see the application."""
    return own(caller) if caller.kind is CallerKind.CITIZEN else at_point_or_department(caller)


@router.post(
    "",
    status_code=201,
    responses=problems(NoSuchItem, FormInvalid, MaterialsMissing, KeyReused, NotAllowed),
)
async def create_application(
    body: ApplicationCreate,
    caller: Annotated[Caller, requires("citizen", "clerk")],
    uow: Annotated[UnitOfWork, recorded(ApplicationOut)],
    cipher: Cipher,
    clock: ClockDep,
) -> ApplicationOut:
    """Hand in an application (申请), for oneself or, by a clerk, for the person at the window."""
    command = Submit(
        body.item_code,
        _applicant_of(body, caller),
        body.service_point,
        body.appointment_id,
        caller.channel,
        body.applicant.model_dump(),
        body.form,
        [material.model_dump() for material in body.materials],
    )
    return ApplicationOut.model_validate(await commands.submit(command, uow=uow, cipher=cipher, clock=clock))


def _applicant_of(body: ApplicationCreate, caller: Caller) -> str:
    if caller.kind is CallerKind.CITIZEN:
        if body.person_id not in (None, caller.person_id):
            raise NotAllowed("只能为本人提交办件")
        return caller.person_id
    caller.check_point(body.service_point)
    if body.person_id is None:
        raise NotAllowed("窗口代办须指明办事人 person_id")
    return body.person_id


@router.get("")
async def list_applications(
    caller: Seen,
    session: ReadSession,
    status: Status | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ApplicationOut]:
    """List the citizen's own applications, or a staff member's worklist, the latest first."""
    before = read_cursor(cursor, datetime, UUID)
    if caller.kind is CallerKind.CITIZEN:
        rows = await store.of_person(session, caller.person_id, before=before, limit=limit + 1)
    else:
        orgs = None if "admin" in caller.roles else caller.orgs
        rows = await store.worklist(
            session, orgs=orgs, points=caller.points, status=status, before=before, limit=limit + 1
        )
    items = [ApplicationOut.model_validate(row) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].submitted_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=more)


@router.get("/{application_id}", responses=problems(NoSuchApplication))
async def get_application(application_id: UUID, caller: Seen, session: ReadSession) -> ApplicationOut:
    """Return one application with its steps (办件进度)."""
    found = await store.one(session, application_id)
    may_see(caller)(found)
    return ApplicationOut.model_validate(found)


@router.post("/{application_id}/acceptance", responses=STEP)
async def accept(
    application_id: UUID, caller: Clerk, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Take an application in (受理)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version)
    return ApplicationOut.model_validate(await commands.accept(command, uow=uow, clock=clock))


@router.post("/{application_id}/supplement-request", responses=STEP)
async def request_supplement(
    application_id: UUID, body: Reason, caller: Clerk, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Ask for what is missing, all at once (一次性告知补正)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version, body.note)
    return ApplicationOut.model_validate(await commands.request_supplement(command, uow=uow, clock=clock))


@router.post("/{application_id}/supplement", responses=STEP | problems(FormInvalid, MaterialsMissing))
async def supplement(
    application_id: UUID, body: Supplement, caller: Citizen, uow: Uow, cipher: Cipher, clock: ClockDep
) -> ApplicationOut:
    """Hand in what was missing (补正)."""
    command = Decide(application_id, caller.subject, own(caller))
    materials: list[dict[str, Any]] = [material.model_dump() for material in body.materials]
    return ApplicationOut.model_validate(
        await commands.supplement(command, body.form, materials, uow=uow, cipher=cipher, clock=clock)
    )


@router.post("/{application_id}/rejection", responses=STEP)
async def reject(
    application_id: UUID, body: Reason, caller: Clerk, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Do not take it in (不予受理)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version, body.note)
    return ApplicationOut.model_validate(await commands.reject(command, uow=uow, clock=clock))


@router.post("/{application_id}/approval", responses=STEP | problems(FourEyes))
async def approve(
    application_id: UUID, caller: Officer, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Grant it (准予)."""
    command = Decide(application_id, caller.subject, of_department(caller), version)
    return ApplicationOut.model_validate(await commands.approve(command, uow=uow, clock=clock))


@router.post("/{application_id}/refusal", responses=STEP | problems(FourEyes))
async def refuse(
    application_id: UUID, body: Reason, caller: Officer, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Refuse it, with the reason (不予许可)."""
    command = Decide(application_id, caller.subject, of_department(caller), version, body.note)
    return ApplicationOut.model_validate(await commands.refuse(command, uow=uow, clock=clock))


@router.post("/{application_id}/withdrawal", responses=STEP)
async def withdraw(application_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> ApplicationOut:
    """Take one's own application back (撤回)."""
    command = Decide(application_id, caller.subject, own(caller))
    return ApplicationOut.model_validate(await commands.withdraw(command, uow=uow, clock=clock))


@router.get("/{application_id}/license-subject", responses=problems(NoSuchApplication))
async def get_license_subject(
    application_id: UUID, caller: Service, session: ReadSession, cipher: Cipher
) -> LicenseSubject:
    """Tell svc-license what the licence of an approved application must say."""
    found = await store.one(session, application_id)
    if found.result_license_type is None or found.status not in {Status.APPROVED, Status.DELIVERED}:
        raise NoSuchApplication("该办件没有可签发的证照")
    applicant = json.loads(cipher.decrypt(found.applicant, context=APPLICANT))
    form = json.loads(cipher.decrypt(found.form, context=FORM))
    return LicenseSubject(
        application_id=found.id,
        person_id=found.person_id,
        license_type=found.result_license_type,
        department=found.department,
        item_code=found.item_code,
        holder_name=applicant["name"],
        holder_number=applicant["id_number"],
        fields={name: str(value) for name, value in form.items()},
    )
