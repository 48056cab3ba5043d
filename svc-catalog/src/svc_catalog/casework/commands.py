"""Take and transfer tasks, stop and start clocks, note, give to another point."""

from dataclasses import dataclass
from uuid import UUID

from lib_kernel import Clock, Invalid
from svc_catalog.application.commands import Decide, MayDecide, facts_of, locked
from svc_catalog.application.domain import Application, StopKind
from svc_catalog.casework.ports import Places, UnitOfWork
from svc_catalog.task.domain import NoSuchTask, Task


class UnknownPlace(Invalid):
    """There is no department or service point with this code."""

    code = "unknown-place"
    title = "没有这个部门或网点"


@dataclass(frozen=True)
class OnTask:
    """Something an officer does with one task."""

    application_id: UUID
    task_id: UUID
    by: str
    may_decide: MayDecide
    note: str = ""


async def take_task(cmd: OnTask, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Take a task on. Raises NoSuchTask, TaskTaken."""
    async with uow:
        application, task = await _task(cmd, uow, clock)
        application.take_task(task, cmd.by, clock.now())
        await _audited("task.take", application, cmd.by, uow, clock, task=str(task.id))
        await uow.commit()
    return application


async def transfer_task(
    cmd: OnTask, department: str, *, uow: UnitOfWork, places: Places, clock: Clock
) -> Application:
    """Give a task to another department. Raises NoSuchTask, UnknownPlace."""
    async with uow:
        application, task = await _task(cmd, uow, clock)
        if not await places.has_department(department):
            raise UnknownPlace(f"没有编码为 {department} 的部门", field="department")
        before = task.department
        application.transfer_task(task, department, cmd.by, clock.now(), cmd.note)
        told = {"task": str(task.id), "from": before, "to": department}
        await _audited("task.transfer", application, cmd.by, uow, clock, **told)
        await uow.commit()
    return application


async def transfer_point(
    cmd: Decide, service_point: str, *, uow: UnitOfWork, places: Places, clock: Clock
) -> Application:
    """Give an application to another service point. Raises UnknownPlace."""
    async with uow:
        application = await locked(cmd, uow)
        if not await places.has_service_point(service_point):
            raise UnknownPlace(f"没有编码为 {service_point} 的网点", field="service_point")
        before = application.service_point
        application.transfer_point(service_point, cmd.by, clock.now(), cmd.note)
        told = {"from": before, "to": service_point}
        await _audited("application.transfer", application, cmd.by, uow, clock, **told)
        await uow.commit()
    return application


async def stop_clock(cmd: Decide, kind: StopKind, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Begin a special procedure whose time does not count. Raises ClockStopped."""
    async with uow:
        application = await locked(cmd, uow)
        application.stop_clock(kind, cmd.by, clock.now(), cmd.note)
        await _audited("application.stop_clock", application, cmd.by, uow, clock, kind=kind.value)
        await uow.commit()
    return application


async def run_clock(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """End it; deadlines move by the working days that passed."""
    async with uow:
        application = await locked(cmd, uow)
        application.run_clock(cmd.by, clock.now(), cmd.note)
        due = application.due_at.isoformat() if application.due_at else ""
        await _audited("application.run_clock", application, cmd.by, uow, clock, due_at=due)
        await uow.commit()
    return application


async def note_internally(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Keep a note for colleagues; the applicant does not see it."""
    async with uow:
        application = await locked(cmd, uow)
        application.note_internally(cmd.by, clock.now(), cmd.note)
        await uow.commit()
    return application


async def _task(cmd: OnTask, uow: UnitOfWork, clock: Clock) -> tuple[Application, Task]:
    application = await uow.applications.lock(cmd.application_id)
    application.open_tasks(clock.now())
    task = application.task(cmd.task_id)
    if task is None or not cmd.may_decide(task.department):
        raise NoSuchTask
    return application, task


async def _audited(
    action: str, application: Application, by: str, uow: UnitOfWork, clock: Clock, **more: str
) -> None:
    facts = {**facts_of(application), **more}
    await uow.audit.note(by, action, str(application.id), clock.now(), facts)
