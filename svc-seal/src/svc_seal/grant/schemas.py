"""Request and response bodies of grants."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from svc_seal.grant.domain import ANY_PURPOSE


class GrantCreate(BaseModel):
    """Who may use the seal for what; `*` is any purpose."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=2, max_length=80, pattern=r"^[0-9A-Za-z_.-]+$")
    purpose: str = Field(default=ANY_PURPOSE, min_length=1, max_length=200)
    valid_until: AwareDatetime | None = None


class GrantOut(BaseModel):
    """A grant; `ended_at` is set when it was taken back."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seal_code: str
    user: str
    purpose: str
    granted_by: str
    granted_at: datetime
    valid_until: datetime | None
    ended_at: datetime | None
