"""Routes for an anonymous reporter, who is known by the tracking code alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from lib_service.web import ReadSession
from lib_web import AnyCaller, problems
from svc_complaint.complaint_case import commands, store
from svc_complaint.complaint_case.access import anyone
from svc_complaint.complaint_case.commands import Step
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import NoSuchCase, TooLate
from svc_complaint.complaint_case.http import STEP, DeskDep
from svc_complaint.complaint_case.intake import hash_code
from svc_complaint.complaint_case.receipt import Cipher
from svc_complaint.complaint_case.schemas import CaseDetail, CaseOut, Note
from svc_complaint.complaint_case.view import Viewer

router = APIRouter(prefix="/v1/tracked-case", tags=["匿名诉求"])

# In a header, not in the address: addresses are logged.
TrackingCode = Annotated[
    str, Header(alias="X-Tracking-Code", min_length=20, max_length=30, description="提交时返回的查询码")
]


def code_step(code: str, note: str = "") -> Step:
    """Return a step on the case of a code."""
    return Step(None, "anonymous", frozenset({"public"}), anyone, note, hash_code(code))


def _step(code: TrackingCode, caller: AnyCaller) -> Step:
    return code_step(code)


StepDep = Annotated[Step, Depends(_step)]


@router.get("", responses=problems(NoSuchCase))
async def get_tracked_case(
    code: TrackingCode, caller: AnyCaller, session: ReadSession, cipher: Cipher
) -> CaseDetail:
    """Return the case of a tracking code."""
    return Viewer(cipher).for_citizen(await store.tracked(session, hash_code(code)))


@router.post("/supplement", responses=STEP)
async def supplement_tracked(
    code: TrackingCode, body: Note, caller: AnyCaller, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Add something to the case of a code."""
    return _out(await commands.supplement(code_step(code, body.note), desk), cipher)


@router.post("/confirmation", responses=STEP)
async def confirm_tracked(step: StepDep, desk: DeskDep, cipher: Cipher) -> CaseOut:
    """Confirm that the case of a code is solved."""
    return _out(await commands.confirm(step, desk), cipher)


@router.post("/reopening", responses={**STEP, **problems(TooLate)})
async def reopen_tracked(
    code: TrackingCode, body: Note, caller: AnyCaller, desk: DeskDep, cipher: Cipher
) -> CaseOut:
    """Say that the case of a code is not solved."""
    return _out(await commands.reopen(code_step(code, body.note), desk), cipher)


def _out(case: Case, cipher: Cipher) -> CaseOut:
    return Viewer(cipher).listed(case, citizen=True)
