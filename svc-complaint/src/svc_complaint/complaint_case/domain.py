"""A case and what may be done with it; which moves there are says its kind."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict, Invalid, mod37_36_check, move, new_id
from svc_complaint.complaint_case.errors import (
    CallBackMissing,
    CaseOver,
    FourEyes,
    NotAsked,
    NothingToDecide,
    PartsOpen,
    TooLate,
)
from svc_complaint.kind.domain import WORKED_ON, CaseKind, Status

Record = dict[str, Any]
SYSTEM = "system"


class Outcome(StrEnum):
    """How a closed case ended."""

    SOLVED = "solved"
    UNANSWERED = "unanswered"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


@dataclass(eq=False)
class Case:
    """One case. What people wrote is encrypted (`content`, `contact`, `fields`, every `sealed`).

    `department` leads; `parts` are co-handlers, `awaiting` those of them who have not answered. `steps` is
    what happened, in order; entries with `internal` never reach the citizen. Lists are replaced, not changed
    in place, so that a change is seen when the entity is written.
    """

    id: UUID
    case_number: str
    kind: str
    kind_version: int
    channel: str
    person_id: str | None
    content: str
    received_at: datetime
    due_at: datetime
    status_since: datetime
    runs_since: datetime | None = None
    status: Status = Status.RECEIVED
    tracking_hash: str | None = None
    contact: str | None = None
    fields: str | None = None
    category: str | None = None
    suggested: list[Record] = field(default_factory=list)
    urgency: str = "normal"
    item_code: str | None = None
    application_id: UUID | None = None
    appointment_id: UUID | None = None
    window: str | None = None
    department: str | None = None
    division: str = ""
    service_point: str | None = None
    external: str | None = None
    is_overdue: bool = False
    level: int = 0
    outcome: Outcome | None = None
    merged_into: UUID | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    helper: str | None = None
    tracked_at: datetime | None = None
    look_at: datetime | None = None
    finding: str | None = None
    call_back_due: datetime | None = None
    called_back_at: datetime | None = None
    supervised_until: datetime | None = None
    extension_asked: bool = False
    has_trouble: bool = False
    awaiting: list[str] = field(default_factory=list)
    steps: list[Record] = field(default_factory=list)
    parts: list[Record] = field(default_factory=list)
    replies: list[Record] = field(default_factory=list)
    extensions: list[Record] = field(default_factory=list)
    supervisions: list[Record] = field(default_factory=list)
    troubles: list[Record] = field(default_factory=list)

    @classmethod
    def receive(cls, kind: CaseKind, now: datetime, **facts: Any) -> "Case":
        """Return a new case of a kind."""
        due = kind.spans["resolve"].after(now)
        call_back = kind.due("call_back", now) if kind.call_back and facts.get("person_id") else None
        case = cls(
            id=facts.pop("id", None) or new_id(),
            kind=kind.code,
            kind_version=kind.version,
            received_at=now,
            due_at=due,
            status_since=now,
            runs_since=now,
            call_back_due=call_back,
            **facts,
        )
        if case.tracking_hash is not None and not case.contact:
            case.trouble("nobody_to_tell", "匿名且未留联系方式，进展只能凭查询码查看", now)
        return case

    # -- the moves -------------------------------------------------------------------------------------------

    def triage(self, kind: CaseKind, by: str, now: datetime, category: str | None, note: str | None) -> None:
        """Sort it in (分类)."""
        self._go(kind, Status.TRIAGED, "triage", by, now, note)
        self.category = category or self.category

    def dispatch(self, kind: CaseKind, by: str, now: datetime, department: str, note: str | None) -> None:
        """Give it to a department (派单); one that was not sorted in is so by this."""
        if self.status is Status.RECEIVED:
            self.triage(kind, by, now, None, None)
        self._go(kind, Status.DISPATCHED, "dispatch", by, now, note, department=department)
        self.department = department

    def send_back(self, kind: CaseKind, by: str, now: datetime, note: str | None) -> None:
        """The department says it is not theirs (退回); the reason is between departments."""
        self._go(kind, Status.RECEIVED, "return", by, now, note, internal=True, department=self.department)
        self.department = None

    def transfer(self, kind: CaseKind, by: str, now: datetime, department: str, note: str | None) -> None:
        """Hand it to another department (转办)."""
        if department == self.department:
            raise Invalid("须转给另一个部门", field="department")
        self._go(kind, Status.DISPATCHED, "transfer", by, now, note, internal=True, department=department)
        self.department = department

    def accept(self, kind: CaseKind, by: str, now: datetime) -> None:
        """The department takes it (接单)."""
        self._go(kind, Status.ACCEPTED, "accept", by, now)

    def start(self, kind: CaseKind, by: str, now: datetime) -> None:
        """Work on it begins, for the first time or again."""
        self._go(kind, Status.IN_PROGRESS, "start", by, now)

    def resolve(self, kind: CaseKind, by: str, now: datetime, note: str) -> None:
        """The lead department reports it solved; the person is asked to confirm. `note` is the reply.

        Raises:
            PartsOpen: a co-handler has not answered.
        """
        if self.awaiting:
            raise PartsOpen(f"待反馈：{'、'.join(self.awaiting)}", departments=self.awaiting)
        self._go(kind, Status.RESOLVED, "resolve", by, now, note)
        self.reply(by, now, note)
        self.resolved_at = now
        self.tracked_at = self.look_at = None

    def reply(self, by: str, now: datetime, sealed: str) -> None:
        """Give the person an answer; a later one is a new version."""
        version = len(self.replies) + 1
        self.replies = [
            *self.replies,
            {"version": version, "at": now.isoformat(), "by": by, "sealed": sealed},
        ]

    def confirm(self, kind: CaseKind, by: str, now: datetime) -> None:
        """The person is content; the case is over. Being told by the person is a call-back (回访)."""
        self._go(kind, Status.CONFIRMED, "confirm", by, now)
        if self.called_back_at is None and self.person_id:
            self.called_back_at = now
        self._close(kind, by, now, Outcome.SOLVED)

    def reopen(self, kind: CaseKind, by: str, now: datetime, note: str | None) -> None:
        """The person is not content (重办). Raises TooLate."""
        if self.status is Status.CLOSED:
            end = kind.due("reopen", self.closed_at) if self.closed_at else None
            if self.outcome in {Outcome.WITHDRAWN, Outcome.DECLINED} or end is None or now > end:
                raise TooLate("办结已超过可申请重办的期限")
        self._go(kind, Status.REOPENED, "reopen", by, now, note)
        self.reopened += 1
        self.outcome = self.closed_at = self.resolved_at = None
        self.merged_into = None
        self.runs_since, self.due_at = now, kind.spans["resolve"].after(now)
        self.is_overdue, self.level = False, 0

    def withdraw(self, kind: CaseKind, by: str, now: datetime, note: str | None) -> None:
        """The person takes it back (撤回)."""
        self._close(kind, by, now, Outcome.WITHDRAWN, note)

    def close(self, kind: CaseKind, by: str, now: datetime, note: str | None) -> None:
        """Staff close it: solved and not answered, or not one for the government (不予受理).

        Raises:
            CallBackMissing: the kind asks for a verification and a call-back first.
        """
        solved = self.status is Status.RESOLVED
        if solved:
            self.check_called_back(kind)
        self._close(kind, by, now, Outcome.UNANSWERED if solved else Outcome.DECLINED, note)

    def check_called_back(self, kind: CaseKind) -> None:
        """Raise CallBackMissing unless what the kind wants before closing was done."""
        if (kind.verify and self.finding is None) or (kind.call_back and self.call_back_open):
            raise CallBackMissing

    @property
    def call_back_open(self) -> bool:
        """Return whether a known person still waits for a call-back."""
        return self.call_back_due is not None and self.called_back_at is None

    def merge_into(self, kind: CaseKind, main: "Case", by: str, now: datetime) -> None:
        """Make it part of a case about the same thing (并案)."""
        if main.id == self.id or main.status is Status.CLOSED or main.merged_into is not None:
            raise Invalid("须并入另一个未办结的诉求", field="into")
        self._close(kind, by, now, Outcome.MERGED)
        self.merged_into = main.id

    # -- with others -----------------------------------------------------------------------------------------

    def join(self, by: str, now: datetime, departments: Collection[str], note: str | None) -> None:
        """Ask departments to co-handle (协办); the lead stays responsible."""
        self.check_open()
        new = [code for code in departments if code not in self.awaiting and code != self.department]
        if not new:
            raise Invalid("须是尚未参与的其他部门", field="departments")
        asked = [{"department": code, "asked_at": now.isoformat(), "by": by, "sealed": None} for code in new]
        self.parts, self.awaiting = [*self.parts, *asked], [*self.awaiting, *new]
        self.log("join", by, now, note, internal=True, departments=new)

    def give_opinion(self, by: str, now: datetime, department: str, sealed: str) -> None:
        """A co-handler answers. Raises NotAsked."""
        if department not in self.awaiting:
            raise NotAsked
        self.awaiting = [code for code in self.awaiting if code != department]
        answer = {"sealed": sealed, "answered_at": now.isoformat(), "answered_by": by}
        is_it = [part["department"] == department and not part["sealed"] for part in self.parts]
        self.parts = [{**p, **answer} if hit else p for p, hit in zip(self.parts, is_it, strict=True)]
        self.log("opinion", by, now, None, internal=True, department=department)

    # -- time ------------------------------------------------------------------------------------------------

    def ask_extension(self, by: str, now: datetime, until: datetime, note: str) -> None:
        """Ask for more time (延期申请)."""
        self.check_open()
        if self.extension_asked:
            raise Conflict("已有一个待审批的延期申请")
        if until <= self.due_at:
            raise Invalid("须晚于现在的期限", field="until")
        asked = {"asked_by": by, "asked_at": now.isoformat(), "until": until.isoformat(), "decided_by": None}
        self.extensions, self.extension_asked = [*self.extensions, asked], True
        self.log("ask_extension", by, now, note, internal=True, until=until.isoformat())

    def decide_extension(self, by: str, now: datetime, approved: bool, note: str | None) -> None:
        """Grant more time or not. Raises NothingToDecide, FourEyes."""
        if not self.extension_asked:
            raise NothingToDecide
        *earlier, asked = self.extensions
        if asked["asked_by"] == by:
            raise FourEyes
        self.extensions = [
            *earlier,
            {**asked, "decided_by": by, "decided_at": now.isoformat(), "approved": approved},
        ]
        self.extension_asked = False
        if approved:
            self.due_at = datetime.fromisoformat(asked["until"])
            self.is_overdue, self.level = self.due_at < now, 0
        self.log("decide_extension", by, now, note, internal=not approved, approved=approved)

    def supervise(self, by: str, now: datetime, until: datetime, note: str | None) -> None:
        """Put it under a supervision order (督办) that the department must answer."""
        self.check_open()
        order = {"by": by, "at": now.isoformat(), "until": until.isoformat(), "answered_at": None}
        self.supervisions, self.supervised_until = [*self.supervisions, order], until
        self.log("supervise", by, now, note, until=until.isoformat())

    def answer_supervision(self, by: str, now: datetime, note: str) -> None:
        """The department says what it does about it. Raises NothingToDecide."""
        if self.supervised_until is None:
            raise NothingToDecide
        *earlier, order = self.supervisions
        self.supervisions = [*earlier, {**order, "answered_at": now.isoformat(), "answered_by": by}]
        self.supervised_until = None
        self.log("answer_supervision", by, now, note, internal=True)

    def track(self, kind: CaseKind, by: str, now: datetime, helper: str, note: str | None) -> None:
        """Keep it as a left-over matter (遗留问题) with a helper at the person's side (帮办)."""
        self.check_open()
        self.helper, self.tracked_at = helper, self.tracked_at or now
        self.look_at = kind.due("look", now)
        self.log("track", by, now, note, helper=helper)

    def untrack(self, by: str, now: datetime, note: str | None) -> None:
        """It is no left-over matter any more."""
        if self.tracked_at is None:
            raise NothingToDecide
        self.tracked_at = self.look_at = None
        self.log("untrack", by, now, note, internal=True)

    # -- truth -----------------------------------------------------------------------------------------------

    def verify(self, by: str, now: datetime, finding: str, note: str | None) -> None:
        """Note whether what was said is so (核实): `true`, `partly` or `false`."""
        self.finding = finding
        self.log("verify", by, now, note, internal=True, finding=finding)

    def call_back(
        self, by: str, now: datetime, reached: bool, content: bool | None, note: str | None
    ) -> None:
        """Note a call to the person (回访); one that reached nobody leaves it to do."""
        if reached:
            self.called_back_at = now
            self.settle("call_back", now)
        else:
            self.trouble("call_back", "回访未能联系到本人", now)
        self.log("call_back", by, now, note, internal=True, reached=reached, content=content)

    def check_open(self) -> None:
        """Raise CaseOver when nothing more can be done."""
        if self.status not in WORKED_ON:
            raise CaseOver

    def trouble(self, what: str, detail: str, now: datetime) -> None:
        """Note that something could not be delivered or done, so that it is seen on the case."""
        self.settle(what, now)
        self.troubles = [
            *self.troubles,
            {"what": what, "detail": detail, "at": now.isoformat(), "settled_at": None},
        ]
        self.has_trouble = True

    def settle(self, what: str, now: datetime) -> None:
        """Note that a trouble is over."""
        over = {"settled_at": now.isoformat()}
        self.troubles = [
            {**t, **over} if t["what"] == what and not t["settled_at"] else t for t in self.troubles
        ]
        self.has_trouble = any(not trouble["settled_at"] for trouble in self.troubles)

    def log(
        self, action: str, by: str, now: datetime, sealed: str | None, *, internal: bool = False, **facts: Any
    ) -> None:
        """Add an entry to what happened."""
        entry = {"at": now.isoformat(), "by": by, "action": action, "status": self.status.value}
        self.steps = [*self.steps, {**entry, "sealed": sealed, "internal": internal, **facts}]

    def _close(
        self, kind: CaseKind, by: str, now: datetime, outcome: Outcome, note: str | None = None
    ) -> None:
        self._go(kind, Status.CLOSED, "close", by, now, note, outcome=outcome.value)
        self.outcome, self.closed_at = outcome, now
        self.supervised_until = self.look_at = None
        self.extension_asked, self.awaiting = False, []

    def _go(
        self,
        kind: CaseKind,
        wanted: Status,
        action: str,
        by: str,
        now: datetime,
        sealed: str | None = None,
        internal: bool = False,
        **facts: Any,
    ) -> None:
        self.status = move(self.status, wanted, kind.moves)
        self.status_since = now
        self.log(action, by, now, sealed, internal=internal, **facts)


def format_case_number(prefix: str, day: str, count: int) -> str:
    """Return the case number: the kind's two letters, day, five-digit counter, check character."""
    plain = f"{prefix}{day}{count:05d}"
    return plain + mod37_36_check(plain)
