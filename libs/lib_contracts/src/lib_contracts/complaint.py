"""Events of svc-complaint (有诉即应, 好差评)."""

from datetime import datetime
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
