"""Request and response bodies of holds."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_booking.hold.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class HoldCreate(BaseModel):
    """Which slot to hold places in. `device_id` is the app's own opaque id; terminals need not give one."""

    model_config = ConfigDict(extra="forbid")

    slot_id: UUID
    party_size: int = Field(default=1, ge=1, le=1000)
    is_green: bool = False
    device_id: str | None = Field(default=None, min_length=8, max_length=64)


class HoldOut(BaseModel):
    """A held place; book with its `id` as `hold_id` before `expires_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slot_id: UUID
    places: int
    is_green: bool
    held_at: CityTime
    expires_at: CityTime
    status: Status
