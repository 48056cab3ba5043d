"""Start a run, register pupils, place or decline by a person; settle by data."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib_kernel import CITY_ZONE, Clock, new_id
from svc_catalog.application.commands import announce_approval, announce_refusal, facts_of, take_in
from svc_catalog.application.domain import SYSTEM, Application, Status
from svc_catalog.application.materials import Material, Source, Wallet
from svc_catalog.application.ports import FieldCipher
from svc_catalog.application.submitting import Submit, Wish, file, planned
from svc_catalog.enrolment.domain import (
    SOURCE_NAMES,
    Enrolment,
    EnrolmentStatus,
    NotTheGuardian,
    Run,
    SchoolUnknown,
    Verdict,
    assess,
)
from svc_catalog.enrolment.gathering import Facts
from svc_catalog.enrolment.ports import IndexingCipher, UnitOfWork

CONTENT = "enrolment.content"
FACTS = "enrolment.facts"
BY_DATA = "department-data"
BY_LIST = "由教育部门按新生名册登记"
RESIDENCE = {"owned": "自有房产", "rented": "租赁"}


@dataclass(frozen=True)
class Pupil:
    """A pupil and the guardian who registers them."""

    name: str
    number: str
    guardian_id: str
    guardian_name: str
    guardian_number: str
    guardian_phone: str
    relation: str


@dataclass(frozen=True)
class Place:
    """A person's decision on an unclear case; `school` None: the one the data gives."""

    enrolment_id: UUID
    by: str
    check: Callable[[Application], None]
    note: str
    school: str | None = None
    school_name: str | None = None
    legal_ground: str = ""


@dataclass(frozen=True)
class StartRun:
    """Begin a year's enrolment; `check_department` raises unless the officer may."""

    year: int
    bundle_code: str
    answers: Mapping[str, Any]
    by: str
    check_department: Callable[[str], None]


async def start(cmd: StartRun, *, uow: UnitOfWork, clock: Clock) -> Run:
    """Begin a run. Raises NoSuchBundle, AnswersInvalid, NotAllowed."""
    async with uow:
        plan = await planned(Wish(bundle_code=cmd.bundle_code, answers=cmd.answers), uow)
        cmd.check_department(plan.department)
        now = clock.now()
        run = Run(new_id(), cmd.year, cmd.bundle_code, cmd.answers, plan.department, cmd.by, now)
        await uow.enrolments.start(run)
        facts = {"year": str(cmd.year), "bundle": cmd.bundle_code}
        await uow.audit.note(cmd.by, "enrolment.start", str(run.id), now, facts)
        await uow.commit(answer=run)
    return run


async def register(
    run_id: UUID,
    pupils: Sequence[Pupil],
    by: str,
    check_department: Callable[[str], None],
    *,
    uow: UnitOfWork,
    cipher: IndexingCipher,
    clock: Clock,
) -> int:
    """Register pupils of a run from a list; return how many are new. Raises NoSuchRun, NotAllowed."""
    rows = [row_of(run_id, pupil, by, cipher, clock) for pupil in pupils]
    async with uow:
        check_department((await uow.enrolments.run(run_id)).department)
        new = await uow.enrolments.register(rows)
        await uow.commit()
    return new


async def register_own(
    pupil: Pupil, guardian_id: str, *, uow: UnitOfWork, cipher: IndexingCipher, clock: Clock
) -> int:
    """Register one's own child in this year's run; return 1, or 0 when the child is registered already.

    Raises:
        NotTheGuardian: the guardian named is not who registers.
        NoSuchRun: this year's enrolment has not begun.
    """
    if pupil.guardian_id != guardian_id:
        raise NotTheGuardian(field="guardian.id_number")
    async with uow:
        run = await uow.enrolments.newest_run(clock.now().astimezone(CITY_ZONE).year)
        new = await uow.enrolments.register([row_of(run.id, pupil, None, cipher, clock)])
        await uow.commit()
    return new


def row_of(
    run_id: UUID, pupil: Pupil, registered_by: str | None, cipher: IndexingCipher, clock: Clock
) -> dict[str, Any]:
    """Return the row of a newly registered pupil."""
    content = {
        "pupil": {"name": pupil.name, "number": pupil.number},
        "guardian": {
            "name": pupil.guardian_name,
            "number": pupil.guardian_number,
            "phone": pupil.guardian_phone,
            "relation": pupil.relation,
        },
    }
    now = clock.now()
    return {
        "id": new_id(),
        "run_id": run_id,
        "pupil_hash": cipher.blind_index(pupil.number),
        "guardian_id": pupil.guardian_id,
        "content": cipher.encrypt(json.dumps(content, ensure_ascii=False), context=CONTENT),
        "registered_at": now,
        "next_attempt_at": now,
        "status": EnrolmentStatus.PENDING,
        "sources": [],
        "reasons": [],
        "attempts": 0,
        "registered_by": registered_by,
    }


def read(enrolment: Enrolment, cipher: FieldCipher) -> dict[str, Any]:
    """Return who is to be enrolled."""
    content: dict[str, Any] = json.loads(cipher.decrypt(enrolment.content, context=CONTENT))
    return content


def read_facts(enrolment: Enrolment, cipher: FieldCipher) -> Facts:
    """Return what the departments have said so far."""
    facts: Facts = json.loads(cipher.decrypt(enrolment.facts, context=FACTS)) if enrolment.facts else {}
    return facts


def keep_facts(enrolment: Enrolment, facts: Facts, cipher: FieldCipher) -> None:
    """Keep what the departments said."""
    enrolment.facts = cipher.encrypt(json.dumps(facts, ensure_ascii=False), context=FACTS)
    enrolment.sources = sorted(facts)


async def settle(
    enrolment: Enrolment,
    facts: Facts,
    wish: Wish,
    *,
    uow: UnitOfWork,
    cipher: FieldCipher,
    clock: Clock,
) -> Verdict:
    """Hand in the application of a pupil about whom all is known; enrol or leave it to a clerk.

    Application, decision and enrolment are one transaction; the caller commits.
    """
    verdict = assess(facts)
    plan = await planned(wish, uow)
    materials = [Material(needed.name, Source.DEPARTMENT_DATA, _proof()) for needed in plan.materials]
    submission = Submit(
        wish=wish,
        person_id=enrolment.guardian_id,
        channel="enrolment",
        applicant=_guardian(read(enrolment, cipher)),
        form=form_of(read(enrolment, cipher), facts),
        materials=tuple(materials),
        submitted_by=enrolment.registered_by,
        consent_note=BY_LIST if enrolment.registered_by else None,
    )
    application = await file(submission, plan, Wallet(), uow=uow, cipher=cipher, clock=clock)
    enrolment.application_id = application.id
    now = clock.now()
    if verdict.is_clear:
        enrolment.enrol(verdict.school or "", verdict.school_name or "", BY_DATA, now)
        await take_in(application, SYSTEM, uow=uow, clock=clock)
        await _grant(application, BY_DATA, f"录取学校：{verdict.school_name}", uow, clock)
        return verdict
    reasons = [reason.as_data() for reason in verdict.reasons]
    enrolment.leave_to_clerk(reasons, verdict.school, verdict.school_name)
    application.precheck = [
        {"code": reason["code"], "material": reason["source"], "text": reason["text"]} for reason in reasons
    ]
    return verdict


async def place(cmd: Place, *, uow: UnitOfWork, clock: Clock) -> Enrolment:
    """Enrol an unclear pupil after a person looked at it. Raises SchoolUnknown."""
    async with uow:
        enrolment, application = await _found(cmd, uow)
        school = cmd.school or enrolment.school
        name = cmd.school_name or enrolment.school_name
        if school is None or name is None:
            raise SchoolUnknown
        enrolment.enrol(school, name, cmd.by, clock.now())
        if application.status is Status.SUBMITTED:
            await take_in(application, SYSTEM, uow=uow, clock=clock)
        await _grant(application, cmd.by, f"录取学校：{name}。{cmd.note}", uow, clock)
        await uow.commit()
    return enrolment


async def decline(cmd: Place, *, uow: UnitOfWork, clock: Clock) -> Enrolment:
    """Refuse an unclear pupil with reason and legal ground."""
    async with uow:
        enrolment, application = await _found(cmd, uow)
        enrolment.decline(cmd.by, clock.now())
        if application.status is Status.SUBMITTED:
            await take_in(application, SYSTEM, uow=uow, clock=clock)
        [task, *_] = application.open_tasks(clock.now())
        application.refuse_task(task, cmd.by, clock.now(), cmd.note, cmd.legal_ground)
        announce_refusal(application, uow=uow, clock=clock)
        facts = {**facts_of(application), "legal_ground": cmd.legal_ground}
        await uow.audit.note(cmd.by, "enrolment.decline", str(application.id), clock.now(), facts)
        await uow.commit()
    return enrolment


def form_of(content: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Return the form as the departments' data fills it; nobody types an address."""
    household, property_ = facts.get("household", {}), facts.get("property", {})
    registered = household.get("address") or "户籍地址待核实"
    return {
        "child_name": content["pupil"]["name"],
        "child_id_number": content["pupil"]["number"],
        "guardian_relation": content["guardian"]["relation"],
        "household_address": registered,
        "residence_address": property_.get("address") or registered,
        "residence_kind": RESIDENCE.get(str(property_.get("kind")), "随祖辈居住"),
    }


async def _found(cmd: Place, uow: UnitOfWork) -> tuple[Enrolment, Application]:
    enrolment = await uow.enrolments.lock(cmd.enrolment_id)
    if enrolment.application_id is None:
        raise SchoolUnknown("部门数据尚未查齐")
    application = await uow.applications.lock(enrolment.application_id)
    cmd.check(application)
    return enrolment, application


async def _grant(application: Application, by: str, note: str, uow: UnitOfWork, clock: Clock) -> None:
    now = clock.now()
    while ready := application.open_tasks(now):
        for task in ready:
            application.approve_task(task, by, now, note)
    announce_approval(application, uow=uow, clock=clock)
    facts = {**facts_of(application), "grounds": "department-data" if by == BY_DATA else "clerk"}
    await uow.audit.note(by, "enrolment.enrol", str(application.id), now, facts)


def _guardian(content: Mapping[str, Any]) -> dict[str, str]:
    guardian = content["guardian"]
    return {"name": guardian["name"], "id_number": guardian["number"], "phone": guardian["phone"]}


def _proof() -> str:
    return "部门数据共享核验：" + "、".join(SOURCE_NAMES.values())
