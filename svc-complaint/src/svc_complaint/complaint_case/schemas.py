"""Request and response bodies of cases."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_complaint.complaint_case.domain import Kind, Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class CaseCreate(BaseModel):
    """What is wrong, in the person's words."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Kind.COULD_NOT_GET_IT_DONE
    content: str = Field(min_length=5, max_length=2000)
    item_code: str | None = Field(default=None, max_length=40)
    service_point: str | None = Field(default=None, max_length=40)


class Dispatch(BaseModel):
    """Which department is to solve it."""

    model_config = ConfigDict(extra="forbid")

    department: str = Field(min_length=1, max_length=40)
    note: str = Field(default="", max_length=500)


class Note(BaseModel):
    """What was done, or why not."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)


class StepOut(BaseModel):
    """What happened and when."""

    at: CityTime
    status: Status
    note: str


class CaseOut(BaseModel):
    """A case without its encrypted content."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_number: str
    kind: Kind
    item_code: str | None
    department: str | None
    service_point: str | None
    status: Status
    received_at: CityTime
    due_at: CityTime
    is_overdue: bool
    steps: list[StepOut]


class CaseDetail(CaseOut):
    """A case with what the person wrote, for the person and those who solve it."""

    content: str
