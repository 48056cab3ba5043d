"""Request and response bodies of sealing and verification."""

from datetime import datetime
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field


class DocumentIn(BaseModel):
    """An OFD file in base64."""

    model_config = ConfigDict(extra="forbid")

    document: Base64Bytes


class SealRequest(DocumentIn):
    """What to seal and where: page by its ID, upper left corner in millimetres."""

    seal_code: str = Field(max_length=40)
    purpose: str = Field(min_length=1, max_length=200)
    use_key: str = Field(min_length=8, max_length=100)
    page: str = Field(default="2", max_length=20)
    x: float = Field(ge=0, le=1500)
    y: float = Field(ge=0, le=1500)
    size: float | None = Field(
        default=None, ge=10, le=60, description="diameter in millimetres; the seal's own by default"
    )


class SealedOut(BaseModel):
    """The sealed file; `digest` is its SM3 in hex."""

    use_id: UUID
    digest: str
    document: str


class FindingOut(BaseModel):
    """One check and its result."""

    check: str
    ok: bool
    text: str


class SignatureOut(BaseModel):
    """A signature of the file. `seal_status` is the register's word on the seal today."""

    valid: bool
    seal_code: str
    seal_name: str
    seal_status: str
    signed_at: datetime | None
    findings: list[FindingOut]


class VerificationOut(BaseModel):
    """Whether the file has a seal and all its seals are good."""

    valid: bool
    signatures: list[SignatureOut]


class AuditOut(BaseModel):
    """One record of the audit chain."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    actor: str
    action: str
    subject: str
    at: datetime
    facts: dict[str, str]
    digest: str


class ChainOut(BaseModel):
    """Whether the audit chain is whole; `first_broken` is the first record that does not fit."""

    whole: bool
    records: int
    first_broken: int | None
