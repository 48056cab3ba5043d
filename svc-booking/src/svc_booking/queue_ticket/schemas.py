"""Request and response bodies of the queue."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lib_kernel import CITY_ZONE
from svc_booking.journal.domain import Step
from svc_booking.queue_ticket.domain import Closing, Priority, Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
ItemCode = Annotated[str, Field(min_length=1, max_length=40)]
MOST_ITEMS = 10


class CheckInCreate(BaseModel):
    """Which appointment the person at the point has; the point is known from the terminal or the clerk.

    At a terminal with the person's ID card on it the appointment may be left out: it is the one of today. The
    code on the person's phone holds the appointment's id.
    """

    model_config = ConfigDict(extra="forbid")

    appointment_id: UUID | None = None
    service_point: str | None = Field(default=None, max_length=40)
    item_codes: list[ItemCode] = Field(
        default_factory=list, max_length=MOST_ITEMS, description="一号办理的其他事项"
    )
    is_green: bool = False


class TicketCreate(BaseModel):
    """A number for a person without an appointment. `person_id` only when a clerk draws it for them."""

    model_config = ConfigDict(extra="forbid")

    service_point: str | None = Field(default=None, max_length=40)
    group: str = Field(min_length=1, max_length=40)
    item_code: ItemCode | None = None
    item_codes: list[ItemCode] = Field(
        default_factory=list, max_length=MOST_ITEMS, description="一号办理的全部事项"
    )
    person_id: str | None = Field(default=None, max_length=64)
    is_green: bool = False

    @model_validator(mode="after")
    def _has_an_item(self) -> Self:
        if not self.items:
            raise ValueError("请填写 item_code 或 item_codes")
        return self

    @property
    def items(self) -> tuple[str, ...]:
        """Return all items, the leading one first."""
        return (*([self.item_code] if self.item_code else []), *self.item_codes)


class TransferCreate(BaseModel):
    """Where a number is sent: to another group, or to one window."""

    model_config = ConfigDict(extra="forbid")

    group: str | None = Field(default=None, min_length=1, max_length=40)
    window: str | None = Field(default=None, min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=120)

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.group is None and self.window is None:
            raise ValueError("请指定 group 或 window")
        return self


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
    item_codes: list[str]
    priority: Priority
    status: Status
    window: str | None
    wanted_window: str | None
    closing: Closing | None
    skips: int
    drawn_at: CityTime


class TicketStep(BaseModel):
    """One thing that happened to a number; `actor` is the clerk."""

    model_config = ConfigDict(from_attributes=True)

    step: Step
    at: CityTime
    group: str | None
    window: str | None
    actor: str | None
    reason: str | None


class TicketHistory(BaseModel):
    """Everything that happened to a number, in order."""

    ticket: TicketOut
    steps: list[TicketStep]
