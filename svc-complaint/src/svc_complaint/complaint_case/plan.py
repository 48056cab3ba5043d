"""Which timers a case should have, from its state and its kind alone."""

from datetime import datetime

from svc_complaint.complaint_case.domain import Case
from svc_complaint.kind.domain import WORKED_ON, CaseKind, Status
from svc_complaint.timer.domain import Name, Planned


def timers(case: Case, kind: CaseKind) -> list[Planned]:
    """Return the case's timers; those whose moment lies behind are among them until they fired."""
    found: list[tuple[Name, int, datetime | None]] = []
    if case.status in {Status.RECEIVED, Status.TRIAGED}:
        found.append((Name.TRIAGE, 1, kind.due("triage", case.status_since)))
    if case.status is Status.DISPATCHED:
        found.append((Name.ACCEPT, 1, kind.due("accept", case.status_since)))
    if case.status in WORKED_ON:
        since = case.runs_since or case.received_at
        found += [(Name.RESOLVE, rung.level, rung.at(since, case.due_at)) for rung in kind.ladder]
        found.append((Name.LOOK, 1, case.look_at))
        found.append((Name.SUPERVISION, 1, case.supervised_until))
    if case.status is Status.RESOLVED:
        # Who was called back has the whole time to answer from then on.
        asked = max(case.status_since, case.called_back_at or case.status_since)
        found.append((Name.CONFIRM, 1, kind.due("confirm", asked)))
    if case.call_back_open and case.status is not Status.CLOSED:
        found.append((Name.CALL_BACK, 1, case.call_back_due))
    return [Planned(name, rung, due) for name, rung, due in found if due is not None]
