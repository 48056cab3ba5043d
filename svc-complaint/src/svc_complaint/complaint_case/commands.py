"""What is done to a case: one transaction each, with its events, timers and audit record."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lib_kernel import Clock, Invalid
from svc_complaint.complaint_case import plan
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import NoContact
from svc_complaint.complaint_case.ports import UnitOfWork
from svc_complaint.complaint_case.tidings import event, report_back, tell_followers
from svc_complaint.kind.domain import CaseKind, Status

CONTENT = "complaint_case.content"
NOTE = "complaint_case.steps"
SEALED = "exchange_message.sealed"

Check = Callable[[Case], None]
Act = Callable[[Case, CaseKind, datetime], None]


class FieldCipher(Protocol):
    """Encrypts what people write."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def blind_index(self, text: str) -> str:
        """Return a keyed hash by which equal texts are found."""
        ...


@dataclass(frozen=True)
class Desk:
    """What every command on cases works with."""

    uow: UnitOfWork
    cipher: FieldCipher
    clock: Clock

    def seal(self, note: str) -> str | None:
        """Return a note encrypted, None when there is none."""
        return self.cipher.encrypt(note, context=NOTE) if note else None


@dataclass(frozen=True)
class Step:
    """Who steps on which case. `check` raises unless it is theirs; `scopes` are what the kind asks for.

    With `code_hash` the case is the one of a tracking code, and `case_id` is not looked at.
    """

    case_id: UUID | None
    by: str
    scopes: frozenset[str]
    check: Check
    note: str = ""
    code_hash: str | None = None


async def take(step: Step, action: str, desk: Desk, act: Act, tells: str | None = None) -> Case:
    """Do something to a case in one transaction; `tells` names the event.

    Raises:
        NoSuchCase, NotAllowed: it is not the caller's, or the kind gives the action to others.
        IllegalMove: the kind has no such move from here.
    """
    now, uow = desk.clock.now(), desk.uow
    async with uow:
        case = await _locked(step, uow)
        step.check(case)
        kind = await uow.kinds.of_version(case.kind, case.kind_version)
        kind.check_may(action, step.scopes)
        act(case, kind, now)
        if tells is not None:
            uow.outbox.add(event(tells, case, now))
        await settle(case, kind, uow, now, reply=_sealed_reply(case, step, desk))
        await uow.audit.note(step.by, f"case.{action}", case.case_number, now, _facts(case))
        await uow.commit(answer=case)
    return case


async def settle(
    case: Case, kind: CaseKind, uow: UnitOfWork, now: datetime, *, reply: str | None = None
) -> None:
    """Make timers, followers and other platforms fit what the case became."""
    await uow.timers.plan(case.id, plan.timers(case, kind))
    if case.status_since == now:
        await tell_followers(case, uow, now)
        await report_back(case, uow, now, reply)


def _sealed_reply(case: Case, step: Step, desk: Desk) -> str | None:
    if case.status is not Status.RESOLVED or not step.note:
        return None
    return desk.cipher.encrypt(json.dumps({"reply": step.note}), context=SEALED)


async def _locked(step: Step, uow: UnitOfWork) -> Case:
    if step.code_hash is not None:
        return await uow.cases.lock_tracked(step.code_hash)
    if step.case_id is None:
        raise ValueError("a step names a case or a code")
    return await uow.cases.lock(step.case_id)


async def _seen(step: Step, uow: UnitOfWork) -> Case:
    if step.case_id is None:
        raise ValueError("a look names a case")
    case = await uow.cases.one(step.case_id)
    step.check(case)
    return case


def _facts(case: Case) -> dict[str, str]:
    return {"status": case.status.value, "department": case.department or ""}


async def read(step: Step, desk: Desk, *, is_noted: bool) -> tuple[Case, str | None]:
    """Return a case and the number of the one it was merged into; what staff read `is_noted`.

    Raises:
        NoSuchCase, NotAllowed: it is not the caller's.
    """
    uow = desk.uow
    async with uow:
        case = await _seen(step, uow)
        main = await uow.cases.one(case.merged_into) if case.merged_into is not None else None
        if is_noted:
            await uow.audit.note(step.by, "case.read", case.case_number, desk.clock.now())
            await uow.commit()
    return case, main.case_number if main is not None else None


async def read_contact(step: Step, purpose: str, desk: Desk) -> str:
    """Return a case's contact, encrypted; the look is noted with its purpose.

    Raises:
        NoSuchCase, NotAllowed: it is not the caller's department's.
        NoContact: there is none, so nothing is noted.
    """
    uow = desk.uow
    async with uow:
        case = await _seen(step, uow)
        if case.contact is None:
            raise NoContact
        facts = {"purpose": purpose}
        await uow.audit.note(step.by, "case.contact", case.case_number, desk.clock.now(), facts)
        await uow.commit()
    return case.contact


async def triage(step: Step, category: str | None, desk: Desk) -> Case:
    """Sort a case in. Raises Invalid for a category that is not in the taxonomy."""
    async with desk.uow:
        known = {one.code for one in await desk.uow.triage.categories()}
    if category is not None and category not in known:
        raise Invalid("原因类别不存在", field="category")
    note = desk.seal(step.note)
    return await take(
        step, "triage", desk, lambda c, kind, now: c.triage(kind, step.by, now, category, note), "triage"
    )


async def dispatch(step: Step, department: str, desk: Desk) -> Case:
    """Give a case to a department (派单). Raises NoSuchOrg."""
    await _check_orgs(desk, department)
    note = desk.seal(step.note)
    return await take(
        step,
        "dispatch",
        desk,
        lambda c, kind, now: c.dispatch(kind, step.by, now, department, note),
        "dispatch",
    )


async def send_back(step: Step, desk: Desk) -> Case:
    """Return a case that is not the department's (退回)."""
    note = desk.seal(step.note)
    return await take(step, "return", desk, lambda c, kind, now: c.send_back(kind, step.by, now, note))


async def transfer(step: Step, department: str, desk: Desk) -> Case:
    """Hand a case to another department (转办). Raises NoSuchOrg."""
    await _check_orgs(desk, department)
    note = desk.seal(step.note)
    return await take(
        step,
        "transfer",
        desk,
        lambda c, kind, now: c.transfer(kind, step.by, now, department, note),
        "transfer",
    )


async def accept(step: Step, desk: Desk) -> Case:
    """Take a dispatched case (接单)."""
    return await take(step, "accept", desk, lambda c, kind, now: c.accept(kind, step.by, now))


async def start(step: Step, desk: Desk) -> Case:
    """Begin work."""
    return await take(step, "start", desk, lambda c, kind, now: c.start(kind, step.by, now))


async def resolve(step: Step, desk: Desk) -> Case:
    """Report a case solved (办结反馈); the note is the first or a newer reply."""
    sealed = desk.cipher.encrypt(step.note, context=NOTE)
    return await take(
        step, "resolve", desk, lambda c, kind, now: c.resolve(kind, step.by, now, sealed), "resolve"
    )


async def reply(step: Step, desk: Desk) -> Case:
    """Give a new version of the reply (答复)."""
    sealed = desk.cipher.encrypt(step.note, context=NOTE)

    def act(case: Case, kind: CaseKind, now: datetime) -> None:
        case.reply(step.by, now, sealed)
        case.log("reply", step.by, now, sealed)

    return await take(step, "reply", desk, act, "reply")


async def note(step: Step, desk: Desk) -> Case:
    """Leave a note for colleagues; it never reaches the citizen."""
    sealed = desk.seal(step.note)
    return await take(
        step, "note", desk, lambda c, kind, now: c.log("note", step.by, now, sealed, internal=True)
    )


async def supplement(step: Step, desk: Desk) -> Case:
    """The person adds something."""
    sealed = desk.seal(step.note)

    def act(case: Case, kind: CaseKind, now: datetime) -> None:
        case.check_open()
        case.log("supplement", step.by, now, sealed)

    return await take(step, "supplement", desk, act)


async def confirm(step: Step, desk: Desk) -> Case:
    """The person confirms that it is solved; the case is closed."""
    return await take(step, "confirm", desk, lambda c, kind, now: c.confirm(kind, step.by, now), "close")


async def reopen(step: Step, desk: Desk) -> Case:
    """The person says it is not solved (重办). Raises TooLate."""
    sealed = desk.seal(step.note)
    return await take(
        step, "reopen", desk, lambda c, kind, now: c.reopen(kind, step.by, now, sealed), "reopen"
    )


async def withdraw(step: Step, desk: Desk) -> Case:
    """The person takes it back (撤回)."""
    sealed = desk.seal(step.note)
    return await take(
        step, "withdraw", desk, lambda c, kind, now: c.withdraw(kind, step.by, now, sealed), "close"
    )


async def close(step: Step, desk: Desk) -> Case:
    """Staff close a case. Raises CallBackMissing."""
    sealed = desk.seal(step.note)
    return await take(step, "close", desk, lambda c, kind, now: c.close(kind, step.by, now, sealed), "close")


async def join(step: Step, departments: list[str], desk: Desk) -> Case:
    """Ask departments to co-handle (协办). Raises NoSuchOrg."""
    await _check_orgs(desk, *departments)
    sealed = desk.seal(step.note)
    return await take(step, "join", desk, lambda c, kind, now: c.join(step.by, now, departments, sealed))


async def give_opinion(step: Step, department: str, desk: Desk) -> Case:
    """A co-handler answers. Raises NotAsked."""
    sealed = desk.cipher.encrypt(step.note, context=NOTE)
    return await take(
        step, "opinion", desk, lambda c, kind, now: c.give_opinion(step.by, now, department, sealed)
    )


async def ask_extension(step: Step, until: datetime, desk: Desk) -> Case:
    """Ask for more time (延期申请)."""
    sealed = desk.cipher.encrypt(step.note, context=NOTE)
    return await take(
        step, "ask_extension", desk, lambda c, kind, now: c.ask_extension(step.by, now, until, sealed)
    )


async def decide_extension(step: Step, approved: bool, desk: Desk) -> Case:
    """Grant more time or not (延期审批). Raises NothingToDecide, FourEyes."""
    sealed = desk.seal(step.note)
    return await take(
        step,
        "decide_extension",
        desk,
        lambda c, kind, now: c.decide_extension(step.by, now, approved, sealed),
        "extend" if approved else None,
    )


async def supervise(step: Step, until: datetime, desk: Desk) -> Case:
    """Put a case under a supervision order (督办)."""
    sealed = desk.seal(step.note)
    return await take(
        step, "supervise", desk, lambda c, kind, now: c.supervise(step.by, now, until, sealed), "supervise"
    )


async def answer_supervision(step: Step, desk: Desk) -> Case:
    """The department answers a supervision order. Raises NothingToDecide."""
    sealed = desk.cipher.encrypt(step.note, context=NOTE)
    return await take(
        step, "answer_supervision", desk, lambda c, kind, now: c.answer_supervision(step.by, now, sealed)
    )


async def track(step: Step, helper: str, desk: Desk) -> Case:
    """Keep a case as a left-over matter with a helper (遗留问题, 帮办)."""
    sealed = desk.seal(step.note)
    return await take(
        step, "track", desk, lambda c, kind, now: c.track(kind, step.by, now, helper, sealed), "track"
    )


async def untrack(step: Step, desk: Desk) -> Case:
    """It is no left-over matter any more. Raises NothingToDecide."""
    sealed = desk.seal(step.note)
    return await take(step, "untrack", desk, lambda c, kind, now: c.untrack(step.by, now, sealed))


async def verify(step: Step, finding: str, desk: Desk) -> Case:
    """Note whether what was said is so (核实)."""
    sealed = desk.seal(step.note)
    return await take(step, "verify", desk, lambda c, kind, now: c.verify(step.by, now, finding, sealed))


async def call_back(step: Step, reached: bool, content: bool | None, desk: Desk) -> Case:
    """Note a call to the person (回访)."""
    sealed = desk.seal(step.note)
    return await take(
        step, "call_back", desk, lambda c, kind, now: c.call_back(step.by, now, reached, content, sealed)
    )


async def merge(step: Step, into: UUID, desk: Desk) -> Case:
    """Make a case part of another about the same thing (并案); both are locked, in the order of their ids."""
    now, uow = desk.clock.now(), desk.uow
    if step.case_id is None:
        raise ValueError("a merge names a case")
    async with uow:
        locked = {case_id: await uow.cases.lock(case_id) for case_id in sorted({step.case_id, into})}
        case, main = locked[step.case_id], locked[into]
        step.check(case)
        kind = await uow.kinds.of_version(case.kind, case.kind_version)
        kind.check_may("merge", step.scopes)
        case.merge_into(kind, main, step.by, now)
        for earlier in await uow.cases.merged_into(case.id):
            earlier.merged_into = main.id
        main.log("join_case", step.by, now, None, internal=True, case_number=case.case_number)
        uow.outbox.add(event("merge", case, now, main_case_number=main.case_number))
        await uow.timers.plan(case.id, [])
        await report_back(case, uow, now)
        await uow.audit.note(step.by, "case.merge", case.case_number, now, {"into": main.case_number})
        await uow.commit(answer=case)
    return case


async def _check_orgs(desk: Desk, *codes: str) -> None:
    async with desk.uow:
        await desk.uow.directory.check(*codes)
