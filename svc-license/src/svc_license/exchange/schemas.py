"""Request and response bodies of the exchange."""

from datetime import date
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from svc_license.license.schemas import CityTime


class ReportOut(BaseModel):
    """A day's reconciliation with the province."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    made_at: CityTime
    is_even: bool
    sent: int
    waiting: int
    parked: int
    missing: list[str]
    unknown: list[str]
    different: list[str]


class ReportList(BaseModel):
    """The latest reports and how the queue stands now."""

    waiting: int
    parked: int
    items: list[ReportOut]


class LookupCreate(BaseModel):
    """What to look up in the province, by identifier or holder, and what for (GB/T 36906 useCause)."""

    model_config = ConfigDict(extra="forbid")

    license_number: str | None = Field(default=None, max_length=120)
    holder_number: str | None = Field(default=None, min_length=5, max_length=40)
    license_type: str | None = Field(default=None, max_length=40)
    purpose: str = Field(min_length=2, max_length=200)

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if (self.license_number is None) == (self.holder_number is None):
            raise ValueError("license_number 和 holder_number 须填且只填一个")
        return self


class LookupOut(BaseModel):
    """What the province knows, as it says it; holder numbers are masked."""

    items: list[dict[str, Any]]
