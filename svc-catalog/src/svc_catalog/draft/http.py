"""Routes of drafts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header

from lib_gm import FieldCipher
from lib_kernel import StaleVersion
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Citizen, Page, problems
from svc_catalog.application.http import REFUSED, Wallet, applicant_of
from svc_catalog.application.schemas import ApplicationOut
from svc_catalog.application.submitting import Submit
from svc_catalog.draft import commands, store
from svc_catalog.draft.commands import SaveDraft
from svc_catalog.draft.domain import Draft, NoSuchDraft, TooManyDrafts
from svc_catalog.draft.ports import UnitOfWork
from svc_catalog.draft.schemas import DraftIn, DraftListed, DraftOut, complete

router = APIRouter(prefix="/v1/drafts", tags=["草稿"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Seen = Annotated[int | None, Header(alias="If-Match", description="看到的草稿版本号")]


def _shown(draft: Draft, cipher: FieldCipher) -> DraftOut:
    listed = DraftListed.model_validate(draft).model_dump()
    return DraftOut.model_validate({**listed, "content": commands.read(draft, cipher)})


@router.post("", status_code=201, responses=problems(TooManyDrafts))
async def create_draft(
    body: DraftIn,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(DraftListed)],
    cipher: Cipher,
    clock: ClockDep,
) -> DraftListed:
    """Keep an unfinished application (保存草稿); it can be resumed on any channel."""
    command = SaveDraft(caller.person_id, caller.channel, body.item_code, body.title, body.content)
    return DraftListed.model_validate(await commands.save(command, uow=uow, cipher=cipher, clock=clock))


@router.get("")
async def list_drafts(caller: Citizen, session: ReadSession) -> Page[DraftListed]:
    """List one's drafts, the latest first."""
    rows = await store.of_person(session, caller.person_id)
    return Page(items=[DraftListed.model_validate(row) for row in rows], next=None)


@router.get("/{draft_id}", responses=problems(NoSuchDraft))
async def get_draft(draft_id: UUID, caller: Citizen, session: ReadSession, cipher: Cipher) -> DraftOut:
    """Return a draft to go on with (继续填报)."""
    return _shown(await store.one(session, draft_id, caller.person_id), cipher)


@router.put("/{draft_id}", responses=problems(NoSuchDraft, StaleVersion))
async def save_draft(
    draft_id: UUID,
    body: DraftIn,
    caller: Citizen,
    uow: Uow,
    cipher: Cipher,
    clock: ClockDep,
    seen: Seen = None,
) -> DraftOut:
    """Save a draft again; with If-Match, what another channel saved in the meantime is not lost."""
    command = SaveDraft(
        caller.person_id, caller.channel, body.item_code, body.title, body.content, draft_id, seen
    )
    return _shown(await commands.save(command, uow=uow, cipher=cipher, clock=clock), cipher)


@router.delete("/{draft_id}", status_code=204, responses=problems(NoSuchDraft))
async def delete_draft(draft_id: UUID, caller: Citizen, uow: Uow) -> None:
    """Forget a draft."""
    await commands.forget(draft_id, caller.person_id, uow=uow)


@router.post("/{draft_id}/submission", status_code=201, responses=REFUSED | problems(NoSuchDraft))
async def submit_draft(
    draft_id: UUID,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(ApplicationOut)],
    wallet: Wallet,
    cipher: Cipher,
    clock: ClockDep,
) -> ApplicationOut:
    """Hand in a draft (提交草稿): it becomes an application, or nothing happens and the errors are named."""

    def as_submission(content: dict[str, Any]) -> Submit:
        body = complete(content)
        return body.as_command(applicant_of(body, caller), caller)

    filed = await commands.hand_in(
        draft_id, caller.person_id, as_submission, uow=uow, wallet=wallet, cipher=cipher, clock=clock
    )
    return ApplicationOut.model_validate(filed)
