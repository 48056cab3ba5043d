"""Bodies of handing over results."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_catalog.application.schemas import CityTime
from svc_catalog.delivery.domain import DeliveryStatus, Method


class PickupCode(BaseModel):
    """What the applicant says at the window."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^\d{6}$")


class Parcel(BaseModel):
    """What the post gave us."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")
    tracking_number: str = Field(min_length=4, max_length=40, pattern=r"^[A-Za-z0-9]+$")


class DeliveryOut(BaseModel):
    """How the result goes and where it is."""

    model_config = ConfigDict(from_attributes=True)

    application_id: UUID
    method: Method
    status: DeliveryStatus
    carrier: str | None
    tracking_number: str | None
    tracked: str
    sent_at: CityTime | None
    handed_over_at: CityTime | None


class DeliveryForStaff(DeliveryOut):
    """The same with the address, for who writes the label; reading it is in the audit trail."""

    address: dict[str, str] | None
