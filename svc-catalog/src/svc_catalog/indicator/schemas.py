"""Bodies of indicators."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class IndicatorOut(BaseModel):
    """A figure of the yearly report."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    title: str
    value: float
    unit: Literal["share", "count", "per_inhabitant"]
    numerator: int | None
    denominator: int | None


class IndicatorsOut(BaseModel):
    """All figures."""

    items: list[IndicatorOut]
