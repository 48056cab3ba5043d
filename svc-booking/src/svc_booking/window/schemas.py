"""Request and response bodies of windows."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_booking.window.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class WindowPause(BaseModel):
    """Why a window stops calling for a while; shown in the hall."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=60, examples=["设备检修"])


class WindowOut(BaseModel):
    """A window and who sits there."""

    model_config = ConfigDict(from_attributes=True)

    service_point: str
    name: str
    status: Status
    clerk: str | None
    reason: str | None
    since: CityTime | None


class WindowRow(WindowOut):
    """A window with the business groups it serves."""

    groups: list[str]


class WindowList(BaseModel):
    """All windows of a point."""

    items: list[WindowRow]
