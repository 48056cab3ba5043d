"""Tables and queries of calendars."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.calendar.domain import (
    CityCalendar,
    DayException,
    ExceptionKind,
    NoSuchException,
    NoSuchSpecialDay,
    Periods,
    Source,
    SpecialDay,
    SpecialKind,
)
from svc_booking.calendar.seeding import source_of, state_days
from svc_booking.database import METADATA

calendar_day = Table(
    "calendar_day",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", EnumText(SpecialKind), nullable=False),
    Column("name", Text, nullable=False),
    Column("source", EnumText(Source), nullable=False),
)

calendar_year = Table(
    "calendar_year",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("source", EnumText(Source), nullable=False, comment="official or by_rule"),
)

point_exception = Table(
    "point_exception",
    METADATA,
    Column("service_point", ForeignKey("service_point.code"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", EnumText(ExceptionKind), nullable=False),
    Column("periods", JSONB, nullable=False, comment="[[opens, closes], …] in city time"),
    Column("reason", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
Index("ix_point_exception_day", point_exception.c.day)


def read_periods(periods: Any) -> Periods:
    """Read periods as JSON has them."""
    return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods)


def write_periods(periods: Periods) -> list[list[str]]:
    """Return periods as JSON has them."""
    return [[opens.strftime("%H:%M"), closes.strftime("%H:%M")] for opens, closes in periods]


async def seed_year(session: AsyncSession, city: str, year: int) -> bool:
    """Write the state's arrangement of a year unless the same is there; return whether anything changed.

    What staff entered stays. A year that was by rule becomes official with the release that knows it.
    """
    wanted = source_of(year)
    known = await session.scalar(
        select(calendar_year.c.source).where(calendar_year.c.city == city, calendar_year.c.year == year)
    )
    if known is wanted:
        return False
    await session.execute(
        insert(calendar_year)
        .values(city=city, year=year, source=wanted)
        .on_conflict_do_update(index_elements=["city", "year"], set_={"source": wanted})
    )
    await session.execute(
        delete(calendar_day).where(
            calendar_day.c.city == city,
            calendar_day.c.day.between(date(year, 1, 1), date(year, 12, 31)),
            calendar_day.c.source != Source.LOCAL,
        )
    )
    rows = [{"city": city, **vars(day)} for day in state_days(year)]
    await session.execute(insert(calendar_day).values(rows).on_conflict_do_nothing())
    return True


async def city_calendar(session: AsyncSession, city: str, start: date, end: date) -> CityCalendar:
    """Return a city's calendar of the days from `start` to `end`."""
    days = await special_days(session, city, start, end)
    years = await session.execute(
        select(calendar_year.c.year, calendar_year.c.source).where(calendar_year.c.city == city)
    )
    return CityCalendar({day.day: day for day in days}, {year: source for year, source in years})


async def special_days(session: AsyncSession, city: str, start: date, end: date) -> Sequence[SpecialDay]:
    """Return a city's special days in order."""
    rows = await session.execute(
        select(calendar_day.c.day, calendar_day.c.kind, calendar_day.c.name, calendar_day.c.source)
        .where(calendar_day.c.city == city, calendar_day.c.day.between(start, end))
        .order_by(calendar_day.c.day)
    )
    return [SpecialDay(*row) for row in rows]


async def set_day(session: AsyncSession, city: str, day: SpecialDay) -> None:
    """Write a day of a city's calendar."""
    values = vars(day)
    await session.execute(
        insert(calendar_day)
        .values(city=city, **values)
        .on_conflict_do_update(index_elements=["city", "day"], set_=values)
    )


async def unset_day(session: AsyncSession, city: str, day: date) -> None:
    """Take a local entry back: what the state arranged, if anything, holds again. Raises NoSuchSpecialDay."""
    gone = await session.execute(
        delete(calendar_day)
        .where(calendar_day.c.city == city, calendar_day.c.day == day, calendar_day.c.source == Source.LOCAL)
        .returning(calendar_day.c.day)
    )
    if gone.one_or_none() is None:
        raise NoSuchSpecialDay(f"{day.isoformat()} 没有本地安排")
    for arranged in state_days(day.year):
        if arranged.day == day:
            await set_day(session, city, arranged)


async def exceptions_of(session: AsyncSession, point: str, start: date, end: date) -> Sequence[DayException]:
    """Return a point's exceptions from `start` to `end`, in order."""
    rows = await session.execute(
        select(
            point_exception.c.day, point_exception.c.kind, point_exception.c.periods, point_exception.c.reason
        )
        .where(point_exception.c.service_point == point, point_exception.c.day.between(start, end))
        .order_by(point_exception.c.day)
    )
    return [DayException(day, kind, read_periods(periods), reason) for day, kind, periods, reason in rows]


async def set_exception(
    session: AsyncSession, point: str, exception: DayException, *, by: str, now: datetime
) -> None:
    """Write a point's exception on a day, in place of one that is there."""
    values = {
        "kind": exception.kind,
        "periods": write_periods(exception.periods),
        "reason": exception.reason,
        "changed_by": by,
        "changed_at": now,
    }
    await session.execute(
        insert(point_exception)
        .values(service_point=point, day=exception.day, **values)
        .on_conflict_do_update(index_elements=["service_point", "day"], set_=values)
    )


async def unset_exception(session: AsyncSession, point: str, day: date) -> None:
    """Take an exception back. Raises NoSuchException."""
    gone = await session.execute(
        delete(point_exception)
        .where(point_exception.c.service_point == point, point_exception.c.day == day)
        .returning(point_exception.c.day)
    )
    if gone.one_or_none() is None:
        raise NoSuchException
