"""Routes of the figures."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession
from lib_sheets import XLSX_MEDIA_TYPE
from lib_web import Caller, Day, problems, requires
from svc_booking.queue_ticket.domain import city_day
from svc_booking.report.reading import indicators_of, report_of_day, summaries_of
from svc_booking.report.schemas import DayList, DayReportOut, IndicatorList
from svc_booking.report.workbook import city_workbook, day_workbook
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.window.store import group_names

router = APIRouter(prefix="/v1", tags=["大厅统计"])

Code = Annotated[str, Path(max_length=40)]
On = Annotated[Day | None, Query(description="哪一天，默认今天")]
Staff = Annotated[Caller, requires("clerk", "hall_manager")]
Leader = Annotated[Caller, requires("leader")]
Reader = Annotated[Caller, requires("service", "admin", "leader", "officer")]
WORKBOOK: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX_MEDIA_TYPE: {}}, "description": "工作簿"}}


def _download(body: bytes, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"', "cache-control": "no-store"}
    return Response(body, media_type=XLSX_MEDIA_TYPE, headers=headers)


@router.get("/service-points/{code}/day-report", responses=problems(NoSuchPoint, NotAllowed))
async def get_day_report(
    code: Code, caller: Staff, session: ReadSession, clock: ClockDep, on: On = None
) -> DayReportOut:
    """Return a hall's day: load by half hour, waits, services, no-shows (大厅日报)."""
    caller.check_point(code)
    return await report_of_day(session, code, on or city_day(clock.now()))


@router.get(
    "/service-points/{code}/day-report/workbook",
    response_class=Response,
    responses={**WORKBOOK, **problems(NoSuchPoint, NotAllowed)},
)
async def get_day_workbook(
    code: Code, caller: Staff, session: ReadSession, clock: ClockDep, on: On = None
) -> Response:
    """Return a hall's day as xlsx (导出大厅日报)."""
    caller.check_point(code)
    report = await report_of_day(session, code, on or city_day(clock.now()))
    return _download(day_workbook(report, await group_names(session)), f"{code}-{report.day}")


@router.get("/day-reports", responses=problems(NotAllowed))
async def list_day_reports(caller: Leader, session: ReadSession, clock: ClockDep, on: On = None) -> DayList:
    """Return every hall's day side by side (全市大厅日报)."""
    day = on or city_day(clock.now())
    return DayList(day=day, items=await summaries_of(session, day))


@router.get("/day-reports/workbook", response_class=Response, responses={**WORKBOOK, **problems(NotAllowed)})
async def get_city_workbook(caller: Leader, session: ReadSession, clock: ClockDep, on: On = None) -> Response:
    """Return every hall's day as xlsx (导出全市大厅日报)."""
    day = on or city_day(clock.now())
    return _download(city_workbook(await summaries_of(session, day)), f"halls-{day}")


@router.get("/indicators")
async def get_indicators(
    caller: Reader,
    session: ReadSession,
    clock: ClockDep,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
) -> IndicatorList:
    """Return the indicators of a year that are computed from appointments and numbers (年度指标)."""
    wanted = year or city_day(clock.now()).year
    return IndicatorList(year=wanted, items=await indicators_of(session, wanted))
