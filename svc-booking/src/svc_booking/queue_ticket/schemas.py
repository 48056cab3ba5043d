"""Request and response bodies of the queue."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_booking.queue_ticket.domain import Priority, Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class CheckInCreate(BaseModel):
    """Which appointment the person at the point has; the point is known from the terminal or the clerk."""

    model_config = ConfigDict(extra="forbid")

    appointment_id: UUID
    service_point: str | None = Field(default=None, max_length=40)


class TicketCreate(BaseModel):
    """A number for a person without an appointment. `person_id` only when a clerk draws it for them."""

    model_config = ConfigDict(extra="forbid")

    service_point: str = Field(max_length=40)
    group: str = Field(min_length=1, max_length=40)
    item_code: str = Field(min_length=1, max_length=40)
    person_id: str | None = Field(default=None, max_length=64)
    is_green: bool = False


class TicketOut(BaseModel):
    """A queue number."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    service_point: str
    service_point_name: str
    group: str
    person_id: str
    appointment_id: UUID | None
    item_code: str
    priority: Priority
    status: Status
    window: str | None
    drawn_at: CityTime


class TicketStanding(TicketOut):
    """A queue number with the count of those before it."""

    ahead: int


class BoardCall(BaseModel):
    """A number called to, or served at, a window."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    window: str
    status: Status


class BoardGroup(BaseModel):
    """How many wait in a business group."""

    group: str
    waiting: int


class Board(BaseModel):
    """What a hall's screen shows. Numbers only, no names."""

    service_point: str
    calls: list[BoardCall]
    groups: list[BoardGroup]
