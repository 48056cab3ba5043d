"""Start, edit, submit, return, approve, discard a draft; publish it when its time has come; import many."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lib_contracts.catalog import ItemPublished
from lib_kernel import Clock, Conflict, Invalid, NotAllowed
from svc_catalog.element.domain import canonical
from svc_catalog.item.domain import ItemWithdrawn, Publication, State, content_hash
from svc_catalog.item_draft.domain import (
    Draft,
    ItemExists,
    ItemIncomplete,
    Outcome,
    check_complete,
    new_draft,
)
from svc_catalog.item_draft.ports import UnitOfWork

Check = Callable[[str], None]
IMPORTED_AT_ONCE = 50


@dataclass(frozen=True)
class Step:
    """A step on a draft. `check` raises unless the caller may act for it; `revision` is If-Match."""

    draft_id: UUID
    by: str
    check: Check
    revision: int | None = None
    note: str = ""


async def start(code: str, by: str, check: Check, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Start a draft of a published item. Raises NoSuchItem, DraftExists."""
    async with uow:
        version, data = await uow.items.content(code)
        check(data["department"])
        draft = new_draft(data, version, by, clock.now())
        await uow.drafts.add(draft)
        await uow.commit(answer=draft)
    return draft


async def start_new(data: dict[str, Any], by: str, check: Check, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Start a draft of an item that was never published. Raises ItemExists, DraftExists."""
    async with uow:
        draft = new_draft(data, 0, by, clock.now())
        check(draft.department)
        if await uow.items.find(draft.code) is not None:
            raise ItemExists(f"编码 {draft.code} 已发布过事项")
        await uow.drafts.add(draft)
        await uow.commit(answer=draft)
    return draft


async def edit(step: Step, data: dict[str, Any], *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Replace a draft's content; it need not be complete yet."""
    async with uow:
        draft = await _locked(step, uow)
        draft.edit(data, step.by, clock.now())
        step.check(draft.department)
        await uow.commit()
    return draft


async def submit(step: Step, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Ask for review. Raises ItemIncomplete."""
    async with uow:
        draft = await _locked(step, uow)
        draft.submit(step.by, clock.now(), await uow.departments())
        await _noted(step, "item_draft.submit", draft, uow, clock)
    return draft


async def return_(step: Step, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Give a draft back to its editors, also one that waits for its day."""
    async with uow:
        draft = await _locked(step, uow)
        draft.return_(clock.now(), step.note)
        await _noted(step, "item_draft.return", draft, uow, clock)
    return draft


async def approve(step: Step, effective_at: datetime | None, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Approve a draft and publish it, at once or, by a duty, on its day. Raises FourEyes."""
    async with uow:
        draft = await _locked(step, uow)
        now = clock.now()
        draft.approve(step.by, now, effective_at)
        if draft.is_due(now):
            await _publish(draft, uow, now)
        await _noted(step, "item_draft.approve", draft, uow, clock)
    return draft


async def discard(step: Step, *, uow: UnitOfWork, clock: Clock) -> Draft:
    """Throw a draft away."""
    async with uow:
        draft = await _locked(step, uow)
        draft.discard(clock.now())
        await _noted(step, "item_draft.discard", draft, uow, clock)
    return draft


async def publish_due(*, uow: UnitOfWork, clock: Clock) -> int:
    """Publish every approved draft whose time has come, one transaction each; return how many."""
    published = 0
    while True:
        async with uow:
            now = clock.now()
            draft = await uow.drafts.take_due(now)
            if draft is None:
                return published
            try:
                await _publish(draft, uow, now)
            except ItemWithdrawn as error:
                draft.return_(now, error.detail)
            facts = {"code": draft.code, "status": draft.status.value}
            await uow.audit.note("svc-catalog", "item_draft.publish", str(draft.id), now, facts)
            await uow.commit()
        published += draft.published_version is not None


async def import_items(
    records: Sequence[dict[str, Any]],
    by: str,
    check: Check,
    *,
    approved_by: str | None = None,
    check_only: bool = False,
    uow: UnitOfWork,
    clock: Clock,
) -> list[Outcome]:
    """Submit every new or changed item for review; with `approved_by` it is approved and published at once.

    With `check_only` nothing is written.

    Each item is taken whole or not at all, whatever happens to the others. Items that are as published are
    left alone, so an import may be repeated. Raises FourEyes.
    """
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    for begin in range(0, len(records), IMPORTED_AT_ONCE):
        some = records[begin : begin + IMPORTED_AT_ONCE]
        async with uow:
            codes = [str(record.get("code", "")) for record in some]
            known = Known(
                await uow.items.hashes(codes), await uow.drafts.open_of(codes), await uow.departments(), seen
            )
            for record in some:
                outcomes.append(await _import(record, by, check, approved_by, known, uow, clock))
                seen.add(outcomes[-1].code)
            if not check_only:
                await uow.commit()
    return outcomes


@dataclass(frozen=True)
class Known:
    """What an import compares with; `seen` are the codes that came before in the same file."""

    hashes: Mapping[str, str]
    drafts: Mapping[str, Draft]
    departments: Mapping[str, str]
    seen: set[str]


async def _import(
    record: dict[str, Any],
    by: str,
    check: Check,
    approved_by: str | None,
    known: Known,
    uow: UnitOfWork,
    clock: Clock,
) -> Outcome:
    record = canonical(record)
    outcome = Outcome(str(record.get("code", "")), str(record.get("name", "")), "failed")
    digest = content_hash(record)
    waiting = known.drafts.get(outcome.code)
    if outcome.code in known.seen:
        outcome.errors = [{"field": "code", "message": "文件中有相同的基本编码"}]
    elif known.hashes.get(outcome.code) == digest:
        outcome.result = "unchanged"
    elif waiting is not None and content_hash(waiting.data) == digest:
        outcome.result, outcome.draft_id = "waiting", waiting.id
    else:
        try:
            outcome.draft_id = (await _submit_whole(record, by, check, approved_by, known, uow, clock)).id
            outcome.result = "changed" if outcome.code in known.hashes else "new"
        except ItemIncomplete as error:
            outcome.errors = list(error.facts["errors"])
        except (Conflict, Invalid, NotAllowed) as error:
            outcome.errors = [{"field": "code", "message": error.detail}]
    return outcome


async def _submit_whole(
    record: dict[str, Any],
    by: str,
    check: Check,
    approved_by: str | None,
    known: Known,
    uow: UnitOfWork,
    clock: Clock,
) -> Draft:
    """Check everything before the first write, so that a refused item leaves nothing behind."""
    now = clock.now()
    check_complete(record, known.departments)
    check(record["department"])
    standing = await uow.items.find(record["code"])
    if standing is not None and standing.state is State.WITHDRAWN:
        raise ItemWithdrawn(f"事项 {record['code']} 已取消，不能再发布")
    draft = new_draft(record, standing.version if standing else 0, by, now)
    draft.submit(by, now, known.departments)
    if approved_by is not None:
        draft.approve(approved_by, now, None)
    await uow.drafts.add(draft)
    if draft.is_due(now):
        await _publish(draft, uow, now)
        facts = {"code": draft.code, "version": str(draft.published_version)}
        await uow.audit.note(approved_by or by, "item_draft.approve", str(draft.id), now, facts)
    else:
        await uow.audit.note(by, "item_draft.submit", str(draft.id), now, {"code": draft.code})
    return draft


async def _locked(step: Step, uow: UnitOfWork) -> Draft:
    draft = await uow.drafts.lock(step.draft_id)
    step.check(draft.department)
    draft.check_revision(step.revision)
    return draft


async def _noted(step: Step, action: str, draft: Draft, uow: UnitOfWork, clock: Clock) -> None:
    facts = {"code": draft.code, "revision": str(draft.revision)}
    if draft.published_version is not None:
        facts["version"] = str(draft.published_version)
    if step.note:
        facts["note"] = step.note
    await uow.audit.note(step.by, action, str(draft.id), clock.now(), facts)
    await uow.commit()


async def _publish(draft: Draft, uow: UnitOfWork, now: datetime) -> None:
    """Make the draft the item's content. A suspended item stays suspended, with new content."""
    standing = await uow.items.find(draft.code, lock=True)
    if standing is not None and standing.state is State.WITHDRAWN:
        raise ItemWithdrawn(f"事项 {draft.code} 已取消，不能再发布")
    version = standing.version + 1 if standing is not None else 1
    publication = Publication(now, draft.submitted_by or "", draft.approved_by or "")
    await uow.items.publish(draft.data, version, publication)
    draft.publish(version, now)
    uow.outbox.add(ItemPublished(item_code=draft.code, item_version=version))
