"""Request and response bodies of appointments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_booking.appointment.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class AppointmentCreate(BaseModel):
    """What to book: a slot from the list of free slots and the item the person comes for."""

    model_config = ConfigDict(extra="forbid")

    slot_id: UUID
    item_code: str = Field(min_length=1, max_length=40)


class AppointmentOut(BaseModel):
    """An appointment of the caller."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slot_id: UUID
    item_code: str
    service_point: str
    service_point_name: str
    group: str
    starts_at: CityTime
    channel: str
    booked_at: CityTime
    status: Status
