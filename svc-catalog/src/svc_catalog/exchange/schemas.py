"""Bodies of the exchange, the same in both directions."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_catalog.application.schemas import Applicant, CityTime, MaterialIn
from svc_catalog.exchange.domain import Direction, MessageKind, MessageStatus

PartnerCase = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class TransferIn(BaseModel):
    """An application handed over; `partner_case` is the sender's own name for it."""

    model_config = ConfigDict(extra="ignore")

    partner_case: PartnerCase
    item_code: str = Field(min_length=1, max_length=40)
    applicant: Applicant
    form: dict[str, Any] = Field(max_length=200)
    materials: list[MaterialIn] = Field(default=[], max_length=100)


class TransferTaken(BaseModel):
    """Our name for the application; later statuses are told under it."""

    partner_case: UUID
    case_number: str
    status: str


class StatusIn(BaseModel):
    """How an application stands at the sender; `partner_case` is the name the sender gave when taking it."""

    model_config = ConfigDict(extra="ignore")

    partner_case: PartnerCase
    status: str = Field(min_length=1, max_length=40)
    sequence: int = Field(ge=1)
    note: str = Field(default="", max_length=500)
    legal_ground: str = Field(default="", max_length=300)


class StatusTaken(BaseModel):
    """Whether the status was news."""

    news: bool


class MessageOut(BaseModel):
    """A message to a partner as staff sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: MessageKind
    status: MessageStatus
    attempts: int
    problem: str
    created_at: CityTime
    sent_at: CityTime | None


class SharedOut(BaseModel):
    """What two cities know of an application."""

    partner: str
    direction: Direction
    partner_case: str
    partner_status: str
    updated_at: CityTime


class ExchangeOut(BaseModel):
    """The exchange about one application."""

    shared: SharedOut | None
    messages: list[MessageOut]
