"""Request and response bodies of decisions."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_license.decision.domain import Action, Standing
from svc_license.license.schemas import CityTime


class DecisionCreate(BaseModel):
    """What is to happen and why. An issue needs type, holder and fields; a change the new fields."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    reason: str = Field(min_length=2, max_length=500)
    license_id: UUID | None = None
    type_code: str | None = Field(default=None, max_length=40)
    holder_name: str | None = Field(default=None, min_length=1, max_length=120)
    holder_number: str | None = Field(default=None, min_length=5, max_length=40)
    wallet_number: str | None = Field(
        default=None, max_length=40, description="resident ID number of who keeps it; the holder's by default"
    )
    fields: dict[str, str] | None = None


class Remark(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=2, max_length=500)


class DecisionOut(BaseModel):
    """A decision; `result_id` is the licence that comes of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    action: Action
    status: Standing
    department: str
    type_code: str
    license_id: UUID | None
    result_id: UUID | None
    reason: str
    proposed_by: str
    proposed_at: CityTime
    decided_by: str | None
    decided_at: CityTime | None
    remark: str | None
    valid_until: date | None


class DecisionDetail(DecisionOut):
    """A decision with what the licence will say, for who has to approve it; numbers are masked."""

    holder_name: str | None
    holder_number: str | None
    fields: dict[str, str] | None
