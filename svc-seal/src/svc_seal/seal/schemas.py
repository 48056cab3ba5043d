"""Request and response bodies of seals."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_seal.seal.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class SealCreate(BaseModel):
    """The seal to be made: `code` is its registered number, `name` stands on the arc."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Z-]{6,20}$")
    name: str = Field(min_length=2, max_length=40)
    department: str = Field(min_length=1, max_length=40)
    kind: str = Field(default="unit", pattern="^(unit|special)$")


class SealOut(BaseModel):
    """A seal without keys."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    department: str
    kind: str
    status: Status
    applied_by: str
    applied_at: CityTime
    approved_by: str | None
    valid_until: CityTime | None
