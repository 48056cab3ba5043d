"""Who is told what of a case: the person, the reporters of merged cases, staff, other platforms."""

from datetime import datetime
from typing import Any

from lib_contracts import Event
from lib_contracts.complaint import (
    CaseClosed,
    CaseDispatched,
    CaseEscalated,
    CaseExtended,
    CaseFollowed,
    CaseMerged,
    CaseReceived,
    CaseReopened,
    CaseReplied,
    CaseResolved,
    CaseSupervised,
    CaseTracked,
    CaseTriaged,
    StaffAlerted,
)
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.ports import UnitOfWork
from svc_complaint.kind.domain import Status

FOLLOWED = {Status.RESOLVED, Status.CLOSED, Status.REOPENED}
# What happened to a case, and the event that tells of it.
TOLD: dict[str, type[Event]] = {
    "receive": CaseReceived,
    "triage": CaseTriaged,
    "dispatch": CaseDispatched,
    "transfer": CaseDispatched,
    "resolve": CaseResolved,
    "reply": CaseReplied,
    "close": CaseClosed,
    "reopen": CaseReopened,
    "merge": CaseMerged,
    "supervise": CaseSupervised,
    "track": CaseTracked,
    "extend": CaseExtended,
    "follow": CaseFollowed,
    "escalate": CaseEscalated,
}


def event(what: str, case: Case, now: datetime, **more: Any) -> Event:
    """Return the event that tells of a case; it has ids, codes and times only."""
    facts: dict[str, Any] = {
        "case_id": case.id,
        "case_number": case.case_number,
        "person_id": case.person_id,
        "kind": case.kind,
        "department": case.department,
        "happened_at": now,
        "category": case.category,
        "urgency": case.urgency,
        "version": len(case.replies),
        "until": case.supervised_until,
        "due_at": case.due_at,
        **more,
    }
    return TOLD[what].model_validate(facts)


async def tell_followers(case: Case, uow: UnitOfWork, now: datetime) -> None:
    """Tell the reporters of the cases that were merged into this one where it stands."""
    if case.status not in FOLLOWED:
        return
    more = {"main_case_number": case.case_number, "status": case.status.value}
    for merged in await uow.cases.merged_into(case.id):
        uow.outbox.add(event("follow", merged, now, **more))


async def alert_staff(case: Case, uow: UnitOfWork, now: datetime, to: str, reason: str, level: int) -> None:
    """Tell the staff who answer for a case; that there is nobody to tell becomes visible on it."""
    departments = [case.department] if case.department else []
    staff = [case.helper] if to == "helper" and case.helper else await uow.directory.contacts(departments, to)
    if not staff:
        case.trouble(f"nobody_for_{to}", f"期限“{reason}”到期，但没有登记接收人（{to}）", now)
    for person in staff:
        uow.outbox.add(
            StaffAlerted(
                case_id=case.id,
                case_number=case.case_number,
                person_id=person,
                reason=reason,
                level=level,
                due_at=case.due_at,
                happened_at=now,
            )
        )


async def report_back(case: Case, uow: UnitOfWork, now: datetime, sealed: str | None = None) -> None:
    """Tell the platform that an order came from where it stands (民呼必应); `sealed` is the reply."""
    if case.external is None:
        return
    platform, _, number = case.external.partition(":")
    key = f"{number}:{case.status.value}:{case.reopened}:{len(case.steps)}"
    body = {"external_id": number, "case_number": case.case_number, "status": case.status.value}
    body["at"] = now.isoformat()
    await uow.exchange.send(f"{platform}/results", key, case.id, body, now, sealed=sealed)
