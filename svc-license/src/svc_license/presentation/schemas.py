"""Request and response bodies of presentations."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_license.license.schemas import CityTime


class PresentationCreate(BaseModel):
    """Which licence to show and how."""

    model_config = ConfigDict(extra="forbid")

    license_id: UUID
    form: Literal["online", "offline"] = "online"


class PresentationOut(BaseModel):
    """The text of the QR code. `status_as_of`: how fresh its word on the licence's status is."""

    code: str
    form: str
    expires_at: CityTime
    status_as_of: CityTime


class ScanCreate(BaseModel):
    """The text of a scanned QR code and what it is scanned for."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=20, max_length=2000)
    purpose: str = Field(default="现场核验", min_length=2, max_length=200)


class ScanOut(BaseModel):
    """What a verifier learns: how the licence stands, and whose it is, masked."""

    valid: bool
    license_name: str
    license_number: str
    issuer: str
    status: str
    holder_name: str
    holder_number: str
    valid_until: date | None
    checked_at: CityTime


class KeysOut(BaseModel):
    """The public keys as a JWK set (RFC 7517)."""

    keys: list[dict[str, Any]]
