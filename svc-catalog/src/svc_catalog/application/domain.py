"""An application (办件): submitted -> accepted -> in_progress -> approved -> delivered, and the ways out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import (
    CITY_ZONE,
    Conflict,
    NotAllowed,
    NotFound,
    StaleVersion,
    mod37_36_check,
    move,
    new_id,
)
from lib_workdays import Stop, add_working_time, deadline_time
from svc_catalog.application.plan import CasePlan, Result, results_of
from svc_catalog.delivery.domain import Method
from svc_catalog.task.domain import PlannedStep, Task, TaskStatus, open_ready, tasks_of

SYSTEM = "system"
TELL_DAYS = 5  # Administrative Licensing Law art. 32: missing materials are told within five days, in one go.
WARN_SHARE = 0.8


class Status(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    REJECTED = "rejected"
    APPROVED = "approved"
    REFUSED = "refused"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


NEXT: dict[Status, frozenset[Status]] = {
    Status.SUBMITTED: frozenset(
        {Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED, Status.REJECTED, Status.WITHDRAWN}
    ),
    Status.SUPPLEMENT_REQUESTED: frozenset({Status.SUBMITTED, Status.REJECTED, Status.WITHDRAWN}),
    Status.ACCEPTED: frozenset({Status.IN_PROGRESS, Status.APPROVED, Status.REFUSED, Status.WITHDRAWN}),
    Status.IN_PROGRESS: frozenset({Status.APPROVED, Status.REFUSED, Status.WITHDRAWN}),
    Status.REJECTED: frozenset(),
    Status.APPROVED: frozenset({Status.DELIVERED}),
    Status.REFUSED: frozenset(),
    Status.DELIVERED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}
RUNNING = frozenset({Status.ACCEPTED, Status.IN_PROGRESS})
OPEN = RUNNING | {Status.SUBMITTED, Status.SUPPLEMENT_REQUESTED, Status.APPROVED}


class StopKind(StrEnum):
    """Why a clock stands: time the law does not count (特别程序)."""

    HEARING = "hearing"
    EXPERT_REVIEW = "expert_review"
    TEST = "test"
    PUBLIC_NOTICE = "public_notice"
    CORRECTION = "correction"


class Convenience(StrEnum):
    """Services that are counted (便民服务)."""

    GREEN_CHANNEL = "green_channel"
    HOME_VISIT = "home_visit"
    EXTENDED_HOURS = "extended_hours"
    FREE_COPIES = "free_copies"


class NoSuchApplication(NotFound):
    """There is no such application that the caller may see."""

    code = "application-not-found"
    title = "没有这个办件"


class FourEyes(NotAllowed):
    """Who accepted an application may not decide it."""

    code = "four-eyes"
    title = "受理人与审批人不能为同一人"


class ToldAlready(Conflict):
    """What is missing was told before; more cannot be asked for (一次性告知)."""

    code = "told-already"
    title = "补正内容须一次性告知，不能再增加"


class ClockStopped(Conflict):
    """The clock stands; end the special procedure first."""

    code = "clock-stopped"
    title = "办理时限正在扣除，请先结束特别程序"


@dataclass(eq=False)
class Application:
    """One running case. `form` and `applicant` are encrypted texts.

    `plan` are the departments' steps; tasks are made from it when the application is accepted. `told`: what
    the applicant was asked to hand in. `stops`: spans that the law does not count; the last is open while
    `stopped_at` is set.
    """

    id: UUID
    case_number: str
    person_id: str
    item_code: str
    item_version: int
    item_name: str
    department: str
    service_point: str
    appointment_id: UUID | None
    channel: str
    applicant: str
    form: str
    materials: list[dict[str, Any]]
    result_license_type: str | None
    promised_days: int
    submitted_at: datetime
    status: Status = Status.SUBMITTED
    accepted_by: str | None = None
    due_at: datetime | None = None
    version: int = 1
    steps: list[dict[str, Any]] = field(default_factory=list)
    is_bundle: bool = False
    plan: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    precheck: list[dict[str, Any]] = field(default_factory=list)
    submitted_by: str | None = None
    consent_note: str | None = None
    conveniences: list[str] = field(default_factory=list)
    delivery_method: Method = Method.ELECTRONIC
    is_instant: bool = False
    is_unified: bool = False
    partner_city: str | None = None
    told: list[str] = field(default_factory=list)
    tell_by: datetime | None = None
    is_deemed_accepted: bool = False
    accepted_at: datetime | None = None
    clock_from: datetime | None = None
    stops: list[dict[str, Any]] = field(default_factory=list)
    stopped_at: datetime | None = None
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    legal_ground: str | None = None
    licenses: list[dict[str, str]] = field(default_factory=list)
    partner: str | None = None
    tasks: list[Task] = field(default_factory=list)

    def check_version(self, expected: int | None) -> None:
        """Raise StaleVersion when the caller saw another version."""
        if expected is not None and expected != self.version:
            raise StaleVersion(f"办件已更新到版本 {self.version}", version=self.version)

    # -- before acceptance -----------------------------------------------------------------------------------

    def accept(self, by: str, now: datetime) -> None:
        """A clerk takes it in (受理); the promised deadline runs and the first tasks open."""
        self._go(Status.ACCEPTED, by, now, "")
        self.accepted_by, self.accepted_at, self.clock_from, self.tell_by = by, now, now, None
        self._begin(now)

    def deem_accepted(self, now: datetime) -> None:
        """Nobody told within five working days what is missing, so it counts as accepted on receipt."""
        received = self._received_at()
        note = "逾期未告知补正内容，自收到申请之日起即为受理"
        self._go(Status.ACCEPTED, SYSTEM, now, note)
        self.accepted_by, self.accepted_at, self.clock_from = SYSTEM, received, received
        self.is_deemed_accepted, self.tell_by = True, None
        self._begin(now)

    def request_supplement(self, by: str, now: datetime, note: str, missing: Sequence[str] = ()) -> None:
        """A clerk tells at once all that is missing (一次性告知).

        Raises:
            ToldAlready: something is asked for that was not named the first time.
        """
        wanted = list(missing) or [note]
        added = [name for name in wanted if name not in self.told] if self.told else []
        if added:
            raise ToldAlready("首次告知以外的内容：" + "、".join(added), told=self.told)
        self._go(Status.SUPPLEMENT_REQUESTED, by, now, note)
        self.told, self.tell_by = wanted, None

    def supplement(self, by: str, now: datetime, form: str, materials: list[dict[str, Any]]) -> None:
        """The applicant hands in what was missing; the five days begin anew."""
        self._go(Status.SUBMITTED, by, now, "")
        self.form, self.materials = form, materials
        self.tell_by = add_working_time(now, TELL_DAYS)

    def reject(self, by: str, now: datetime, note: str) -> None:
        """A clerk does not take it in (不予受理)."""
        self._go(Status.REJECTED, by, now, note)
        self.decided_at, self.tell_by = now, None

    # -- while departments work ------------------------------------------------------------------------------

    def approve_task(self, task: Task, by: str, now: datetime, note: str = "") -> None:
        """An officer grants one department's part; the last one grants the whole. Not who accepted it."""
        self._check_may_decide(by)
        task.decide(TaskStatus.APPROVED, by, now, note, None)
        if all(other.status is TaskStatus.APPROVED for other in self.tasks):
            self._go(Status.APPROVED, by, now, note)
            self.decided_at = now
            return
        self._progress(by, now, f"“{task.item_name}”已通过")
        for opened in open_ready(self.tasks, now, self._spans(now)):
            self._step(by, now, f"“{opened.item_name}”开始办理")

    def refuse_task(self, task: Task, by: str, now: datetime, note: str, legal_ground: str) -> None:
        """An officer refuses a part, and with it the whole, naming the law. Not who accepted it."""
        self._check_may_decide(by)
        task.decide(TaskStatus.REFUSED, by, now, note, legal_ground)
        self._go(Status.REFUSED, by, now, note)
        self.legal_ground, self.decided_at = legal_ground, now
        self._cancel_tasks()

    def take_task(self, task: Task, by: str, now: datetime) -> None:
        """An officer begins with a task."""
        task.take(by)
        self._progress(by, now, f"“{task.item_name}”办理中")

    def transfer_task(self, task: Task, department: str, by: str, now: datetime, note: str) -> None:
        """Give a task to another department; an item's only task takes the application along."""
        task.transfer(department)
        if len(self.tasks) == 1:
            self.department = department
        self._step(by, now, f"“{task.item_name}”移交其他部门办理：{note}")

    def transfer_point(self, service_point: str, by: str, now: datetime, note: str) -> None:
        """Give the application to another service point."""
        if self.status not in OPEN:
            raise Conflict("办件已办结，不能移交", status=self.status.value)
        self.service_point = service_point
        self._step(by, now, f"移交其他网点办理：{note}")

    def stop_clock(self, kind: StopKind, by: str, now: datetime, note: str) -> None:
        """Begin time that the law does not count. Raises ClockStopped when the clock stands already."""
        if self.status not in RUNNING:
            raise Conflict("办件不在办理中，没有时限可扣除", status=self.status.value)
        if self.stopped_at is not None:
            raise ClockStopped
        self.stopped_at = now
        self.stops = [*self.stops, {"kind": kind.value, "begin": now.isoformat(), "end": None}]
        self._step(by, now, f"办理时限暂停计算：{note}")

    def run_clock(self, by: str, now: datetime, note: str) -> None:
        """End it; all deadlines move by the working days that passed."""
        if self.stopped_at is None:
            raise Conflict("办理时限没有暂停")
        self.stopped_at = None
        self.stops = [*self.stops[:-1], {**self.stops[-1], "end": now.isoformat()}]
        self._reckon(now)
        self._step(by, now, f"办理时限恢复计算：{note}")

    def tell(self, by: str, now: datetime, note: str) -> None:
        """Tell the applicant something that changes nothing here."""
        self._step(by, now, note)

    def note_internally(self, by: str, now: datetime, text: str) -> None:
        """Keep a note that the applicant does not see."""
        self._step(by, now, text, internal=True)

    # -- the end ---------------------------------------------------------------------------------------------

    def keep_license(self, license_: dict[str, str], by: str, now: datetime) -> bool:
        """Note a licence it led to; return whether it was awaited, and was the last of those awaited."""
        awaited = {result.license_type for result in self.results if not result.issued}
        is_granted = self.status in {Status.APPROVED, Status.DELIVERED}
        if not is_granted or license_["license_type"] not in awaited:
            return False
        self.licenses = [*self.licenses, license_]
        is_last = len(awaited) == 1
        if self.status is Status.APPROVED and not (is_last and self.delivery_method is Method.ELECTRONIC):
            self._step(by, now, f"电子证照“{license_['name']}”已签发：{license_['number']}")
        return is_last

    def deliver(self, by: str, now: datetime, note: str) -> None:
        """The applicant has the result."""
        self._go(Status.DELIVERED, by, now, note)

    def withdraw(self, by: str, now: datetime) -> None:
        """The applicant takes it back."""
        self._go(Status.WITHDRAWN, by, now, "")
        self.tell_by = None
        self._cancel_tasks()

    def warn(self, now: datetime) -> None:
        """Show the yellow card: four fifths of the promised time are over."""
        self.warned_at = now
        self.version += 1

    def show_red(self, now: datetime) -> None:
        """Show the red card: the promised time is over."""
        self.overdue_at = now
        self.version += 1

    def task(self, task_id: UUID) -> Task | None:
        """Return one of its tasks."""
        return next((task for task in self.tasks if task.id == task_id), None)

    def open_tasks(self, now: datetime) -> list[Task]:
        """Return the tasks that can be decided now.

        An application accepted by the release before this one has no tasks yet; they are made here.
        """
        if not self.tasks and self.status in RUNNING:
            self._make_tasks(now)
        return [task for task in self.tasks if task.status is TaskStatus.OPEN]

    @property
    def results(self) -> list[Result]:
        """Return the licences it leads to; a bundle may have several, one of each kind."""
        return results_of(self._planned(), self.licenses)

    # -- inside ----------------------------------------------------------------------------------------------

    def _begin(self, now: datetime) -> None:
        self._make_tasks(now)
        self._reckon(now)

    def _planned(self) -> list[PlannedStep]:
        whole = (self.item_code, self.item_name, self.department, (), self.promised_days)
        alone = PlannedStep(*whole, self.result_license_type)
        return [PlannedStep.from_data(step) for step in self.plan] or [alone]

    def _make_tasks(self, now: datetime) -> None:
        self.tasks = tasks_of(self.id, self._planned())
        open_ready(self.tasks, self.clock_from or now, self._spans(now))

    def _reckon(self, now: datetime) -> None:
        if self.clock_from is None:
            return
        spans = self._spans(now)
        self.due_at = deadline_time(self.clock_from, self.promised_days, spans)
        warn_at = deadline_time(self.clock_from, int(self.promised_days * WARN_SHARE), spans)
        self.warn_at = warn_at if warn_at < self.due_at else None
        for task in self.tasks:
            if task.status is TaskStatus.OPEN:
                task.reckon(spans)

    def _spans(self, now: datetime) -> list[Stop]:
        return [Stop(_day(stop["begin"]), _day(stop["end"] or now.isoformat())) for stop in self.stops]

    def _received_at(self) -> datetime:
        handed_in = [step["at"] for step in self.steps if step["status"] == Status.SUBMITTED.value]
        return datetime.fromisoformat(handed_in[-1]) if handed_in else self.submitted_at

    def _check_may_decide(self, by: str) -> None:
        if by == self.accepted_by:
            raise FourEyes
        if self.stopped_at is not None:
            raise ClockStopped

    def _cancel_tasks(self) -> None:
        for task in self.tasks:
            task.cancel()

    def _progress(self, by: str, now: datetime, note: str) -> None:
        if self.status is Status.ACCEPTED:
            self._go(Status.IN_PROGRESS, by, now, note)
        else:
            self._step(by, now, note)

    def _go(self, wanted: Status, by: str, now: datetime, note: str) -> None:
        self.status = move(self.status, wanted, NEXT)
        self._step(by, now, note)

    def _step(self, by: str, now: datetime, note: str, *, internal: bool = False) -> None:
        self.version += 1
        step: dict[str, Any] = {"at": now.isoformat(), "by": by, "status": self.status.value, "note": note}
        if internal:
            step["internal"] = True
        # A new list, so that the change is seen when the entity is written.
        self.steps = [*self.steps, step]


def new_application(plan: CasePlan, *, submitted_at: datetime, **facts: Any) -> Application:
    """Return a submitted application on an item or bundle; the case number comes with the facts."""
    return Application(
        id=new_id(),
        item_code=plan.code,
        item_version=plan.version,
        item_name=plan.name,
        department=plan.department,
        result_license_type=plan.result_license_type,
        promised_days=plan.promised_days,
        is_bundle=plan.is_bundle,
        plan=[step.as_data() for step in plan.steps],
        is_instant=plan.is_instant,
        is_unified=plan.is_unified,
        submitted_at=submitted_at,
        tell_by=add_working_time(submitted_at, TELL_DAYS),
        **facts,
    )


def case_number(day: str, count: int) -> str:
    """Return the case number (办件编号): 410400, day, six-digit counter, check character."""
    plain = f"410400{day}{count:06d}"
    return plain + mod37_36_check(plain)


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(CITY_ZONE).date()
