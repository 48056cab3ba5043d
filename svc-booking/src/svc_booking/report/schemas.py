"""What the report routes answer."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from lib_kernel import CITY_ZONE

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class TimesOut(BaseModel):
    """Minutes; empty when there is nothing to average."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    mean: float | None
    p90: float | None


class LineOut(BaseModel):
    """Figures of one half hour, group or window."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    drawn: int
    wait: TimesOut
    service: TimesOut


class BookingsOut(BaseModel):
    """Appointments of the day by what became of them."""

    model_config = ConfigDict(from_attributes=True)

    booked: int
    arrived: int
    no_show: int
    cancelled: int


class DaySummary(BaseModel):
    """A point's day without its tables. `closed_at` is set once the day is closed and its report fixed."""

    model_config = ConfigDict(from_attributes=True)

    service_point: str
    service_point_name: str
    day: date
    closed_at: CityTime | None
    visitors: int
    drawn: int
    with_appointment: int
    green: int
    finished: int
    unserved: int
    bookings: BookingsOut
    no_show_share: float | None
    appointment_share: float | None
    wait: TimesOut
    service: TimesOut


class DayReportOut(DaySummary):
    """A point's day by half hour, group and window."""

    half_hours: list[LineOut]
    groups: list[LineOut]
    windows: list[LineOut]


class DayList(BaseModel):
    """Every point with something to report on a day."""

    day: date
    items: list[DaySummary]


class Indicator(BaseModel):
    """One figure of the year, with what it was divided from."""

    code: str
    title: str
    value: float | None
    unit: Literal["share", "count", "per_inhabitant"]
    numerator: int | None
    denominator: int | None


class IndicatorList(BaseModel):
    """Indicators of a year."""

    year: int
    items: list[Indicator]
