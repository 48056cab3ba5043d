"""What time does to cases: deadlines come near, pass, and climb the ladder (升级); silence closes."""

from datetime import datetime

from lib_kernel import Clock, DomainError
from svc_complaint.complaint_case import plan
from svc_complaint.complaint_case.commands import settle
from svc_complaint.complaint_case.domain import SYSTEM, Case
from svc_complaint.complaint_case.ports import UnitOfWork
from svc_complaint.complaint_case.tidings import alert_staff, event
from svc_complaint.kind.domain import CaseKind, Rung
from svc_complaint.office_hours import Span, Unit
from svc_complaint.timer.domain import Due, Name, Planned

AT_ONCE = 50
ANSWER_WITHIN = Span(1, Unit.WORKING_DAYS)


async def fire_due(uow: UnitOfWork, clock: Clock) -> bool:
    """Let due timers do what they are for, some at once; return whether there may be more.

    Timer, case, events and audit record are one transaction and its rows are locked: however many workers
    run and whenever one is killed, each timer has its effect once.
    """
    now = clock.now()
    async with uow:
        due = await uow.cases.due_timers(now, AT_ONCE)
        await uow.timers.fired([timer.id for timer in due], now)
        for timer, case_number in [(timer, await _fire(timer, uow, now)) for timer in due]:
            facts = {"timer": timer.name.value, "rung": str(timer.rung), "due": timer.due_at.isoformat()}
            await uow.audit.note(SYSTEM, "case.timer", case_number, now, facts)
        await uow.commit()
    return len(due) == AT_ONCE


async def _fire(timer: Due, uow: UnitOfWork, now: datetime) -> str:
    """Do what a timer is for; return the number of its case."""
    case = await uow.cases.lock(timer.case_id)
    try:
        kind = await uow.kinds.of_version(case.kind, case.kind_version)
        if Planned(timer.name, timer.rung, timer.due_at) in plan.timers(case, kind):
            await _act(timer, case, kind, uow, now)
            await settle(case, kind, uow, now)
        # Else another timer of the case, fired a moment ago, has made this one needless.
    except DomainError as error:
        # One case that cannot go on must not hold up the others; it is seen on the case.
        case.trouble("timer", f"期限“{timer.name.value}”到期，但未能处理：{error.title}", now)
    return case.case_number


async def _act(timer: Due, case: Case, kind: CaseKind, uow: UnitOfWork, now: datetime) -> None:
    if timer.name is Name.RESOLVE:
        rung = next((rung for rung in kind.ladder if rung.level == timer.rung), None)
        await _climb(case, rung, uow, now)
    elif timer.name is Name.CONFIRM:
        await _close_unanswered(case, kind, uow, now)
    elif timer.name is Name.LOOK:
        await alert_staff(case, uow, now, "helper", timer.name.value, 1)
        case.look_at = kind.due("look", now)
        case.log("look", SYSTEM, now, None, internal=True)
    else:
        to = "department_lead" if timer.name is Name.SUPERVISION else "dispatcher"
        to = "department_lead" if timer.name is Name.CALL_BACK else to
        await _escalate(case, uow, now, timer.name.value, 1, to)


async def _climb(case: Case, rung: Rung | None, uow: UnitOfWork, now: datetime) -> None:
    if rung is None:
        return
    case.level = max(case.level, rung.level)
    case.is_overdue = case.is_overdue or case.due_at <= now
    await _escalate(case, uow, now, Name.RESOLVE.value, rung.level, rung.to)
    if rung.supervise and case.supervised_until is None:
        case.supervise(SYSTEM, now, ANSWER_WITHIN.after(now), None)
        uow.outbox.add(event("supervise", case, now))


async def _escalate(case: Case, uow: UnitOfWork, now: datetime, deadline: str, level: int, to: str) -> None:
    case.log("escalate", SYSTEM, now, None, internal=True, deadline=deadline, level=level)
    uow.outbox.add(event("escalate", case, now, deadline=deadline, level=level))
    await alert_staff(case, uow, now, to, deadline, level)


async def _close_unanswered(case: Case, kind: CaseKind, uow: UnitOfWork, now: datetime) -> None:
    """Close a solved case that nobody answered; one that was not called back is brought up instead."""
    if kind.call_back and (case.call_back_open or (kind.verify and case.finding is None)):
        case.trouble("call_back", "已到自动办结时间，但尚未核实或回访", now)
        await _escalate(case, uow, now, Name.CONFIRM.value, 1, "department_lead")
        return
    case.close(kind, SYSTEM, now, None)
    uow.outbox.add(event("close", case, now))
