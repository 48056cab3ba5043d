"""Save, forget and hand in drafts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib_kernel import Clock, new_id
from svc_catalog.application.domain import Application
from svc_catalog.application.materials import Wallet, types_asked, unproven
from svc_catalog.application.ports import FieldCipher, WalletService
from svc_catalog.application.submitting import Submit, ask, file, planned
from svc_catalog.draft.domain import Draft
from svc_catalog.draft.ports import UnitOfWork

CONTENT = "draft.content"
AsSubmission = Callable[[dict[str, Any]], Submit]


@dataclass(frozen=True)
class SaveDraft:
    """Keep what a person has filled in; `draft_id` and `seen` when it was saved before."""

    person_id: str
    channel: str
    item_code: str
    title: str
    content: Mapping[str, Any]
    draft_id: UUID | None = None
    seen: int | None = None


async def save(cmd: SaveDraft, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Draft:
    """Keep a draft. Raises NoSuchDraft, StaleVersion, TooManyDrafts."""
    content = cipher.encrypt(json.dumps(cmd.content, ensure_ascii=False), context=CONTENT)
    async with uow:
        if cmd.draft_id is None:
            draft = Draft(
                new_id(), cmd.person_id, cmd.item_code, cmd.title, content, cmd.channel, clock.now()
            )
            await uow.application_drafts.add(draft)
        else:
            draft = await uow.application_drafts.lock(cmd.draft_id, cmd.person_id)
            draft.save(content, cmd.channel, clock.now(), cmd.seen)
        await uow.commit(answer=draft)
    return draft


async def forget(draft_id: UUID, person_id: str, *, uow: UnitOfWork) -> None:
    """Delete a draft. Raises NoSuchDraft."""
    async with uow:
        await uow.application_drafts.remove(await uow.application_drafts.lock(draft_id, person_id))
        await uow.commit()


async def hand_in(
    draft_id: UUID,
    person_id: str,
    as_submission: AsSubmission,
    *,
    uow: UnitOfWork,
    wallet: WalletService,
    cipher: FieldCipher,
    clock: Clock,
) -> Application:
    """Make an application of a draft and forget the draft, both or neither.

    `as_submission` reads the content as a complete application and raises what is wrong with it.

    Raises:
        NoSuchDraft: it is gone, for instance handed in already.
        As `svc_catalog.application.submitting.submit`.
    """
    known = Wallet()
    async with uow:
        draft = await uow.application_drafts.lock(draft_id, person_id)
        submission = as_submission(read(draft, cipher))
        plan = await planned(submission.wish, uow)
        asked = types_asked(unproven(plan, submission.materials))
    if asked:
        known = await ask(wallet, person_id, asked)
    async with uow:
        draft = await uow.application_drafts.lock(draft_id, person_id)
        submission = as_submission(read(draft, cipher))
        plan = await planned(submission.wish, uow)
        application = await file(submission, plan, known, uow=uow, cipher=cipher, clock=clock)
        await uow.application_drafts.remove(draft)
        await uow.commit(answer=application)
    return application


def read(draft: Draft, cipher: FieldCipher) -> dict[str, Any]:
    """Return what a draft says."""
    content: dict[str, Any] = json.loads(cipher.decrypt(draft.content, context=CONTENT))
    return content
