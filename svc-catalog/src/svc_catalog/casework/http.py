"""Routes of casework: tasks, clocks, transfers, notes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, CallerKind, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_catalog.application import commands as decisions
from svc_catalog.application import store as applications
from svc_catalog.application.access import SEES, at_point_or_department, by_staff, decides_for, visible
from svc_catalog.application.commands import Decide, Ruling
from svc_catalog.application.domain import ClockStopped, FourEyes, NoSuchApplication
from svc_catalog.application.http import Version
from svc_catalog.application.schemas import ApplicationOut, Reason, Refusal
from svc_catalog.casework import commands
from svc_catalog.casework.commands import OnTask, UnknownPlace
from svc_catalog.casework.ports import UnitOfWork
from svc_catalog.casework.schemas import (
    ClockStop,
    PointTransfer,
    TaskForApplicant,
    TaskOut,
    TaskTransfer,
)
from svc_catalog.casework.store import KnownPlaces
from svc_catalog.task import store as tasks
from svc_catalog.task.domain import NoSuchTask, Task, TaskStatus, TaskTaken

router = APIRouter(prefix="/v1", tags=["办理"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Officer = Annotated[Caller, requires("officer")]
Staff = Annotated[Caller, requires("clerk", "officer")]
Clerk = Annotated[Caller, requires("clerk")]
Seen = Annotated[Caller, requires(*SEES)]
Places = Annotated[KnownPlaces, component(KnownPlaces)]
STEP = problems(NoSuchApplication, NoSuchTask, IllegalMove, NotAllowed)


def _task_out(task: Task, now: datetime) -> TaskOut:
    return TaskOut.model_validate({**vars(task), "is_overdue": task.is_overdue(now)})


@router.get("/tasks")
async def list_tasks(
    caller: Officer,
    session: ReadSession,
    clock: ClockDep,
    status: TaskStatus = TaskStatus.OPEN,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[TaskOut]:
    """List the tasks of the officer's departments, those due first ahead (部门待办)."""
    after = read_cursor(cursor, datetime, UUID)
    mine = None if "admin" in caller.roles else caller.orgs
    rows = await tasks.worklist(session, departments=mine, status=status, after=after, limit=limit + 1)
    items = [_task_out(row, clock.now()) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].due_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=more)


@router.get("/applications/{application_id}/tasks", responses=problems(NoSuchApplication, NotAllowed))
async def list_tasks_of_application(
    application_id: UUID, caller: Seen, session: ReadSession, clock: ClockDep
) -> Page[TaskOut] | Page[TaskForApplicant]:
    """List the departments' parts of an application in their order (办理环节)."""
    await visible(session, await applications.one(session, application_id), caller)
    rows = await tasks.of_application(session, application_id)
    if caller.kind is CallerKind.CITIZEN:
        return Page[TaskForApplicant](items=[TaskForApplicant.model_validate(row) for row in rows], next=None)
    return Page[TaskOut](items=[_task_out(row, clock.now()) for row in rows], next=None)


async def application_id_of(task_id: UUID, session: ReadSession) -> UUID:
    """Return the application of a task (a dependency). Raises NoSuchTask."""
    found = await tasks.application_of(session, task_id)
    if found is None:
        raise NoSuchTask
    return found


Whose = Annotated[UUID, Depends(application_id_of)]


@router.post("/tasks/{task_id}/start", responses=STEP | problems(TaskTaken))
async def take_task(
    task_id: UUID, application_id: Whose, caller: Officer, uow: Uow, clock: ClockDep
) -> ApplicationOut:
    """Take a task on (领取环节)."""
    command = OnTask(application_id, task_id, caller.subject, decides_for(caller))
    return ApplicationOut.for_reader(await commands.take_task(command, uow=uow, clock=clock), caller)


@router.post("/tasks/{task_id}/approval", responses=STEP | problems(FourEyes, ClockStopped))
async def approve_task(
    task_id: UUID, application_id: Whose, caller: Officer, uow: Uow, clock: ClockDep, version: Version = None
) -> ApplicationOut:
    """Grant one department's part (环节通过)."""
    command = Ruling(application_id, caller.subject, decides_for(caller), version, task_id=task_id)
    return ApplicationOut.for_reader(await decisions.approve(command, uow=uow, clock=clock), caller)


@router.post("/tasks/{task_id}/refusal", responses=STEP | problems(FourEyes, ClockStopped))
async def refuse_task(
    task_id: UUID,
    application_id: Whose,
    body: Refusal,
    caller: Officer,
    uow: Uow,
    clock: ClockDep,
    version: Version = None,
) -> ApplicationOut:
    """Refuse one department's part, and with it the whole, with legal ground (环节不通过)."""
    command = Ruling(
        application_id, caller.subject, decides_for(caller), version, body.note, body.legal_ground, task_id
    )
    return ApplicationOut.for_reader(await decisions.refuse(command, uow=uow, clock=clock), caller)


@router.post("/tasks/{task_id}/transfer", responses=STEP | problems(UnknownPlace))
async def transfer_task(
    task_id: UUID,
    application_id: Whose,
    body: TaskTransfer,
    caller: Officer,
    uow: Uow,
    places: Places,
    clock: ClockDep,
) -> ApplicationOut:
    """Give a task to another department (移交)."""
    command = OnTask(application_id, task_id, caller.subject, decides_for(caller), body.note)
    moved = await commands.transfer_task(command, body.department, uow=uow, places=places, clock=clock)
    return ApplicationOut.for_reader(moved, caller)


@router.post("/applications/{application_id}/transfer", responses=STEP | problems(UnknownPlace))
async def transfer_application(
    application_id: UUID, body: PointTransfer, caller: Clerk, uow: Uow, places: Places, clock: ClockDep
) -> ApplicationOut:
    """Give an application to another service point (转办)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller), note=body.note)
    moved = await commands.transfer_point(command, body.service_point, uow=uow, places=places, clock=clock)
    return ApplicationOut.for_reader(moved, caller)


@router.post("/applications/{application_id}/clock-stop", responses=STEP | problems(ClockStopped))
async def stop_clock(
    application_id: UUID, body: ClockStop, caller: Staff, uow: Uow, clock: ClockDep
) -> ApplicationOut:
    """Stop the clock for a hearing, an expert review, a test … (特别程序, 时限扣除)."""
    command = Decide(application_id, caller.subject, by_staff(caller), note=body.note)
    stopped = await commands.stop_clock(command, body.kind, uow=uow, clock=clock)
    return ApplicationOut.for_reader(stopped, caller)


@router.post("/applications/{application_id}/clock-start", responses=STEP)
async def run_clock(
    application_id: UUID, body: Reason, caller: Staff, uow: Uow, clock: ClockDep
) -> ApplicationOut:
    """Let the clock run again; deadlines move by the working days that passed (恢复计时)."""
    command = Decide(application_id, caller.subject, by_staff(caller), note=body.note)
    return ApplicationOut.for_reader(await commands.run_clock(command, uow=uow, clock=clock), caller)


@router.post("/applications/{application_id}/notes", responses=STEP)
async def note_internally(
    application_id: UUID, body: Reason, caller: Staff, uow: Uow, clock: ClockDep
) -> ApplicationOut:
    """Keep a note for colleagues; the applicant does not see it (内部备注)."""
    command = Decide(application_id, caller.subject, by_staff(caller), note=body.note)
    return ApplicationOut.for_reader(await commands.note_internally(command, uow=uow, clock=clock), caller)
