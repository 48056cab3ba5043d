"""Request and response bodies of public checks."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from svc_license.license.schemas import CityTime


class CheckCreate(BaseModel):
    """A licence number and the code that stands beside it."""

    model_config = ConfigDict(extra="forbid")

    license_number: str = Field(min_length=10, max_length=120)
    code: str = Field(min_length=4, max_length=16)


class CheckOut(BaseModel):
    """How the licence stands; of its holder the masked name only."""

    valid: bool
    status: str
    license_name: str
    issuer: str
    holder_name: str
    valid_until: date | None
    checked_at: CityTime


class FindingOut(BaseModel):
    """One check and its result."""

    check: str
    ok: bool
    text: str


class FileVerdictOut(BaseModel):
    """Whether the file is a licence of the register, unchanged and in force; each check apart."""

    valid: bool
    license_number: str | None
    status: str | None
    findings: list[FindingOut]
