"""Request and response bodies of drafts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from lib_web import FieldError
from svc_catalog.item_draft.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class DraftCreate(BaseModel):
    """Either the `code` of a published item that shall change, or the `data` of a new one."""

    model_config = ConfigDict(extra="forbid")

    code: str | None = Field(default=None, max_length=40)
    data: dict[str, Any] | None = Field(default=None, max_length=200)


class DraftEdit(BaseModel):
    """The whole content; it may be incomplete until it is submitted."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any] = Field(max_length=200)


class Approval(BaseModel):
    """When it takes effect; left out: at once."""

    model_config = ConfigDict(extra="forbid")

    effective_at: AwareDatetime | None = None


class ApproveMany(Approval):
    """Drafts to approve together, as an import makes them."""

    ids: list[UUID] = Field(min_length=1, max_length=500)


class Note(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)


class DraftBrief(BaseModel):
    """A draft in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    department: str
    base_version: int
    status: Status
    revision: int
    editors: list[str]
    submitted_by: str | None
    approved_by: str | None
    effective_at: CityTime | None
    published_version: int | None
    note: str
    created_at: CityTime
    updated_at: CityTime


class DraftOut(DraftBrief):
    """A draft with its content; `findings` are what is missing or wrong before it can be submitted."""

    data: dict[str, Any]
    findings: list[FieldError]


class ChangeOut(BaseModel):
    """One difference, with the Chinese name of its place; null: was or is not there."""

    model_config = ConfigDict(from_attributes=True)

    place: str
    label: str
    before: str | None
    after: str | None


class Differences(BaseModel):
    """What changed, in the order of the elements."""

    items: list[ChangeOut]


class ApprovalOutcome(BaseModel):
    """What became of one draft; `problem` says why it was not approved."""

    id: UUID
    approved: bool
    problem: str | None


class ApprovalOutcomes(BaseModel):
    """What became of each draft."""

    items: list[ApprovalOutcome]
