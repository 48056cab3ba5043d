"""A case under any order of actions: what must hold in every state it can get into."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lib_kernel import DomainError
from lib_testing import WEDNESDAY
from svc_complaint.complaint_case import plan
from svc_complaint.complaint_case.domain import Case, Outcome
from svc_complaint.kind.domain import WORKED_ON, CaseKind, Status
from svc_complaint.seed import definition
from svc_complaint.timer.domain import Name

DATA = json.loads(
    (Path(__file__).parents[3] / "deploy/demo/city/complaint/kinds.json").read_text(encoding="utf-8")
)
KINDS = [CaseKind.parse(1, definition(DATA["base"], kind)) for kind in DATA["kinds"]]
DEPARTMENTS = st.sampled_from(["a", "b", "c"])
STAFF = st.sampled_from(["s1", "s2"])


class CaseMachine(RuleBasedStateMachine):
    """Does anything to a case of any kind; a refusal must leave it as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.now = WEDNESDAY
        self.kind = KINDS[0]
        self.case = self.a_case(KINDS[0])
        self.replies = 0

    def a_case(self, kind: CaseKind) -> Case:
        facts: dict[str, Any] = {"case_number": "n", "channel": "pc", "person_id": "p", "content": "x"}
        return Case.receive(kind, self.now, **facts)

    def attempt(self, action: str, *arguments: Any) -> None:
        before = {name: value for name, value in vars(self.case).items() if not name.startswith("_")}
        try:
            getattr(self.case, action)(*arguments)
        except DomainError:
            after = {name: value for name, value in vars(self.case).items() if not name.startswith("_")}
            assert before == after
        else:
            assert self.case.steps != before["steps"]
            assert self.case.steps[: len(before["steps"])] == before["steps"]

    @rule(kind=st.sampled_from(KINDS))
    def another_kind(self, kind: CaseKind) -> None:
        if len(self.case.steps) == 0:
            self.kind, self.case = kind, self.a_case(kind)

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(by=STAFF)
    def triage(self, by: str) -> None:
        self.attempt("triage", self.kind, by, self.now, "waiting", None)

    @rule(by=STAFF, department=DEPARTMENTS)
    def dispatch(self, by: str, department: str) -> None:
        if self.case.status is not Status.RECEIVED:  # Two moves at once; the refusal of the second is below.
            self.attempt("dispatch", self.kind, by, self.now, department, None)

    @rule(by=STAFF, department=DEPARTMENTS)
    def transfer(self, by: str, department: str) -> None:
        self.attempt("transfer", self.kind, by, self.now, department, None)

    @rule(by=STAFF, action=st.sampled_from(["send_back", "withdraw", "close", "reopen"]))
    def with_note(self, by: str, action: str) -> None:
        self.attempt(action, self.kind, by, self.now, None)

    @rule(by=STAFF, action=st.sampled_from(["accept", "start"]))
    def plain(self, by: str, action: str) -> None:
        self.attempt(action, self.kind, by, self.now)

    @rule(by=STAFF)
    def resolve(self, by: str) -> None:
        self.attempt("resolve", self.kind, by, self.now, "sealed")

    @rule()
    def confirm(self) -> None:
        if self.case.status is Status.RESOLVED:
            self.attempt("confirm", self.kind, "p", self.now)

    @rule(by=STAFF, departments=st.sets(DEPARTMENTS, min_size=1))
    def join(self, by: str, departments: set[str]) -> None:
        self.attempt("join", by, self.now, sorted(departments), None)

    @rule(by=STAFF, department=DEPARTMENTS)
    def opinion(self, by: str, department: str) -> None:
        self.attempt("give_opinion", by, self.now, department, "sealed")

    @rule(by=STAFF, days=st.integers(-3, 9))
    def ask(self, by: str, days: int) -> None:
        self.attempt("ask_extension", by, self.now, self.case.due_at + timedelta(days=days), "sealed")

    @rule(by=STAFF, approved=st.booleans())
    def decide(self, by: str, approved: bool) -> None:
        self.attempt("decide_extension", by, self.now, approved, None)

    @rule(by=STAFF)
    def supervise(self, by: str) -> None:
        self.attempt("supervise", by, self.now, self.now + timedelta(days=1), None)

    @rule(by=STAFF)
    def answer(self, by: str) -> None:
        self.attempt("answer_supervision", by, self.now, "sealed")

    @rule(by=STAFF)
    def track(self, by: str) -> None:
        self.attempt("track", self.kind, by, self.now, "helper", None)

    @invariant()
    def closed_has_an_end_and_open_has_none(self) -> None:
        is_closed = self.case.status is Status.CLOSED
        assert is_closed == (self.case.closed_at is not None) == (self.case.outcome is not None)

    @invariant()
    def whoever_is_awaited_was_asked_and_has_not_answered(self) -> None:
        asked = [part["department"] for part in self.case.parts if not part["sealed"]]
        assert set(self.case.awaiting) <= set(asked)
        if self.case.status is Status.RESOLVED:
            assert self.case.awaiting == []

    @invariant()
    def replies_are_versions_without_gaps(self) -> None:
        versions = [reply["version"] for reply in self.case.replies]
        assert versions == list(range(1, len(versions) + 1))
        assert len(versions) >= self.replies
        self.replies = len(versions)

    @invariant()
    def an_open_case_always_has_a_timer_and_a_closed_one_none(self) -> None:
        names = {timer.name for timer in plan.timers(self.case, self.kind)}
        if self.case.status in WORKED_ON:
            assert Name.RESOLVE in names
        elif self.case.status is Status.CLOSED:
            assert names == set()
        else:
            assert Name.CONFIRM in names

    @invariant()
    def who_asked_never_decided(self) -> None:
        assert all(one["decided_by"] != one["asked_by"] for one in self.case.extensions)

    @invariant()
    def what_counts_as_solved_was_resolved(self) -> None:
        if self.case.outcome in {Outcome.SOLVED, Outcome.UNANSWERED}:
            assert self.case.resolved_at is not None
            assert self.case.replies


TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
