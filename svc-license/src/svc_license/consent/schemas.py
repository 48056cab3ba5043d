"""Request and response bodies of consents and reads."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from svc_license.license.schemas import CityTime
from svc_license.usage.domain import ReaderKind


class ConsentCreate(BaseModel):
    """Who may read which licence, what for and until when; either a partner or a department."""

    model_config = ConfigDict(extra="forbid")

    license_id: UUID
    partner: str | None = Field(default=None, min_length=1, max_length=60)
    department: str | None = Field(default=None, min_length=6, max_length=18)
    purpose: str = Field(min_length=1, max_length=200)
    expires_at: AwareDatetime

    @model_validator(mode="after")
    def _one_grantee(self) -> Self:
        if (self.partner is None) == (self.department is None):
            raise ValueError("partner 和 department 须填且只填一个")
        return self

    @property
    def grantee(self) -> tuple[str, ReaderKind]:
        """Return whom it is given to."""
        if self.partner is not None:
            return self.partner, ReaderKind.PARTNER
        return self.department or "", ReaderKind.DEPARTMENT


class ConsentOut(BaseModel):
    """A consent; `partner` is the code of whom it is given to."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    license_id: UUID
    partner: str
    grantee_kind: ReaderKind
    purpose: str
    given_at: CityTime
    expires_at: CityTime
    revoked_at: CityTime | None


class ConsentList(BaseModel):
    """Consents the caller gave."""

    items: list[ConsentOut]


class VerificationCreate(BaseModel):
    """What a partner wants to verify: under a consent, or under a legal ground."""

    model_config = ConfigDict(extra="forbid")

    license_number: str = Field(min_length=10, max_length=120)
    consent_id: UUID | None = None
    ground: str | None = Field(default=None, max_length=40)
    purpose: str = Field(min_length=1, max_length=200)


class DepartmentRead(VerificationCreate):
    """What a department wants to read."""

    department: str = Field(min_length=6, max_length=18)


class VerificationOut(BaseModel):
    """A licence as a verifier sees it: holder masked. `seal_valid` is null while there is no file yet."""

    valid: bool
    license_number: str
    license_name: str
    status: str
    holder_name: str
    holder_number: str
    issued_at: CityTime
    valid_until: date | None
    seal_valid: bool | None


class DepartmentView(VerificationOut):
    """A licence as a department reads it under a consent or a law: with what it says."""

    fields: dict[str, str]


class HoldingsRead(BaseModel):
    """Whose licences a clerk looks up, and what for."""

    model_config = ConfigDict(extra="forbid")

    holder_number: str = Field(min_length=5, max_length=40)
    license_types: list[str] = Field(default_factory=list, max_length=50)
    purpose: str = Field(min_length=2, max_length=200)


class Holding(BaseModel):
    """A licence in force; the holder's name is masked."""

    license_id: UUID
    type_code: str
    name: str
    number: str
    status: str
    holder_name: str
    valid_until: date | None


class Holdings(BaseModel):
    """What a person holds."""

    items: list[Holding]


class GroundOut(BaseModel):
    """A law that lets a department read a kind of licence."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    reader: str
    license_type: str
    basis: str


class GroundList(BaseModel):
    """Legal grounds of the caller."""

    items: list[GroundOut]
