"""Accept, ask for more, decide, deliver, withdraw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib_contracts.catalog import (
    ApplicationAccepted,
    ApplicationApproved,
    ApplicationDelivered,
    ApplicationRefused,
    ApplicationSupplementRequested,
    LicenseResult,
)
from lib_kernel import Clock, Conflict, NotAllowed
from svc_catalog.application.domain import SYSTEM, Application, Status
from svc_catalog.application.events import event_of
from svc_catalog.application.form import check_form
from svc_catalog.application.materials import Material, Wallet, complete, types_asked, unproven
from svc_catalog.application.ports import FieldCipher, UnitOfWork, WalletService
from svc_catalog.application.submitting import FORM, Wish, ask, check_attachments, encrypted, planned
from svc_catalog.delivery.domain import Method
from svc_catalog.task.domain import Task

Check = Callable[[Application], None]
MayDecide = Callable[[str], bool]


class WhichTask(Conflict):
    """Several tasks of the application wait for the officer; name one."""

    code = "which-task"
    title = "该办件有多个待办环节，请指明环节办理"


@dataclass(frozen=True)
class Decide:
    """A step on an application. `check` raises unless the caller may do it; `version` is If-Match."""

    application_id: UUID
    by: str
    check: Check
    version: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Ruling:
    """An officer's decision on the task that waits for the officer's department."""

    application_id: UUID
    by: str
    may_decide: MayDecide
    version: int | None = None
    note: str = ""
    legal_ground: str = ""
    task_id: UUID | None = None


async def accept(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Take an application in; due at the end of the last promised working day."""
    async with uow:
        application = await locked(cmd, uow)
        await take_in(application, cmd.by, uow=uow, clock=clock)
        await uow.commit()
    return application


async def take_in(application: Application, by: str, *, uow: UnitOfWork, clock: Clock) -> None:
    """Accept an application in the open transaction; the caller commits."""
    now = clock.now()
    application.accept(by, now)
    uow.outbox.add(event_of(ApplicationAccepted, application, clock, due_at=application.due_at))
    await uow.audit.note(by, "application.accept", str(application.id), now, facts_of(application))


async def request_supplement(
    cmd: Decide, missing: Sequence[str] = (), *, uow: UnitOfWork, clock: Clock
) -> Application:
    """Tell the applicant at once all that is missing."""
    async with uow:
        application = await locked(cmd, uow)
        application.request_supplement(cmd.by, clock.now(), cmd.note, missing)
        uow.outbox.add(event_of(ApplicationSupplementRequested, application, clock))
        await _audited("application.request_supplement", application, cmd.by, uow, clock)
        await uow.commit()
    return application


async def supplement(
    cmd: Decide,
    form: dict[str, Any],
    materials: Sequence[Material],
    *,
    uow: UnitOfWork,
    wallet: WalletService,
    cipher: FieldCipher,
    clock: Clock,
) -> Application:
    """Hand in what was missing; the form is checked again."""
    known = Wallet()
    async with uow:
        application = await locked(cmd, uow)
        plan = await planned(_wish_of(application), uow)
        asked = types_asked(unproven(plan, materials))
    if asked:
        known = await ask(wallet, application.person_id, asked)
    async with uow:
        application = await locked(cmd, uow)
        plan = await planned(_wish_of(application), uow)
        check_form(plan.form, form)
        whole, findings = complete(plan, materials, known)
        await check_attachments(whole, application.person_id, uow, clock)
        kept = [material.as_data() for material in whole]
        application.supplement(cmd.by, clock.now(), encrypted(form, cipher, FORM), kept)
        application.precheck = findings
        await uow.commit()
    return application


async def reject(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Do not take it in, with the reason."""
    async with uow:
        application = await locked(cmd, uow)
        application.reject(cmd.by, clock.now(), cmd.note)
        await _audited("application.reject", application, cmd.by, uow, clock)
        await uow.commit()
    return application


async def approve(cmd: Ruling, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Grant a department's part; the last one grants the whole, and a licence follows by event."""
    async with uow:
        application = await uow.applications.lock(cmd.application_id)
        application.check_version(cmd.version)
        task = the_task(application, cmd, clock)
        application.approve_task(task, cmd.by, clock.now(), cmd.note)
        if application.status is Status.APPROVED:
            announce_approval(application, uow=uow, clock=clock)
        facts = {**facts_of(application), "task": str(task.id), "item": task.item_code}
        await uow.audit.note(cmd.by, "task.approve", str(application.id), clock.now(), facts)
        await uow.commit()
    return application


async def refuse(cmd: Ruling, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Refuse a department's part and with it the whole, with reason and legal ground."""
    async with uow:
        application = await uow.applications.lock(cmd.application_id)
        application.check_version(cmd.version)
        task = the_task(application, cmd, clock)
        application.refuse_task(task, cmd.by, clock.now(), cmd.note, cmd.legal_ground)
        announce_refusal(application, uow=uow, clock=clock)
        facts = {**facts_of(application), "task": str(task.id), "legal_ground": cmd.legal_ground}
        await uow.audit.note(cmd.by, "task.refuse", str(application.id), clock.now(), facts)
        await uow.commit()
    return application


async def withdraw(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Take it back."""
    async with uow:
        application = await locked(cmd, uow)
        application.withdraw(cmd.by, clock.now())
        await uow.commit()
    return application


async def locked(cmd: Decide, uow: UnitOfWork) -> Application:
    """Return the application that a step is on, locked, once the caller may take the step."""
    application = await uow.applications.lock(cmd.application_id)
    cmd.check(application)
    application.check_version(cmd.version)
    return application


def the_task(application: Application, cmd: Ruling, clock: Clock) -> Task:
    """Return the open task that a ruling is on.

    Raises:
        NotAllowed: none of the open tasks is the officer's.
        WhichTask: several are.
        Conflict: nothing waits for a decision.
    """
    ready = application.open_tasks(clock.now())
    mine = [task for task in ready if cmd.may_decide(task.department)]
    wanted = [task for task in mine if cmd.task_id in (None, task.id)]
    if len(wanted) > 1:
        raise WhichTask(tasks=[str(task.id) for task in wanted])
    if wanted:
        return wanted[0]
    departments = {task.department for task in application.tasks} or {application.department}
    if not any(cmd.may_decide(department) for department in departments):
        raise NotAllowed("您没有该部门的权限")
    raise Conflict("该办件没有等待您部门决定的环节", status=application.status.value)


def deliver(application: Application, by: str, note: str, *, uow: UnitOfWork, clock: Clock) -> None:
    """Note in the open transaction that the applicant has the result, and tell it; the caller commits."""
    application.deliver(by, clock.now(), note)
    uow.outbox.add(event_of(ApplicationDelivered, application, clock))


def announce_refusal(application: Application, *, uow: UnitOfWork, clock: Clock) -> None:
    """Tell in the open transaction that an application was refused; the caller commits."""
    uow.outbox.add(event_of(ApplicationRefused, application, clock))


def announce_approval(application: Application, *, uow: UnitOfWork, clock: Clock) -> None:
    """Tell in the open transaction that it was granted; with neither licence nor paper it is delivered."""
    kind = application.result_license_type
    now_at = {task.item_code: task.department for task in application.tasks}
    results = [
        LicenseResult(
            license_type=result.license_type,
            department=now_at.get(result.item_code, result.department),
            item_code=result.item_code,
        )
        for result in application.results
    ]
    approved = event_of(ApplicationApproved, application, clock, result_license_type=kind, results=results)
    uow.outbox.add(approved)
    if not results and application.delivery_method is Method.ELECTRONIC:
        deliver(application, SYSTEM, "无证照结果，即时送达", uow=uow, clock=clock)


def facts_of(application: Application) -> dict[str, str]:
    """Return what the audit trail says about every decision."""
    return {
        "case_number": application.case_number,
        "item": application.item_code,
        "status": application.status.value,
        "on_behalf": "yes" if application.submitted_by else "no",
    }


def _wish_of(application: Application) -> Wish:
    if application.is_bundle:
        return Wish(bundle_code=application.item_code, answers=application.answers)
    return Wish(item_code=application.item_code)


async def _audited(action: str, application: Application, by: str, uow: UnitOfWork, clock: Clock) -> None:
    await uow.audit.note(by, action, str(application.id), clock.now(), facts_of(application))
