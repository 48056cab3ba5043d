"""Routes of enrolment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, Citizen, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_catalog.application.access import at_point_or_department
from svc_catalog.bundle.domain import AnswersInvalid, NoSuchBundle
from svc_catalog.enrolment import commands, store
from svc_catalog.enrolment.commands import Place, Pupil, StartRun
from svc_catalog.enrolment.domain import (
    Enrolment,
    EnrolmentStatus,
    NoSuchEnrolment,
    NoSuchRun,
    NotTheGuardian,
    Run,
    SchoolUnknown,
    Source,
)
from svc_catalog.enrolment.ports import UnitOfWork
from svc_catalog.enrolment.schemas import (
    Declined,
    EnrolmentList,
    EnrolmentOut,
    Placement,
    PupilIn,
    PupilsIn,
    RegisteredOut,
    RunCreate,
    RunOut,
)
from svc_catalog.person_ids import PersonIds

router = APIRouter(prefix="/v1", tags=["新生入学"])

Officer = Annotated[Caller, requires("officer")]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Persons = Annotated[PersonIds, component(PersonIds)]
DECIDED = problems(NoSuchEnrolment, IllegalMove, NotAllowed, SchoolUnknown)


@router.post("/enrolment-runs", status_code=201, responses=problems(NoSuchBundle, AnswersInvalid, NotAllowed))
async def start_run(body: RunCreate, caller: Officer, uow: Uow, clock: ClockDep) -> RunOut:
    """Begin a year's enrolment (新生入学批次)."""
    command = StartRun(body.year, body.bundle_code, body.answers, caller.subject, caller.check_org)
    run = await commands.start(command, uow=uow, clock=clock)
    return _run_out(run, {"status": {}, "school": {}, "reason": {}})


@router.post("/enrolment-runs/{run_id}/pupils", responses=problems(NoSuchRun, NotAllowed))
async def register_pupils(
    run_id: UUID,
    body: PupilsIn,
    caller: Officer,
    uow: Uow,
    cipher: Cipher,
    persons: Persons,
    clock: ClockDep,
) -> RegisteredOut:
    """Register pupils (新生登记); a pupil registered before is not registered twice."""
    pupils = [_pupil(pupil, persons) for pupil in body.pupils]
    new = await commands.register(
        run_id, pupils, caller.subject, caller.check_org, uow=uow, cipher=cipher, clock=clock
    )
    return RegisteredOut(new=new, known=len(pupils) - new)


@router.post("/enrolments", responses=problems(NoSuchRun, NotTheGuardian))
async def register_child(
    body: PupilIn, caller: Citizen, uow: Uow, cipher: Cipher, persons: Persons, clock: ClockDep
) -> RegisteredOut:
    """Register one's own child for this year's enrolment (家长登记); the departments' data does the rest."""
    pupil = _pupil(body, persons)
    new = await commands.register_own(pupil, caller.person_id, uow=uow, cipher=cipher, clock=clock)
    return RegisteredOut(new=new, known=1 - new)


@router.get("/enrolments")
async def list_own_children(caller: Citizen, session: ReadSession, cipher: Cipher) -> EnrolmentList:
    """List one's own children's enrolments (我的入学登记), the latest first."""
    rows = await store.of_guardian(session, caller.person_id)
    return EnrolmentList(items=[_pupil_out(row, cipher) for row in rows])


@router.get("/enrolment-runs/{run_id}", responses=problems(NoSuchRun, NotAllowed))
async def get_run(run_id: UUID, caller: Officer, session: ReadSession) -> RunOut:
    """Return how far a run is, by status, school and reason."""
    run = await store.run_of(session, run_id)
    caller.check_org(run.department)
    return _run_out(run, await store.tally(session, run_id))


@router.get("/enrolment-runs/{run_id}/pupils", responses=problems(NoSuchRun, NotAllowed))
async def list_pupils(
    run_id: UUID,
    caller: Officer,
    session: ReadSession,
    cipher: Cipher,
    status: EnrolmentStatus = EnrolmentStatus.UNCLEAR,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[EnrolmentOut]:
    """List the pupils in one status, masked; unclear ones with the reason (待人工核实)."""
    caller.check_org((await store.run_of(session, run_id)).department)
    after = read_cursor(cursor, UUID)
    rows = await store.listed(session, run_id, status, after[0] if after else None, limit + 1)
    items = [_pupil_out(row, cipher) for row in rows[:limit]]
    return Page(items=items, next=write_cursor(rows[limit - 1].id) if len(rows) > limit else None)


@router.post("/enrolments/{enrolment_id}/placement", responses=DECIDED)
async def place_pupil(
    enrolment_id: UUID, body: Placement, caller: Officer, uow: Uow, cipher: Cipher, clock: ClockDep
) -> EnrolmentOut:
    """Enrol an unclear pupil after looking at it (人工核实录取)."""
    command = Place(
        enrolment_id,
        caller.subject,
        at_point_or_department(caller),
        body.note,
        body.school,
        body.school_name,
    )
    return _pupil_out(await commands.place(command, uow=uow, clock=clock), cipher)


@router.post("/enrolments/{enrolment_id}/decline", responses=DECIDED)
async def decline_pupil(
    enrolment_id: UUID, body: Declined, caller: Officer, uow: Uow, cipher: Cipher, clock: ClockDep
) -> EnrolmentOut:
    """Refuse an unclear pupil with reason and legal ground."""
    command = Place(
        enrolment_id,
        caller.subject,
        at_point_or_department(caller),
        body.note,
        legal_ground=body.legal_ground,
    )
    return _pupil_out(await commands.decline(command, uow=uow, clock=clock), cipher)


def _pupil(pupil: PupilIn, persons: PersonIds) -> Pupil:
    guardian = pupil.guardian
    return Pupil(
        pupil.name,
        pupil.id_number,
        persons.of(guardian.id_number),
        guardian.name,
        guardian.id_number,
        guardian.phone,
        guardian.relation,
    )


def _run_out(run: Run, tally: dict[str, dict[str, int]]) -> RunOut:
    return RunOut(
        id=run.id,
        year=run.year,
        bundle_code=run.bundle_code,
        department=run.department,
        started_at=run.started_at,
        total=sum(tally["status"].values()),
        by_status=tally["status"],
        by_school=tally["school"],
        by_reason=tally["reason"],
    )


def _pupil_out(enrolment: Enrolment, cipher: FieldCipher) -> EnrolmentOut:
    name = commands.read(enrolment, cipher)["pupil"]["name"]
    waiting = [source.value for source in Source if source.value not in enrolment.sources]
    return EnrolmentOut(
        id=enrolment.id,
        pupil_name=name[0] + "*" * (len(name) - 1),
        status=enrolment.status,
        reasons=enrolment.reasons,
        waiting_for=waiting,
        school=enrolment.school,
        school_name=enrolment.school_name,
        application_id=enrolment.application_id,
        attempts=enrolment.attempts,
        decided_by=enrolment.decided_by,
    )
