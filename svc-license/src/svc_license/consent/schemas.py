"""Request and response bodies of consents and verifications."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_license.license.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class ConsentCreate(BaseModel):
    """Whom to allow what, and until when."""

    model_config = ConfigDict(extra="forbid")

    license_id: UUID
    partner: str = Field(min_length=1, max_length=60)
    purpose: str = Field(min_length=2, max_length=200)
    expires_at: AwareDatetime


class ConsentOut(BaseModel):
    """A consent the caller gave."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    license_id: UUID
    partner: str
    purpose: str
    given_at: CityTime
    expires_at: CityTime
    revoked_at: CityTime | None


class ConsentList(BaseModel):
    """The caller's consents."""

    items: list[ConsentOut]


class VerificationCreate(BaseModel):
    """Which licence to verify, under which consent, what for."""

    model_config = ConfigDict(extra="forbid")

    license_number: str = Field(min_length=10, max_length=120)
    consent_id: UUID
    purpose: str = Field(min_length=2, max_length=200)


class VerificationOut(BaseModel):
    """What a partner learns: whether the licence is good, and whose it is, masked."""

    valid: bool
    license_number: str
    license_name: str
    status: Status
    holder_name: str
    holder_number: str
    issued_at: CityTime
    valid_until: date | None
    seal_valid: bool


class PublicVerificationCreate(BaseModel):
    """A licence number as printed on the licence or read from its QR code."""

    model_config = ConfigDict(extra="forbid")

    license_number: str = Field(min_length=10, max_length=120)


class PublicVerificationOut(BaseModel):
    """Whether a licence with the number is good; nothing about its holder."""

    valid: bool
    license_name: str
    valid_until: date | None


class ReadOut(BaseModel):
    """Who read a licence, when and what for."""

    model_config = ConfigDict(from_attributes=True)

    reader: str
    purpose: str
    consent_id: UUID | None
    read_at: CityTime


class ReadList(BaseModel):
    """The reads of a licence."""

    items: list[ReadOut]
