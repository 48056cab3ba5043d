"""Receive, dispatch, send back, accept, start, resolve, confirm, reopen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lib_contracts import Event, Outbox
from lib_contracts.complaint import CaseClosed, CaseDispatched, CaseReceived, CaseResolved
from lib_kernel import CITY_ZONE, Clock
from lib_workdays import add_working_time
from svc_complaint.complaint_case.domain import Case, Kind, format_case_number
from svc_complaint.complaint_case.ports import Cases, FieldCipher, UnitOfWork

CONTENT = "complaint_case.content"

Check = Callable[[Case], None]


@dataclass(frozen=True)
class Receive:
    """What a person, or a bad rating, complains about. `days` are working days to solve it."""

    kind: Kind
    person_id: str | None
    content: str
    days: int
    item_code: str | None = None
    department: str | None = None
    service_point: str | None = None


@dataclass(frozen=True)
class Step:
    """A step on a case. `check` raises unless the caller may do it."""

    case_id: UUID
    by: str
    check: Check
    note: str = ""


async def receive(cmd: Receive, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Case:
    """Take a case in."""
    async with uow:
        case = await open_case(cmd, cases=uow.cases, outbox=uow.outbox, cipher=cipher, now=clock.now())
        await uow.commit(answer=case)
    return case


async def open_case(
    cmd: Receive, *, cases: Cases, outbox: Outbox, cipher: FieldCipher, now: datetime
) -> Case:
    """Open a case inside a transaction that is under way: a bad rating opens one with itself."""
    day = now.astimezone(CITY_ZONE).strftime("%Y%m%d")
    case = Case.receive(
        case_number=format_case_number(day, await cases.next_count(day)),
        kind=cmd.kind,
        person_id=cmd.person_id,
        item_code=cmd.item_code,
        department=cmd.department,
        service_point=cmd.service_point,
        content=cipher.encrypt(cmd.content, context=CONTENT),
        received_at=now,
        due_at=add_working_time(now, cmd.days),
    )
    cases.add(case)
    outbox.add(_event(CaseReceived, case, now))
    return case


async def dispatch(cmd: Step, department: str, *, uow: UnitOfWork, clock: Clock) -> Case:
    """Give a case to a department (派单)."""
    return await _do(
        cmd, uow, clock, lambda case, now: case.dispatch(cmd.by, now, department, cmd.note), CaseDispatched
    )


async def send_back(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """Return a case that is not the department's (退回)."""
    return await _do(cmd, uow, clock, lambda case, now: case.send_back(cmd.by, now, cmd.note))


async def accept(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """Take a dispatched case (接单)."""
    return await _do(cmd, uow, clock, lambda case, now: case.accept(cmd.by, now))


async def start(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """Begin work."""
    return await _do(cmd, uow, clock, lambda case, now: case.start(cmd.by, now))


async def resolve(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """Report a case solved (办结反馈)."""
    return await _do(cmd, uow, clock, lambda case, now: case.resolve(cmd.by, now, cmd.note), CaseResolved)


async def confirm(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """The person confirms that it is solved; the case is closed."""
    return await _do(cmd, uow, clock, lambda case, now: case.confirm(cmd.by, now), CaseClosed)


async def reopen(cmd: Step, *, uow: UnitOfWork, clock: Clock) -> Case:
    """The person says it is not solved (重办)."""
    return await _do(cmd, uow, clock, lambda case, now: case.reopen(cmd.by, now, cmd.note))


async def _do(
    cmd: Step,
    uow: UnitOfWork,
    clock: Clock,
    act: Callable[[Case, datetime], None],
    tells: type[Event] | None = None,
) -> Case:
    now = clock.now()
    async with uow:
        case = await uow.cases.lock(cmd.case_id)
        cmd.check(case)
        act(case, now)
        if tells is not None:
            uow.outbox.add(_event(tells, case, now))
        await uow.commit()
    return case


def _event(kind: type[Event], case: Case, now: datetime) -> Event:
    facts: dict[str, Any] = {
        "case_id": case.id,
        "case_number": case.case_number,
        "person_id": case.person_id,
        "kind": case.kind.value,
        "department": case.department,
        "happened_at": now,
    }
    return kind.model_validate(facts)
