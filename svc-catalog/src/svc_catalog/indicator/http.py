"""Routes of indicators."""

from typing import Annotated

from fastapi import APIRouter, Query

from lib_kernel import CITY_ZONE
from lib_service.web import ClockDep, ReadSession, component
from lib_web import Caller, requires
from svc_catalog.indicator.schemas import IndicatorOut, IndicatorsOut
from svc_catalog.indicator.store import application_indicators
from svc_catalog.item.indicators import item_indicators

router = APIRouter(prefix="/v1/indicators", tags=["指标"])

Reader = Annotated[Caller, requires("service", "leader", "officer")]


class Inhabitants(int):
    """How many people live in the city."""


@router.get("")
async def get_indicators(
    caller: Reader,
    session: ReadSession,
    inhabitants: Annotated[Inhabitants, component(Inhabitants)],
    clock: ClockDep,
    year: Annotated[int | None, Query(ge=2000, le=2200)] = None,
) -> IndicatorsOut:
    """Return the figures of items in use and of a year's applications (年度指标)."""
    wanted = year or clock.now().astimezone(CITY_ZONE).year
    items = await item_indicators(session)
    applications = await application_indicators(session, wanted, int(inhabitants))
    return IndicatorsOut(
        items=[
            *(IndicatorOut.model_validate(found) for found in items),
            *(IndicatorOut.model_validate(found) for found in applications),
        ]
    )
