"""The city's indicators (年度指标), gathered live from the services that own the rows behind them."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from gateway.indicator_page import render
from gateway.optional import optional_parts
from gateway.visits import Visits
from lib_kernel import CITY_ZONE, Clock
from lib_web import SisterClient

SOURCES = ("catalog", "booking", "license", "complaint")
HALLS = ("city_hall", "county_hall")
FRESH_SECONDS = 15.0

# What the city reported for 2021: the yardstick, by the codes of the indicators.
REPORT_2021: Mapping[str, float] = {
    "registered_users": 2_760_000,
    "daily_visitor_share": 0.048,
    "one_visit_share": 0.99,
    "no_visit_share": 0.96,
    "instant_share": 0.569,
    "time_saved_share": 0.8785,
    "active_rating_share": 0.796,
    "unified_acceptance_share": 0.795,
    "applications_per_inhabitant": 0.946,
    "hall_visitors_a_day": 1500,
    "green_channel_services": 3600,
    "complaints_solved": 141,
    "complaints_solved_service": 76,
    "complaints_solved_difficult": 4,
    "high_frequency_items": 362,
    "cross_province_items": 75,
    "bank_window_items": 30,
    "bank_self_service_items": 73,
    "connected_county_halls": 10,
    "connected_township_centres": 15,
    "connected_bank_outlets": 4,
    "pupils_enrolled": 1414,
    "pupil_schools": 20,
}


class Indicator(BaseModel):
    """One figure. `reported_2021` is the city's own for that year, null where it reported none."""

    code: str
    title: str
    value: float | None
    unit: Literal["share", "count", "per_inhabitant", "minutes"]
    numerator: float | None = None
    denominator: float | None = None
    source: str = ""
    reported_2021: float | None = None


class HallNow(BaseModel):
    """A hall at this moment (大厅实时): numbers waiting, windows open, the number called last."""

    service_point: str
    name: str
    waiting: int
    open_windows: int
    last_call: str | None


class Indicators(BaseModel):
    """All figures of a year so far, and the halls now; `missing` names the services that did not answer."""

    year: int
    at: datetime
    missing: list[str]
    items: list[Indicator]
    halls: list[HallNow]


class Gatherer:
    """Asks the services, at most every fifteen seconds for a year: many screens cost no more than one."""

    def __init__(self, sisters: Mapping[str, SisterClient], visits: Visits, clock: Clock) -> None:
        self._sisters = sisters
        self._visits = visits
        self._clock = clock
        self._known: dict[int, tuple[float, Indicators]] = {}
        self._asking: dict[int, asyncio.Lock] = {}

    async def of_year(self, year: int | None) -> Indicators:
        """Return the indicators of a year, of the current one without a year."""
        year = year or self._clock.now().astimezone(CITY_ZONE).year
        # A lock for each year: who asks for another one waits for nobody.
        async with self._asking.setdefault(year, asyncio.Lock()):
            known = self._known.get(year)
            if known is None or known[0] < time.monotonic():
                known = (time.monotonic() + FRESH_SECONDS, await self._gather(year))
                self._known = {**self._known, year: known}
        return known[1]

    async def _gather(self, year: int) -> Indicators:
        asked = {name: self._sisters[name].get("/v1/indicators", year=year) for name in SOURCES}
        found, missing = await optional_parts(asked)
        halls, items = await self._halls(), await self._own()
        for name, part in found.items():
            items += [_read(each, name) for each in part["items"]] if part else []
        return Indicators(
            year=year,
            at=self._clock.now().astimezone(CITY_ZONE),
            missing=missing,
            items=items,
            halls=halls,
        )

    async def _halls(self) -> list[HallNow]:
        """Return the city's and the counties' halls; one that does not answer is left out."""
        kinds = {kind: self._sisters["catalog"].get("/v1/service-points", kind=kind) for kind in HALLS}
        found, _ = await optional_parts(kinds)
        points = dict.fromkeys(point["code"] for part in found.values() if part for point in part["items"])
        boards, _ = await optional_parts(
            {code: self._sisters["booking"].get(f"/v1/service-points/{code}/board") for code in points}
        )
        return [_hall(board) for board in boards.values() if board is not None]

    async def _own(self) -> list[Indicator]:
        registered, daily = await self._visits.registered(), await self._visits.daily()
        average = sum(daily.values()) / len(daily) if daily else 0.0
        share = average / registered if registered else None
        rows: list[dict[str, Any]] = [
            {"code": "registered_users", "title": "注册用户", "value": registered, "unit": "count"},
            {"code": "daily_visitors", "title": "日均访问人数", "value": round(average, 1), "unit": "count"},
            {
                "code": "daily_visitor_share",
                "title": "日均访问率",
                "value": share,
                "unit": "share",
                "numerator": round(average, 1),
                "denominator": registered,
            },
        ]
        return [_read(row, "gateway") for row in rows]


def _hall(board: dict[str, Any]) -> HallNow:
    calls = board["calls"]
    return HallNow(
        service_point=board["service_point"],
        name=board["name"],
        waiting=sum(group["waiting"] for group in board["groups"]),
        open_windows=sum(window["status"] == "open" for window in board["windows"]),
        last_call=calls[0]["number"] if calls else None,
    )


def _read(row: dict[str, Any], source: str) -> Indicator:
    found = Indicator.model_validate(
        {**row, "source": source, "reported_2021": REPORT_2021.get(str(row["code"]))}
    )
    # A share of nothing is not zero: nothing happened yet.
    is_of_nothing = found.unit == "share" and not found.denominator
    return found.model_copy(update={"value": None}) if is_of_nothing else found


Year = Annotated[int | None, Query(ge=2020, le=2100, description="年份，默认今年")]


def indicator_routes() -> APIRouter:
    """Return the routes of the indicators, open to everyone: they are the city's public report."""
    router = APIRouter(prefix="/v1/indicators", tags=["年度指标"])

    @router.get("")
    async def list_indicators(request: Request, year: Year = None) -> Indicators:
        """Return all figures of the city's annual report, live (年度指标)."""
        gatherer: Gatherer = request.app.state.gatherer
        return await gatherer.of_year(year)

    @router.get("/page", response_class=HTMLResponse)
    async def show_indicators(request: Request, year: Year = None) -> HTMLResponse:
        """Show the city's annual report with charts (年度指标页面)."""
        gatherer: Gatherer = request.app.state.gatherer
        return HTMLResponse(render((await gatherer.of_year(year)).model_dump()))

    return router
