"""Request and response bodies of seals."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_seal.certificate.domain import Reason
from svc_seal.grant.domain import ANY_PURPOSE
from svc_seal.seal.domain import Kind, Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
DEFAULT_USER = "svc-license"


class SealUser(BaseModel):
    """Who may use the seal, for one purpose or any (`*`)."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=2, max_length=80, pattern=r"^[0-9A-Za-z_.-]+$")
    purpose: str = Field(default=ANY_PURPOSE, min_length=1, max_length=200)


class SealPicture(BaseModel):
    """What a picture shows: name on the arc, special purpose under the star, code on the lower arc."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=30)
    kind: Kind = Kind.UNIT
    line: str = Field(default="", max_length=12)
    code: str = Field(default="", pattern=r"^[0-9A-Z-]{0,20}$")


class SealCreate(BaseModel):
    """The seal to be made: `code` is its registered number, `name` stands on the arc.

    Without `users` the licence service may use it for any purpose.
    """

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Z-]{6,20}$")
    name: str = Field(min_length=2, max_length=30)
    department: str = Field(min_length=1, max_length=40)
    kind: Kind = Kind.UNIT
    line: str = Field(default="", max_length=12, description="专用章文字，如“行政审批专用章”")
    replaces: str | None = Field(default=None, max_length=40, description="换发时原印章的编码")
    users: list[SealUser] = Field(default_factory=lambda: [SealUser(user=DEFAULT_USER)], max_length=100)


class Because(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=2, max_length=200)


class RevocationIn(BaseModel):
    """Why a seal is withdrawn; `reason` goes into the revocation list."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Reason.CESSATION
    note: str = Field(default="", max_length=200)


class SealOut(BaseModel):
    """A seal without keys."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    department: str
    kind: Kind
    line: str
    status: Status
    applied_by: str
    applied_at: CityTime
    approved_by: str | None
    valid_from: CityTime | None
    valid_until: CityTime | None
    replaces: str | None
    replaced_by: str | None
    reason: str
    use_count: int
    last_used_at: CityTime | None
