"""Reads a day's report: the fixed one of a closed day, else as it stands now."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.report import store
from svc_booking.report.domain import report_of, share
from svc_booking.report.schemas import DayReportOut, DaySummary, Indicator


async def report_of_day(session: AsyncSession, point: str, day: date) -> DayReportOut:
    """Return the report of a point's day. Raises NoSuchPoint."""
    fixed = await store.fixed_report(session, point, day)
    if fixed is not None:
        return DayReportOut.model_validate(fixed)
    return await report_now(session, point, day, None)


async def report_now(
    session: AsyncSession, point: str, day: date, closed_at: datetime | None
) -> DayReportOut:
    """Return the report made from what is there now. Raises NoSuchPoint."""
    facts = await store.facts_of(session, point, day)
    return DayReportOut.model_validate(report_of(facts, closed_at))


async def summaries_of(session: AsyncSession, day: date) -> list[DaySummary]:
    """Return the summary of every point that had visitors or appointments on a day."""
    return [
        DaySummary.model_validate((await report_of_day(session, point, day)).model_dump())
        for point in await store.active_points(session, day)
    ]


async def indicators_of(session: AsyncSession, year: int) -> list[Indicator]:
    """Return svc-booking's indicators of a year."""
    found = await store.year_figures(session, year)
    a_day = round(found.city_hall_visitors / found.city_hall_days, 1) if found.city_hall_days else None
    due = found.kept + found.missed
    return [
        _figure(
            "hall_visitors_a_day",
            "市级大厅日均进厅人次",
            a_day,
            found.city_hall_visitors,
            found.city_hall_days,
        ),
        _count("green_channel_visits", "绿色通道服务人次", found.green_finished),
        _count("connected_county_halls", "接入云叫号的县级大厅", found.points.get("county_hall", 0)),
        _count(
            "connected_township_centres",
            "接入云叫号的乡镇便民服务中心",
            found.points.get("township_centre", 0),
        ),
        _count("connected_bank_outlets", "接入云叫号的银行网点", found.points.get("bank_outlet", 0)),
        _share("appointment_share", "预约取号占比", found.numbers_with_appointment, found.numbers),
        _share("no_show_share", "预约爽约率", found.missed, due),
    ]


def _figure(code: str, title: str, value: float | None, part: int, whole: int) -> Indicator:
    return Indicator(code=code, title=title, value=value, unit="count", numerator=part, denominator=whole)


def _count(code: str, title: str, count: int) -> Indicator:
    return Indicator(code=code, title=title, value=count, unit="count", numerator=count, denominator=None)


def _share(code: str, title: str, part: int, whole: int) -> Indicator:
    return Indicator(
        code=code, title=title, value=share(part, whole), unit="share", numerator=part, denominator=whole
    )
