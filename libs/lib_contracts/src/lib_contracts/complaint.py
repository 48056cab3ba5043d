"""Events of svc-complaint (有诉即应, 好差评)."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class RatingInvited(Event):
    """A finished service may be rated now, once."""

    type: ClassVar[str] = "complaint.rating.invited.v1"
    entity: ClassVar[str] = "rating_id"

    rating_id: UUID
    person_id: str
    service_name: str
    invited_at: datetime


class RatingSubmitted(Event):
    """The citizen rated: 5 best, 1 worst; 1 and 2 are bad ratings (差评)."""

    type: ClassVar[str] = "complaint.rating.submitted.v1"
    entity: ClassVar[str] = "rating_id"

    rating_id: UUID
    level: int
    item_code: str
    department: str
    service_point: str
    submitted_at: datetime
    window: str | None = None
    is_flagged: bool = False


class _CaseEvent(Event):
    entity: ClassVar[str] = "case_id"

    case_id: UUID
    case_number: str
    person_id: str | None
    kind: str
    department: str | None
    happened_at: datetime


class CaseReceived(_CaseEvent):
    """A case came in, by a person or by a bad rating."""

    type: ClassVar[str] = "complaint.case.received.v1"


class CaseDispatched(_CaseEvent):
    """The case was given to a department."""

    type: ClassVar[str] = "complaint.case.dispatched.v1"


class CaseResolved(_CaseEvent):
    """The department reports it solved; the citizen is asked to confirm."""

    type: ClassVar[str] = "complaint.case.resolved.v1"


class CaseClosed(_CaseEvent):
    """The case is over."""

    type: ClassVar[str] = "complaint.case.closed.v1"


class CaseTriaged(_CaseEvent):
    """The case was sorted in: category and urgency are known."""

    type: ClassVar[str] = "complaint.case.triaged.v1"

    category: str | None
    urgency: str


class CaseReplied(_CaseEvent):
    """The person has an answer, or a newer version of one."""

    type: ClassVar[str] = "complaint.case.replied.v1"

    version: int


class CaseExtended(_CaseEvent):
    """The department was granted more time."""

    type: ClassVar[str] = "complaint.case.extended.v1"

    due_at: datetime


class CaseEscalated(_CaseEvent):
    """A deadline came near or passed; once for each level (rung) of a deadline."""

    type: ClassVar[str] = "complaint.case.escalated.v1"

    deadline: str
    level: int


class CaseSupervised(_CaseEvent):
    """The case is under a supervision order (督办)."""

    type: ClassVar[str] = "complaint.case.supervised.v1"

    until: datetime


class CaseTracked(_CaseEvent):
    """The case is a left-over matter with a helper at the person's side (帮办)."""

    type: ClassVar[str] = "complaint.case.tracked.v1"


class CaseReopened(_CaseEvent):
    """The person says it is not solved."""

    type: ClassVar[str] = "complaint.case.reopened.v1"


class CaseMerged(_CaseEvent):
    """The case is handled together with another about the same thing (并案)."""

    type: ClassVar[str] = "complaint.case.merged.v1"

    main_case_number: str


class CaseFollowed(_CaseEvent):
    """For each reporter of a merged case: the main case moved to `status`."""

    type: ClassVar[str] = "complaint.case.followed.v1"

    main_case_number: str
    status: str


class StaffAlerted(Event):
    """A member of staff is to look at a case: `person_id` is the staff id, `reason` the deadline."""

    type: ClassVar[str] = "complaint.staff.alerted.v1"
    entity: ClassVar[str] = "case_id"

    case_id: UUID
    case_number: str
    person_id: str
    reason: str
    level: int
    due_at: datetime
    happened_at: datetime


class DigestReady(Event):
    """Yesterday's digest (每日汇总) is there. Sent once to each subscriber, whom `person_id` names."""

    type: ClassVar[str] = "complaint.digest.ready.v1"
    entity: ClassVar[str] = "day"

    day: date
    person_id: str
    received: int
    closed: int
    open: int
    overdue: int
    happened_at: datetime


class RatingAppealed(Event):
    """The rated department appeals against a rating (申诉)."""

    type: ClassVar[str] = "complaint.rating.appealed.v1"
    entity: ClassVar[str] = "rating_id"

    rating_id: UUID
    department: str
    happened_at: datetime


class RatingReviewed(Event):
    """An appeal was decided: a rating set aside does not count."""

    type: ClassVar[str] = "complaint.rating.reviewed.v1"
    entity: ClassVar[str] = "rating_id"

    rating_id: UUID
    set_aside: bool
    happened_at: datetime
