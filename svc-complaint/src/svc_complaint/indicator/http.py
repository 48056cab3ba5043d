"""Route of the annual indicators."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from lib_service.web import ReadSession
from lib_web import Caller, requires
from svc_complaint.indicator import store

router = APIRouter(prefix="/v1/indicators", tags=["指标"])


class IndicatorOut(BaseModel):
    """An indicator; shares say what they are made of."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    title: str
    value: float
    unit: Literal["share", "count", "per_inhabitant"]
    numerator: int | None
    denominator: int | None


class Indicators(BaseModel):
    """The indicators of a year."""

    items: list[IndicatorOut]


@router.get("")
async def list_indicators(
    caller: Annotated[Caller, requires("service", "leader", "officer")],
    session: ReadSession,
    year: Annotated[int, Query(ge=2000, le=2200)],
) -> Indicators:
    """Return what the city's annual report says of cases and ratings, from the service's own data."""
    return Indicators(items=[IndicatorOut.model_validate(one) for one in await store.of_year(session, year)])
