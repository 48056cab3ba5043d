"""Routes of applications."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, NotAllowed, StaleVersion
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import (
    Caller,
    CallerKind,
    Citizen,
    Cursor,
    Keyed,
    KeyReused,
    Limit,
    Page,
    Service,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_catalog.application import commands, listing, store, submitting
from svc_catalog.application.access import (
    SEES,
    at_point_or_department,
    decides_for,
    own,
    scope_of,
    visible,
)
from svc_catalog.application.commands import Decide, Ruling, WhichTask
from svc_catalog.application.domain import (
    ClockStopped,
    FourEyes,
    NoSuchApplication,
    Status,
    ToldAlready,
)
from svc_catalog.application.express import Counter, SubmissionRoute
from svc_catalog.application.form import FormInvalid
from svc_catalog.application.listing import Wanted
from svc_catalog.application.materials import MaterialsMissing
from svc_catalog.application.ports import UnitOfWork, WalletService
from svc_catalog.application.schemas import (
    ApplicationCreate,
    ApplicationListed,
    ApplicationOut,
    CountsOut,
    LicenseSubject,
    PreCheckOut,
    Reason,
    Refusal,
    Supplement,
    SupplementRequest,
)
from svc_catalog.application.sisters import LicenseWallet
from svc_catalog.application.submitting import APPLICANT, FORM, NotOfferedThere
from svc_catalog.attachment.domain import AttachmentUnknown
from svc_catalog.bundle.domain import AnswersInvalid, NoSuchBundle
from svc_catalog.item.domain import NoSuchItem

router = APIRouter(prefix="/v1/applications", tags=["办件"])
express = APIRouter(prefix="/v1/applications", tags=["办件"], route_class=SubmissionRoute)
prechecks = APIRouter(tags=["办件"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Wallet = Annotated[WalletService, component(LicenseWallet)]
Clerk = Annotated[Caller, requires("clerk")]
Officer = Annotated[Caller, requires("officer")]
Seen = Annotated[Caller, requires(*SEES)]
HandsIn = Annotated[Caller, requires("citizen", "clerk")]
Version = Annotated[int | None, Header(alias="If-Match", description="看到的办件版本号")]
STEP = problems(NoSuchApplication, IllegalMove, StaleVersion, NotAllowed)
REFUSED = problems(
    NoSuchItem,
    NoSuchBundle,
    AnswersInvalid,
    FormInvalid,
    MaterialsMissing,
    AttachmentUnknown,
    NotOfferedThere,
    KeyReused,
    NotAllowed,
)


def wanted(
    status: Status | None = None,
    item_code: Annotated[str | None, Query(max_length=40)] = None,
    service_point: Annotated[str | None, Query(max_length=40)] = None,
    overdue: Annotated[bool, Query(description="只看红牌（超期）")] = False,
) -> Wanted:
    """Return the filters of a list (a dependency)."""
    return Wanted(status, item_code, service_point, overdue)


Filters = Annotated[Wanted, Depends(wanted)]


async def submission_counter(request: Request, keyed: Keyed) -> Counter:
    """Return the counter for one request."""
    return Counter(request.app.state.runtime, keyed)


@express.post("", status_code=201, responses=REFUSED, response_model=ApplicationOut)
async def create_application(
    body: ApplicationCreate,
    caller: HandsIn,
    counter: Annotated[Counter, Depends(submission_counter)],
    wallet: Wallet,
    cipher: Cipher,
    clock: ClockDep,
) -> Response:
    """Hand in an application (申请), for oneself or, by a clerk, for the person at the window."""
    command = body.as_command(applicant_of(body, caller), caller)
    filed = await submitting.submit(command, uow=counter.uow, wallet=wallet, cipher=cipher, clock=clock)
    return counter.answer(filed)


@prechecks.post("/v1/application-prechecks", responses=REFUSED)
async def precheck_application(
    body: ApplicationCreate, caller: HandsIn, uow: Uow, wallet: Wallet, session: ReadSession
) -> PreCheckOut:
    """Tell what is wrong or missing and what the wallet proves, without handing in (预审)."""
    command = body.as_command(applicant_of(body, caller), caller)
    found = await submitting.pre_check(command, uow=uow, wallet=wallet)
    return PreCheckOut.model_validate(
        {
            "ready": not (found.errors or found.missing),
            "errors": found.errors,
            "missing": found.missing,
            "findings": found.findings,
            "open_case": await store.open_twin(session, command.person_id, found.plan.code),
        }
    )


def applicant_of(body: ApplicationCreate, caller: Caller) -> str:
    """Return whose application it is. Raises NotAllowed."""
    if caller.kind is CallerKind.CITIZEN:
        if body.person_id not in (None, caller.person_id):
            raise NotAllowed("只能为本人提交办件")
        return caller.person_id
    caller.check_point(body.service_point)
    if body.person_id is None:
        raise NotAllowed("窗口代办须指明办事人 person_id")
    return body.person_id


@router.get("", response_model=Page[ApplicationListed])
async def list_applications(
    caller: Seen, session: ReadSession, filters: Filters, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List the citizen's own applications, or a staff member's worklist, the latest first."""
    before = read_cursor(cursor, datetime, UUID)
    rows = await listing.listed(session, scope_of(caller), filters, before=before, limit=limit + 1)
    items = [listing.as_json(row) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].submitted_at, rows[limit - 1].id) if len(rows) > limit else None
    # A page of a hundred is written directly: validating it as models again would double its cost.
    return Response(orjson.dumps({"items": items, "next": more}, default=str), media_type="application/json")


@router.get("/counts")
async def count_applications(caller: Seen, session: ReadSession, filters: Filters) -> CountsOut:
    """Count what the list would show, by status."""
    found = await listing.counts(session, scope_of(caller), filters)
    return CountsOut(total=sum(found.values()), by_status=found)


@router.get("/{application_id}", responses=problems(NoSuchApplication, NotAllowed))
async def get_application(application_id: UUID, caller: Seen, session: ReadSession) -> ApplicationOut:
    """Return one application with its steps (办件进度)."""
    found = await store.one(session, application_id)
    await visible(session, found, caller)
    return ApplicationOut.for_reader(found, caller)


@router.post("/{application_id}/acceptance", responses=STEP)
async def accept(
    application_id: UUID, caller: Clerk, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Take an application in (受理)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version)
    return ApplicationOut.for_reader(await commands.accept(command, uow=uow, clock=clock), caller)


@router.post("/{application_id}/supplement-request", responses=STEP | problems(ToldAlready))
async def request_supplement(
    application_id: UUID,
    body: SupplementRequest,
    caller: Clerk,
    uow: Uow,
    clock: ClockDep,
    version: Version = None,
) -> ApplicationOut:
    """Ask for what is missing, all at once (一次性告知补正)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version, body.note)
    asked = await commands.request_supplement(command, body.missing, uow=uow, clock=clock)
    return ApplicationOut.for_reader(asked, caller)


@router.post(
    "/{application_id}/supplement",
    responses=STEP | problems(FormInvalid, MaterialsMissing, AttachmentUnknown),
)
async def supplement(
    application_id: UUID,
    body: Supplement,
    caller: Citizen,
    uow: Uow,
    wallet: Wallet,
    cipher: Cipher,
    clock: ClockDep,
) -> ApplicationOut:
    """Hand in what was missing (补正)."""
    command = Decide(application_id, caller.subject, own(caller))
    materials = [material.as_material() for material in body.materials]
    return ApplicationOut.model_validate(
        await commands.supplement(
            command, body.form, materials, uow=uow, wallet=wallet, cipher=cipher, clock=clock
        )
    )


@router.post("/{application_id}/rejection", responses=STEP)
async def reject(
    application_id: UUID, body: Reason, caller: Clerk, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Do not take it in (不予受理)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), version, body.note)
    return ApplicationOut.for_reader(await commands.reject(command, uow=uow, clock=clock), caller)


@router.post("/{application_id}/approval", responses=STEP | problems(FourEyes, WhichTask, ClockStopped))
async def approve(
    application_id: UUID, caller: Officer, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Grant the officer's department's part (准予); the last part grants the whole."""
    command = Ruling(application_id, caller.subject, decides_for(caller), version)
    return ApplicationOut.for_reader(await commands.approve(command, uow=uow, clock=clock), caller)


@router.post("/{application_id}/refusal", responses=STEP | problems(FourEyes, WhichTask, ClockStopped))
async def refuse(
    application_id: UUID, body: Refusal, caller: Officer, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Refuse it, with reason and legal ground (不予许可)."""
    command = Ruling(
        application_id, caller.subject, decides_for(caller), version, body.note, body.legal_ground
    )
    return ApplicationOut.for_reader(await commands.refuse(command, uow=uow, clock=clock), caller)


@router.post("/{application_id}/withdrawal", responses=STEP)
async def withdraw(application_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> ApplicationOut:
    """Take one's own application back (撤回)."""
    command = Decide(application_id, caller.subject, own(caller))
    return ApplicationOut.model_validate(await commands.withdraw(command, uow=uow, clock=clock))


@router.get("/{application_id}/license-subject", responses=problems(NoSuchApplication))
async def get_license_subject(
    application_id: UUID,
    caller: Service,
    session: ReadSession,
    cipher: Cipher,
    license_type: str | None = None,
) -> LicenseSubject:
    """Tell svc-license what a licence of an approved application must say; without a type, its last one."""
    found = await store.one(session, application_id)
    wanted = license_type or found.result_license_type
    result = next((each for each in found.results if each.license_type == wanted), None)
    if result is None or found.status not in {Status.APPROVED, Status.DELIVERED}:
        raise NoSuchApplication("该办件没有可签发的证照")
    applicant = json.loads(cipher.decrypt(found.applicant, context=APPLICANT))
    form = result.form(json.loads(cipher.decrypt(found.form, context=FORM)))
    return LicenseSubject(
        application_id=found.id,
        person_id=found.person_id,
        license_type=result.license_type,
        department=result.department,
        item_code=result.item_code,
        holder_name=applicant["name"],
        holder_number=applicant["id_number"],
        fields={name: str(value) for name, value in form.items()},
    )
