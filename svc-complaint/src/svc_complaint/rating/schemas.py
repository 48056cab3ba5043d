"""Request and response bodies of ratings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_complaint.rating.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
Tag = Annotated[str, Field(min_length=1, max_length=20)]


class RatingSubmit(BaseModel):
    """The rating: 5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=5, strict=True)
    tags: list[Tag] = Field(default=[], max_length=10)
    comment: str = Field(default="", max_length=500)


class Appeal(BaseModel):
    """Why the rating should not count."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=5, max_length=500)


class Review(BaseModel):
    """How the appeal was decided; the note goes into the audit trail and names no person."""

    model_config = ConfigDict(extra="forbid")

    set_aside: bool
    note: str = Field(min_length=1, max_length=200)


class RatingOut(BaseModel):
    """An invitation or a given rating. `case_id` is the case that a bad one opened."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    service_name: str
    item_code: str
    department: str
    service_point: str
    invited_at: CityTime
    status: Status
    level: int | None
    tags: list[str]
    case_id: UUID | None


class RatedOut(BaseModel):
    """A rating as staff see it: never who gave it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    service_name: str
    item_code: str
    department: str
    service_point: str
    window: str | None
    submitted_at: CityTime | None
    status: Status
    level: int | None
    tags: list[str]
    flags: list[str]
    case_id: UUID | None


class TagOut(BaseModel):
    """A tag for a level."""

    code: str
    level: int
    name: str


class Tags(BaseModel):
    """The tags in force."""

    items: list[TagOut]


class RateOut(BaseModel):
    """How one item, department, window or clerk was rated. Shares are null when there is nothing to share."""

    key: str
    invited: int
    rated: int
    good: int
    bad: int
    levels: list[int]
    flagged: int
    active_share: float | None
    satisfied_share: float | None


class Rates(BaseModel):
    """The groups with the most bad ratings first."""

    items: list[RateOut]
