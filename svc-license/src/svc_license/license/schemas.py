"""What the routes of licences answer."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from lib_kernel import CITY_ZONE
from svc_license.license.domain import Source, Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class LicenseOut(BaseModel):
    """A licence of the caller's wallet (卡包)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    number: str
    type_code: str
    department: str
    status: Status
    issued_at: CityTime
    valid_from: date | None
    valid_until: date | None


class LicenseDetail(LicenseOut):
    """A licence with what it says; the holder's number is masked. `check_code` is for public verification."""

    holder_name: str
    holder_number: str
    fields: dict[str, str]
    check_code: str | None
    first_issued_on: date | None
    supersedes: UUID | None
    status_reason: str | None
    has_document: bool


class Proof(BaseModel):
    """A licence that makes handing in a material needless (免提交)."""

    type_code: str
    license_id: UUID
    name: str
    valid_until: date | None


class Proofs(BaseModel):
    """What a person holds already."""

    items: list[Proof]


class DepartmentLicense(BaseModel):
    """A licence or draft as its department sees it; `problem` says why a draft cannot be made now."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    number: str | None
    type_code: str
    status: Status
    source: Source
    created_at: CityTime
    issued_at: CityTime | None
    valid_until: date | None
    attempts: int
    problem: str | None
    status_reason: str | None


class NumberIn(BaseModel):
    """An identifier to be checked."""

    model_config = ConfigDict(extra="forbid")

    number: str


class NumberOut(BaseModel):
    """The parts of an identifier (GB/T 36904); a wrong check character is a warning on those of others."""

    type_code: str
    issuer: str
    serial: str
    version: str
    check: str
    is_check_right: bool
    is_ours: bool
    warnings: list[str]
