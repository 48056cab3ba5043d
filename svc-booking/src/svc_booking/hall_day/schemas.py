"""Request and response bodies of closing a day."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class DayClose(BaseModel):
    """Which day to close; the clock closes days by itself, so this is for halls that end early."""

    model_config = ConfigDict(extra="forbid")

    day: date


class DayClosed(BaseModel):
    """How many numbers were still open."""

    service_point: str
    day: date
    closed_numbers: int
