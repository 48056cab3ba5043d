"""Routes of cases for those who report them, and for reading."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession
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
from svc_complaint.complaint_case.access import CITY_WIDE, may_see, own, sees_whole
from svc_complaint.complaint_case.commands import Desk, Step
from svc_complaint.complaint_case.errors import CaseOver, NoSuchCase, TooLate
from svc_complaint.complaint_case.intake import FieldsInvalid, Receive, receive, tracking_code
from svc_complaint.complaint_case.receipt import Cipher, intake_desk, plain_desk
from svc_complaint.complaint_case.schemas import (
    CaseCreate,
    CaseDetail,
    CaseOut,
    CaseReceipt,
    Note,
    SimilarOut,
    Similars,
    StaffDetail,
    WorkOut,
)
from svc_complaint.complaint_case.view import Viewer
from svc_complaint.kind.domain import NoSuchKind, Status
from svc_complaint.triage import store as triage
from svc_complaint.triage.segment import fingerprints, words

router = APIRouter(prefix="/v1/cases", tags=["诉求"])
work_router = APIRouter(prefix="/v1/worklist", tags=["诉求"])

DeskDep = Annotated[Desk, Depends(plain_desk)]
Staff = Annotated[Caller, requires("case_handler", "dispatcher", "supervisor", "leader")]
Seen = Annotated[Caller, requires("citizen", "case_handler", "dispatcher", "supervisor", "leader")]
STEP = problems(NoSuchCase, IllegalMove, NotAllowed, CaseOver)


@router.post("", status_code=201, responses=problems(NoSuchKind, FieldsInvalid))
async def create_case(
    body: CaseCreate,
    caller: Annotated[Caller, requires("citizen", "public", "device", "case_handler", "dispatcher")],
    desk: Annotated[Desk, Depends(intake_desk)],
    cipher: Cipher,
) -> CaseReceipt:
    """Say what is wrong (有诉即应, 办不成事), under one's name or anonymously."""
    person = caller.person_id if caller.kind is CallerKind.CITIZEN else None
    facts: dict[str, Any] = body.model_dump(exclude={"contact"})
    contact = body.contact.model_dump() if body.contact else None
    command = Receive(
        **facts,
        contact=contact,
        person_id=person,
        channel=caller.channel,
        scopes=caller.scopes,
        by=caller.subject,
        is_anonymous=person is None,
    )
    case = await receive(command, desk)
    return Viewer(cipher).receipt(case, tracking_code(case.id, desk) if case.tracking_hash else None)


@router.get("")
async def list_cases(
    caller: Seen,
    session: ReadSession,
    cipher: Cipher,
    status: Status | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CaseOut]:
    """List the citizen's own cases, or those of a department, the latest first."""
    wanted = _wanted(caller, statuses=(status,) if status else ())
    rows = await store.page(session, wanted, before=read_cursor(cursor, datetime, UUID), limit=limit + 1)
    viewer, is_citizen = Viewer(cipher), caller.kind is CallerKind.CITIZEN
    items = [viewer.listed(row, citizen=is_citizen) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].received_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=more)


@work_router.get("")
async def worklist(
    caller: Staff,
    session: ReadSession,
    status: Annotated[list[Status], Query()] = [],  # noqa: B006 - FastAPI's way; it is not changed
    kind: Annotated[str | None, Query(max_length=60)] = None,
    category: Annotated[str | None, Query(max_length=60)] = None,
    overdue: bool | None = None,
    tracked: bool | None = None,
    supervised: bool | None = None,
    trouble: bool | None = None,
    deciding: bool | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[WorkOut]:
    """List open cases of one's departments, led and co-handled, the most urgent deadline first."""
    flags = {"overdue": overdue, "tracked": tracked, "supervised": supervised, "trouble": trouble}
    wanted = _wanted(caller, statuses=status, kind=kind, category=category, deciding=deciding, **flags)
    rows = await store.worklist(session, wanted, after=read_cursor(cursor, datetime, UUID), limit=limit + 1)
    more = write_cursor(rows[limit - 1].due_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[WorkOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/{case_id}", responses=problems(NoSuchCase))
async def get_case(case_id: UUID, caller: Seen, desk: DeskDep, cipher: Cipher) -> StaffDetail | CaseDetail:
    """Return one case with its steps. What staff read is noted in the audit trail."""
    is_own = caller.kind is CallerKind.CITIZEN
    step = Step(case_id, caller.subject, caller.scopes, may_see(caller))
    case, main = await commands.read(step, desk, is_noted=not is_own)
    if is_own:
        return Viewer(cipher).for_citizen(case, main)
    return Viewer(cipher).for_staff(case, whole=sees_whole(caller, case), main_number=main)


@router.get("/{case_id}/similar", responses=problems(NoSuchCase))
async def similar_cases(
    case_id: UUID, caller: Staff, session: ReadSession, cipher: Cipher, clock: ClockDep
) -> Similars:
    """List recent cases that are like one, with the words they share, as a proposal to merge them."""
    case = await store.one(session, case_id)
    may_see(caller)(case)
    found = await triage.similar(session, await triage.words_of(session, case_id), clock.now(), but=case_id)
    cases = await store.of_numbers(session, [one.case_id for one in found])
    text = cipher.decrypt(case.content, context=commands.CONTENT)
    by_hash = {code: word for word in words(text) for code in fingerprints(word, cipher)}
    items = [
        SimilarOut(
            **cases[one.case_id]._mapping,
            likeness=one.likeness,
            shared_words=sorted(by_hash[code] for code in one.shared if code in by_hash),
        )
        for one in found
        if one.case_id in cases
    ]
    return Similars(items=items)


@router.post("/{case_id}/supplement", responses=STEP)
async def supplement_case(
    case_id: UUID, body: Note, caller: Citizen, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Add something to one's case."""
    case = await commands.supplement(_own_step(case_id, caller, body.note), desk)
    return Viewer(cipher).listed(case, citizen=True)


@router.post("/{case_id}/confirmation", responses=STEP)
async def confirm(case_id: UUID, caller: Citizen, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Confirm that one's case is solved (确认)."""
    case = await commands.confirm(_own_step(case_id, caller), desk)
    return Viewer(cipher).listed(case, citizen=True)


@router.post("/{case_id}/reopening", responses={**STEP, **problems(TooLate)})
async def reopen(case_id: UUID, body: Note, caller: Citizen, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Say that one's case is not solved (重办)."""
    case = await commands.reopen(_own_step(case_id, caller, body.note), desk)
    return Viewer(cipher).listed(case, citizen=True)


@router.post("/{case_id}/withdrawal", responses=STEP)
async def withdraw_case(case_id: UUID, body: Note, caller: Citizen, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Take one's case back (撤回)."""
    case = await commands.withdraw(_own_step(case_id, caller, body.note), desk)
    return Viewer(cipher).listed(case, citizen=True)


def _own_step(case_id: UUID, caller: Caller, note: str = "") -> Step:
    return Step(case_id, caller.subject, caller.scopes, own(caller), note)


def _wanted(caller: Caller, **more: Any) -> store.Wanted:
    if caller.kind is CallerKind.CITIZEN:
        return store.Wanted(person_id=caller.person_id, **more)
    departments = None if caller.roles & CITY_WIDE else caller.orgs
    return store.Wanted(departments=departments, **more)
