"""Request and response bodies of cases."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_complaint.complaint_case.domain import Outcome
from svc_complaint.kind.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
Code = Annotated[str, Field(min_length=1, max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class Strict(BaseModel):
    """A request body; what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class ContactIn(Strict):
    """How the person can be reached. Kept encrypted."""

    name: str = Field(default="", max_length=60)
    phone: str = Field(pattern=r"^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})$")


class CaseCreate(Strict):
    """What is wrong, in the person's words; `fields` are the kind's own."""

    kind: Code = "could_not_get_it_done"
    content: str = Field(min_length=5, max_length=2000)
    fields: dict[str, Any] = Field(default={}, max_length=50)
    contact: ContactIn | None = None
    category: Code | None = None
    item_code: str | None = Field(default=None, max_length=40)
    application_id: UUID | None = None
    appointment_id: UUID | None = None
    window: str | None = Field(default=None, max_length=40)
    division: str | None = Field(default=None, pattern=r"^\d{12}$")
    service_point: str | None = Field(default=None, max_length=40)


class Dispatch(Strict):
    """Which department is to solve it."""

    department: Code
    note: str = Field(default="", max_length=500)


class Transfer(Strict):
    """To which department, and why."""

    department: Code
    note: Words


class Triage(Strict):
    """What it is about."""

    category: Code | None = None
    note: str = Field(default="", max_length=500)


class Note(Strict):
    """What was done, or why not."""

    note: Words


class Opinion(Strict):
    """What the co-handling department has to say."""

    department: Code
    note: Words


class Join(Strict):
    """Which departments co-handle."""

    departments: list[Code] = Field(min_length=1, max_length=20)
    note: str = Field(default="", max_length=500)


class ExtensionAsk(Strict):
    """Until when, and why."""

    until: AwareDatetime
    note: Words


class Decision(Strict):
    """Whether it is granted."""

    approved: bool
    note: str = Field(default="", max_length=500)


class Supervision(Strict):
    """By when the department must answer."""

    until: AwareDatetime
    note: Words


class Tracking(Strict):
    """Who helps the person."""

    helper: Code
    note: Words


class Verification(Strict):
    """Whether what was said is so."""

    finding: Literal["true", "partly", "false"]
    note: Words


class CallBack(Strict):
    """How the call went."""

    reached: bool
    content: bool | None = None
    note: str = Field(default="", max_length=500)


class Merge(Strict):
    """The case that goes on."""

    into: UUID


class Purpose(Strict):
    """Why the contact is needed."""

    purpose: str = Field(min_length=2, max_length=100)


class StepOut(BaseModel):
    """What happened and when."""

    at: CityTime
    action: str
    status: Status
    note: str
    department: str | None


class CaseOut(BaseModel):
    """A case without what the person wrote."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_number: str
    kind: str
    category: str | None
    urgency: str
    item_code: str | None
    department: str | None
    division: str
    service_point: str | None
    status: Status
    received_at: CityTime
    due_at: CityTime
    is_overdue: bool
    outcome: Outcome | None
    steps: list[StepOut]


class CaseReceipt(CaseOut):
    """A case that was taken in. `tracking_code` is shown only here, and only for an anonymous one."""

    tracking_code: str | None


class WorkOut(BaseModel):
    """A line of the worklist."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_number: str
    kind: str
    category: str | None
    urgency: str
    item_code: str | None
    department: str | None
    division: str
    status: Status
    received_at: CityTime
    due_at: CityTime
    is_overdue: bool
    level: int
    reopened: int
    helper: str | None
    supervised_until: CityTime | None
    extension_asked: bool
    has_trouble: bool
    awaiting: list[str]


class ReplyOut(BaseModel):
    """A version of the answer."""

    version: int
    at: CityTime
    text: str


class CaseDetail(CaseOut):
    """A case with what the person wrote, for the person and those who solve it."""

    content: str
    fields: dict[str, Any]
    application_id: UUID | None
    appointment_id: UUID | None
    window: str | None
    replies: list[ReplyOut]
    merged_into: str | None
    reopened: int


class PartOut(BaseModel):
    """A co-handler and its answer."""

    department: str
    asked_at: CityTime
    answered_at: CityTime | None
    opinion: str | None


class Trouble(BaseModel):
    """What could not be delivered or done."""

    what: str
    detail: str
    at: CityTime
    settled_at: CityTime | None


class StaffDetail(CaseDetail):
    """A case as those who work on it see it."""

    channel: str
    is_anonymous: bool
    contact: str | None
    level: int
    suggested: list[dict[str, Any]]
    parts: list[PartOut]
    extensions: list[dict[str, Any]]
    supervisions: list[dict[str, Any]]
    troubles: list[Trouble]
    helper: str | None
    tracked_at: CityTime | None
    finding: str | None
    call_back_due: CityTime | None
    called_back_at: CityTime | None


class ContactOut(BaseModel):
    """The person's contact, for the department that solves the case."""

    name: str
    phone: str


class SimilarOut(BaseModel):
    """A recent case that is like this one."""

    id: UUID
    case_number: str
    kind: str
    status: Status
    department: str | None
    received_at: CityTime
    likeness: float
    shared_words: list[str]


class Similars(BaseModel):
    """Recent cases that are like this one, the most alike first."""

    items: list[SimilarOut]
