"""Request and response bodies of waiting lines."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_booking.waitlist.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class WaitlistJoin(BaseModel):
    """Which full slot to wait for, and for how many places."""

    model_config = ConfigDict(extra="forbid")

    slot_id: UUID
    party_size: int = Field(default=1, ge=1, le=1000)
    is_green: bool = False


class WaitlistOut(BaseModel):
    """An entry in a line; once `offered`, book with its `hold_id` before `offered_until`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slot_id: UUID
    places: int
    is_green: bool
    joined_at: CityTime
    status: Status
    hold_id: UUID | None
    offered_until: CityTime | None


class WaitlistStanding(WaitlistOut):
    """An entry with how many wait before it."""

    ahead: int


class WaitlistList(BaseModel):
    """The caller's entries, the latest first."""

    items: list[WaitlistStanding]
