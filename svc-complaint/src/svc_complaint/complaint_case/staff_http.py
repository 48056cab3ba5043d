"""Routes of what staff do to a case."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter

from lib_web import Caller, problems, requires
from svc_complaint.complaint_case import commands
from svc_complaint.complaint_case.access import (
    anyone,
    involved,
    leading,
    of_department,
    of_lead,
)
from svc_complaint.complaint_case.commands import Check, Step
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import (
    CallBackMissing,
    FourEyes,
    NoContact,
    NotAsked,
    NothingToDecide,
    PartsOpen,
)
from svc_complaint.complaint_case.http import STEP, DeskDep, Staff
from svc_complaint.complaint_case.receipt import Cipher
from svc_complaint.complaint_case.schemas import (
    CallBack,
    CaseOut,
    ContactOut,
    Decision,
    Dispatch,
    ExtensionAsk,
    Join,
    Merge,
    Note,
    Opinion,
    Purpose,
    Supervision,
    Tracking,
    Transfer,
    Triage,
    Verification,
)
from svc_complaint.complaint_case.view import Viewer
from svc_complaint.directory.domain import NoSuchOrg

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["诉求办理"])


def _step(case_id: UUID, caller: Caller, check: Check, note: str = "") -> Step:
    return Step(case_id, caller.subject, caller.scopes, check, note)


def _out(case: Case, cipher: Any) -> CaseOut:
    return Viewer(cipher).listed(case, citizen=False)


@router.post("/triage", responses=STEP)
async def triage(case_id: UUID, body: Triage, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Sort a case in (分类)."""
    return _out(await commands.triage(_step(case_id, caller, anyone, body.note), body.category, desk), cipher)


@router.post("/dispatch", responses={**STEP, **problems(NoSuchOrg)})
async def dispatch(case_id: UUID, body: Dispatch, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Give a case to a department (派单)."""
    return _out(
        await commands.dispatch(_step(case_id, caller, anyone, body.note), body.department, desk), cipher
    )


@router.post("/return", responses=STEP)
async def send_back(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Return a case that is not the department's (退回)."""
    return _out(await commands.send_back(_step(case_id, caller, of_lead(caller), body.note), desk), cipher)


@router.post("/transfer", responses={**STEP, **problems(NoSuchOrg)})
async def transfer_case(
    case_id: UUID, body: Transfer, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Hand a case to another department (转办)."""
    return _out(
        await commands.transfer(_step(case_id, caller, leading(caller), body.note), body.department, desk),
        cipher,
    )


@router.post("/acceptance", responses=STEP)
async def accept(case_id: UUID, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Take a dispatched case (接单)."""
    return _out(await commands.accept(_step(case_id, caller, of_lead(caller)), desk), cipher)


@router.post("/start", responses=STEP)
async def start(case_id: UUID, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Begin work on a case, for the first time or again."""
    return _out(await commands.start(_step(case_id, caller, of_lead(caller)), desk), cipher)


@router.post("/resolution", responses={**STEP, **problems(PartsOpen)})
async def resolve(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Report a case solved (办结反馈); the note is the reply to the person."""
    return _out(await commands.resolve(_step(case_id, caller, of_lead(caller), body.note), desk), cipher)


@router.post("/replies", responses=STEP)
async def reply(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Give a new version of the reply (答复)."""
    return _out(await commands.reply(_step(case_id, caller, of_lead(caller), body.note), desk), cipher)


@router.post("/notes", responses=STEP)
async def note(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Leave an internal note (内部备注); it never reaches the citizen."""
    return _out(await commands.note(_step(case_id, caller, involved(caller), body.note), desk), cipher)


@router.post("/co-handlers", responses={**STEP, **problems(NoSuchOrg)})
async def join(case_id: UUID, body: Join, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Ask departments to co-handle (协办)."""
    return _out(
        await commands.join(_step(case_id, caller, leading(caller), body.note), body.departments, desk),
        cipher,
    )


@router.post("/opinion", responses={**STEP, **problems(NotAsked)})
async def give_opinion(case_id: UUID, body: Opinion, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Answer as a co-handling department (协办反馈)."""
    return _out(
        await commands.give_opinion(
            _step(case_id, caller, of_department(caller, body.department), body.note), body.department, desk
        ),
        cipher,
    )


@router.post("/extension", responses=STEP)
async def ask_extension(
    case_id: UUID, body: ExtensionAsk, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Ask for more time (延期申请)."""
    return _out(
        await commands.ask_extension(_step(case_id, caller, of_lead(caller), body.note), body.until, desk),
        cipher,
    )


@router.post("/extension-decision", responses={**STEP, **problems(NothingToDecide, FourEyes)})
async def decide_extension(
    case_id: UUID, body: Decision, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Grant more time or not (延期审批)."""
    return _out(
        await commands.decide_extension(_step(case_id, caller, anyone, body.note), body.approved, desk),
        cipher,
    )


@router.post("/supervision", responses=STEP)
async def supervise(
    case_id: UUID, body: Supervision, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Put a case under a supervision order (督办)."""
    return _out(await commands.supervise(_step(case_id, caller, anyone, body.note), body.until, desk), cipher)


@router.post("/supervision-answer", responses={**STEP, **problems(NothingToDecide)})
async def answer_supervision(
    case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Answer a supervision order (督办回复)."""
    return _out(
        await commands.answer_supervision(_step(case_id, caller, of_lead(caller), body.note), desk), cipher
    )


@router.post("/tracking", responses=STEP)
async def track(case_id: UUID, body: Tracking, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Keep a case as a left-over matter with a helper (遗留问题, 帮办)."""
    return _out(
        await commands.track(_step(case_id, caller, leading(caller), body.note), body.helper, desk), cipher
    )


@router.post("/tracking-end", responses={**STEP, **problems(NothingToDecide)})
async def untrack(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Take a case off the left-over matters."""
    return _out(await commands.untrack(_step(case_id, caller, anyone, body.note), desk), cipher)


@router.post("/verification", responses=STEP)
async def verify_case(
    case_id: UUID, body: Verification, caller: Staff, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Note whether what was said is so (核实)."""
    return _out(
        await commands.verify(_step(case_id, caller, leading(caller), body.note), body.finding, desk), cipher
    )


@router.post("/call-back", responses=STEP)
async def call_back(case_id: UUID, body: CallBack, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Note a call to the person (回访)."""
    return _out(
        await commands.call_back(
            _step(case_id, caller, leading(caller), body.note), body.reached, body.content, desk
        ),
        cipher,
    )


@router.post("/closing", responses={**STEP, **problems(CallBackMissing)})
async def close_case(case_id: UUID, body: Note, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Close a case that needs no answer of the person."""
    return _out(await commands.close(_step(case_id, caller, anyone, body.note), desk), cipher)


@router.post("/merge", responses=STEP)
async def merge_case(case_id: UUID, body: Merge, caller: Staff, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Make a case part of another about the same thing (并案); its reporter is kept informed."""
    return _out(await commands.merge(_step(case_id, caller, anyone), body.into, desk), cipher)


@router.post("/contact", responses={**STEP, **problems(NoContact)})
async def read_contact(
    case_id: UUID,
    body: Purpose,
    caller: Annotated[Caller, requires("case_handler")],
    desk: DeskDep,
    cipher: Cipher,
) -> ContactOut:
    """Return the person's contact to the department that must call; each look is in the audit trail."""
    sealed = await commands.read_contact(_step(case_id, caller, of_lead(caller)), body.purpose, desk)
    return ContactOut(**Viewer(cipher).contact(sealed))
