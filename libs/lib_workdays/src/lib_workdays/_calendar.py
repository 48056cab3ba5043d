"""The calendar itself; the yearly arrangements come from the `holidays` package.

A year whose arrangement is not published yet has its statutory holidays, without make-up weekends.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache

import holidays

from lib_kernel import CITY_ZONE


class Source(StrEnum):
    """Where the days off of a year come from."""

    OFFICIAL = "official"
    BY_RULE = "by_rule"


@cache
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=[year])


def calendar_source(year: int) -> Source:
    """Return whether the year's arrangement is the State Council's or only the statutory holidays are known.

    Every arrangement since 2002 moves some weekends, so a year without moved weekends is not arranged yet.
    """
    moved = any(day.year == year for day in _year(year).weekend_workdays)
    return Source.OFFICIAL if moved else Source.BY_RULE


def is_public_holiday(day: date) -> bool:
    """Return whether the day is a statutory holiday or a day off moved to it; plain weekends are not."""
    return day in _year(day.year)


def is_make_up_workday(day: date) -> bool:
    """Return whether the day is a weekend day that is worked (调休上班)."""
    return day.weekday() >= 5 and is_working_day(day)


@cache
def is_working_day(day: date) -> bool:
    """Return whether offices work on the day."""
    return _year(day.year).is_working_day(day)


def add_working_days(start: date, days: int) -> date:
    """Return the day that is `days` working days after `start`; the day itself does not count.

    Raises:
        ValueError: `days` is negative.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def add_working_time(start: datetime, days: int) -> datetime:
    """Return the end of the day, in the city, that is `days` working days after `start`."""
    day = add_working_days(start.astimezone(CITY_ZONE).date(), days)
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=CITY_ZONE)
