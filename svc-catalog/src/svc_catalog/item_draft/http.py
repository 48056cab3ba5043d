"""Routes of drafts, for those who write items and those who review them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response

from lib_kernel import DomainError, IllegalMove, Invalid, NotAllowed, StaleVersion
from lib_service.web import ClockDep, ReadSession, recorded, unit_of_work
from lib_web import Caller, Cursor, KeyReused, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_catalog.element.difference import differences
from svc_catalog.element.rules import check_item
from svc_catalog.item.domain import ItemWithdrawn, NoSuchItem
from svc_catalog.item.store import one_version
from svc_catalog.item_draft import commands, store
from svc_catalog.item_draft.commands import Step
from svc_catalog.item_draft.domain import (
    Draft,
    DraftExists,
    FourEyes,
    ItemExists,
    ItemIncomplete,
    NoSuchDraft,
    Status,
)
from svc_catalog.item_draft.ports import UnitOfWork
from svc_catalog.item_draft.schemas import (
    Approval,
    ApprovalOutcome,
    ApprovalOutcomes,
    ApproveMany,
    ChangeOut,
    Differences,
    DraftBrief,
    DraftCreate,
    DraftEdit,
    DraftOut,
    Note,
)
from svc_catalog.place.store import department_names

router = APIRouter(prefix="/v1/item-drafts", tags=["事项编制与审核"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Editor = Annotated[Caller, requires("item_editor")]
Reviewer = Annotated[Caller, requires("item_reviewer")]
Either = Annotated[Caller, requires("item_editor", "item_reviewer")]
Seen = Annotated[str, Header(alias="If-Match", pattern=r'^"?\d{1,9}"?$', description="看到的稿次，即 ETag")]
STEP = problems(NoSuchDraft, IllegalMove, NotAllowed)


@router.post(
    "",
    status_code=201,
    responses=problems(NoSuchItem, DraftExists, ItemExists, NotAllowed, KeyReused, Invalid),
)
async def create_item_draft(
    body: DraftCreate,
    caller: Editor,
    uow: Annotated[UnitOfWork, recorded(DraftBrief)],
    clock: ClockDep,
) -> DraftBrief:
    """Start a draft of a published item, or of a new one (新建事项草稿)."""
    return DraftBrief.model_validate(await _start(body, caller, uow, clock))


async def _start(body: DraftCreate, caller: Caller, uow: UnitOfWork, clock: ClockDep) -> Draft:
    if body.code is not None and body.data is None:
        return await commands.start(body.code, caller.subject, caller.check_org, uow=uow, clock=clock)
    if body.data is not None and body.code is None:
        return await commands.start_new(body.data, caller.subject, caller.check_org, uow=uow, clock=clock)
    raise Invalid("code 与 data 只填其一：修改已有事项填 code，新事项填 data", field="code")


@router.get("")
async def list_item_drafts(
    caller: Either,
    session: ReadSession,
    status: Status | None = None,
    code: str | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[DraftBrief]:
    """List the drafts of the caller's departments, the latest changed first; reviewers see all."""
    rows = await store.page(
        session,
        orgs=_orgs(caller),
        status=status,
        code=code,
        before=read_cursor(cursor, datetime, UUID),
        limit=limit + 1,
    )
    more = write_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[DraftBrief.model_validate(row) for row in rows[:limit]], next=more)


def _orgs(caller: Caller) -> frozenset[str] | None:
    """Reviewers and administrators work for all departments."""
    return None if {"admin", "item_reviewer"} & caller.roles else caller.orgs


def _check_sees(caller: Caller, draft: Draft) -> None:
    orgs = _orgs(caller)
    if orgs is not None and draft.department not in orgs:
        raise NoSuchDraft


@router.get("/{draft_id}", responses=problems(NoSuchDraft))
async def get_item_draft(
    draft_id: UUID, caller: Either, session: ReadSession, response: Response
) -> DraftOut:
    """Return one draft with what is still missing or wrong (校验结果)."""
    draft = await store.one(session, draft_id)
    _check_sees(caller, draft)
    response.headers["etag"] = f'"{draft.revision}"'
    findings = check_item(draft.data, await department_names(session))
    brief = DraftBrief.model_validate(draft)
    return DraftOut.model_validate({**brief.model_dump(), "data": draft.data, "findings": findings})


@router.put("/{draft_id}", responses=STEP | problems(StaleVersion, Invalid))
async def edit_item_draft(
    draft_id: UUID, body: DraftEdit, caller: Editor, uow: Uow, clock: ClockDep, response: Response, seen: Seen
) -> DraftBrief:
    """Replace a draft's content. If-Match names the revision it is based on."""
    step = Step(draft_id, caller.subject, caller.check_org, int(seen.strip('"')))
    draft = await commands.edit(step, body.data, uow=uow, clock=clock)
    response.headers["etag"] = f'"{draft.revision}"'
    return DraftBrief.model_validate(draft)


@router.get("/{draft_id}/diff", responses=problems(NoSuchDraft))
async def get_item_draft_diff(draft_id: UUID, caller: Either, session: ReadSession) -> Differences:
    """Compare a draft with the version it changes, element by element (修改对照)."""
    draft = await store.one(session, draft_id)
    _check_sees(caller, draft)
    base = await one_version(session, draft.code, draft.base_version) if draft.base_version else {}
    changes = differences(base, draft.data)
    return Differences(items=[ChangeOut.model_validate(change) for change in changes])


@router.post("/{draft_id}/submission", responses=STEP | problems(ItemIncomplete))
async def submit_item_draft(draft_id: UUID, caller: Editor, uow: Uow, clock: ClockDep) -> DraftBrief:
    """Ask another person to review it (送审). All that is missing or wrong is named at once."""
    step = Step(draft_id, caller.subject, caller.check_org)
    return DraftBrief.model_validate(await commands.submit(step, uow=uow, clock=clock))


@router.post("/{draft_id}/return", responses=STEP)
async def return_item_draft(
    draft_id: UUID, body: Note, caller: Reviewer, uow: Uow, clock: ClockDep
) -> DraftBrief:
    """Give it back to its editors with the reason (退回), also one that waits for its day."""
    step = Step(draft_id, caller.subject, _any_department, note=body.note)
    return DraftBrief.model_validate(await commands.return_(step, uow=uow, clock=clock))


@router.post("/{draft_id}/approval", responses=STEP | problems(FourEyes, ItemWithdrawn))
async def approve_item_draft(
    draft_id: UUID, body: Approval, caller: Reviewer, uow: Uow, clock: ClockDep
) -> DraftBrief:
    """Approve it, as another person than its editors; it is published at once or on its day (审核通过)."""
    step = Step(draft_id, caller.subject, _any_department)
    return DraftBrief.model_validate(await commands.approve(step, body.effective_at, uow=uow, clock=clock))


@router.post("/approvals")
async def approve_item_drafts(
    body: ApproveMany, caller: Reviewer, uow: Uow, clock: ClockDep
) -> ApprovalOutcomes:
    """Approve many drafts, each for itself; those that cannot be are named (批量审核)."""
    outcomes = []
    for draft_id in body.ids:
        step = Step(draft_id, caller.subject, _any_department)
        try:
            await commands.approve(step, body.effective_at, uow=uow, clock=clock)
        except DomainError as error:
            outcomes.append(ApprovalOutcome(id=draft_id, approved=False, problem=error.detail))
        else:
            outcomes.append(ApprovalOutcome(id=draft_id, approved=True, problem=None))
    return ApprovalOutcomes(items=outcomes)


@router.post("/{draft_id}/discard", responses=STEP)
async def discard_item_draft(draft_id: UUID, caller: Editor, uow: Uow, clock: ClockDep) -> DraftBrief:
    """Throw a draft away (废弃)."""
    step = Step(draft_id, caller.subject, caller.check_org)
    return DraftBrief.model_validate(await commands.discard(step, uow=uow, clock=clock))


def _any_department(_department: str) -> None:
    """The city's reviewers look after the items of all departments."""
