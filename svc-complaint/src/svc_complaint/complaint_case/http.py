"""Routes of cases."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import (
    Caller,
    CallerKind,
    Citizen,
    Cursor,
    Limit,
    Page,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_complaint.complaint_case import commands, store
from svc_complaint.complaint_case.commands import CONTENT, Check, Receive, Step
from svc_complaint.complaint_case.domain import Case, NoSuchCase, Status
from svc_complaint.complaint_case.ports import UnitOfWork
from svc_complaint.complaint_case.schemas import CaseCreate, CaseDetail, CaseOut, Dispatch, Note
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/cases", tags=["诉求"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Dispatcher = Annotated[Caller, requires("dispatcher")]
Handler = Annotated[Caller, requires("case_handler")]
Seen = Annotated[Caller, requires("citizen", "case_handler", "dispatcher")]
STEP = problems(NoSuchCase, IllegalMove, NotAllowed)


def own(caller: Caller) -> Check:
    """Return the check that the case is the citizen's own; others' do not exist for them."""

    def check(case: Case) -> None:
        if case.person_id != caller.person_id:
            raise NoSuchCase

    return check


def of_department(caller: Caller) -> Check:
    """Return the check that the case was given to the handler's department."""
    return lambda case: caller.check_org(case.department or "")


def may_see(caller: Caller) -> Check:
    """Return the check that the caller may see the case; a dispatcher sees all."""
    if caller.kind is CallerKind.CITIZEN:
        return own(caller)
    return anyone if "dispatcher" in caller.roles else of_department(caller)


def anyone(_case: Case) -> None:
    """Let everyone with the role do it."""


@router.post("", status_code=201)
async def create_case(
    body: CaseCreate,
    caller: Annotated[Caller, requires("citizen", "public")],
    uow: Annotated[UnitOfWork, recorded(CaseOut)],
    cipher: Cipher,
    clock: ClockDep,
    settings: Annotated[Settings, component(Settings)],
) -> CaseOut:
    """Say what is wrong (有诉即应, 办不成事), under one's name or anonymously."""
    person = caller.person_id if caller.kind is CallerKind.CITIZEN else None
    command = Receive(
        body.kind,
        person,
        body.content,
        settings.rectification_days,
        item_code=body.item_code,
        service_point=body.service_point,
    )
    return CaseOut.model_validate(await commands.receive(command, uow=uow, cipher=cipher, clock=clock))


@router.get("")
async def list_cases(
    caller: Seen,
    session: ReadSession,
    status: Status | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CaseOut]:
    """List the citizen's own cases, or a department's worklist, the latest first."""
    is_citizen = caller.kind is CallerKind.CITIZEN
    sees_all = is_citizen or bool({"dispatcher", "admin"} & caller.roles)
    rows = await store.page(
        session,
        person_id=caller.person_id if is_citizen else None,
        departments=None if sees_all else caller.orgs,
        status=status,
        before=read_cursor(cursor, datetime, UUID),
        limit=limit + 1,
    )
    items = [CaseOut.model_validate(row) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].received_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=more)


@router.get("/{case_id}", responses=problems(NoSuchCase))
async def get_case(case_id: UUID, caller: Seen, session: ReadSession, cipher: Cipher) -> CaseDetail:
    """Return one case with its steps."""
    case = await store.one(session, case_id, may_see(caller))
    content = cipher.decrypt(case.content, context=CONTENT)
    return CaseDetail(**CaseOut.model_validate(case).model_dump(), content=content)


@router.post("/{case_id}/dispatch", responses=STEP)
async def dispatch(case_id: UUID, body: Dispatch, caller: Dispatcher, uow: Uow, clock: ClockDep) -> CaseOut:
    """Give a case to a department (派单)."""
    step = Step(case_id, caller.subject, anyone, body.note)
    return CaseOut.model_validate(await commands.dispatch(step, body.department, uow=uow, clock=clock))


@router.post("/{case_id}/return", responses=STEP)
async def send_back(case_id: UUID, body: Note, caller: Handler, uow: Uow, clock: ClockDep) -> CaseOut:
    """Return a case that is not the department's (退回)."""
    step = Step(case_id, caller.subject, of_department(caller), body.note)
    return CaseOut.model_validate(await commands.send_back(step, uow=uow, clock=clock))


@router.post("/{case_id}/acceptance", responses=STEP)
async def accept(case_id: UUID, caller: Handler, uow: Uow, clock: ClockDep) -> CaseOut:
    """Take a dispatched case (接单)."""
    step = Step(case_id, caller.subject, of_department(caller))
    return CaseOut.model_validate(await commands.accept(step, uow=uow, clock=clock))


@router.post("/{case_id}/start", responses=STEP)
async def start(case_id: UUID, caller: Handler, uow: Uow, clock: ClockDep) -> CaseOut:
    """Begin work on a case, for the first time or again."""
    step = Step(case_id, caller.subject, of_department(caller))
    return CaseOut.model_validate(await commands.start(step, uow=uow, clock=clock))


@router.post("/{case_id}/resolution", responses=STEP)
async def resolve(case_id: UUID, body: Note, caller: Handler, uow: Uow, clock: ClockDep) -> CaseOut:
    """Report a case solved (办结反馈)."""
    step = Step(case_id, caller.subject, of_department(caller), body.note)
    return CaseOut.model_validate(await commands.resolve(step, uow=uow, clock=clock))


@router.post("/{case_id}/confirmation", responses=STEP)
async def confirm(case_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> CaseOut:
    """Confirm that one's case is solved (确认)."""
    step = Step(case_id, caller.subject, own(caller))
    return CaseOut.model_validate(await commands.confirm(step, uow=uow, clock=clock))


@router.post("/{case_id}/reopening", responses=STEP)
async def reopen(case_id: UUID, body: Note, caller: Citizen, uow: Uow, clock: ClockDep) -> CaseOut:
    """Say that one's case is not solved (重办)."""
    step = Step(case_id, caller.subject, own(caller), body.note)
    return CaseOut.model_validate(await commands.reopen(step, uow=uow, clock=clock))
