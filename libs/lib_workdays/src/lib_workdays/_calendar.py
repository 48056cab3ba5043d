"""The calendar itself; the yearly arrangements come from the `holidays` package.

A year whose arrangement is not published yet has its statutory holidays, without make-up weekends.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

import holidays

from lib_kernel import CITY_ZONE

WEEKEND_PART = "假期（与周末连休）"
MAKE_UP = "调休上班"


class SpecialDay(NamedTuple):
    """A day that is not what its weekday says: off, or a weekend day that is worked."""

    day: date
    is_worked: bool
    name: str


@cache
def _year(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=[year], language="zh_CN")


def is_official(year: int) -> bool:
    """Return whether the State Council's arrangement of the year is known; if not, days are by rule.

    Every arrangement since 2002 moves some weekends, so a year without moved weekends is not arranged yet.
    """
    return any(day.year == year for day in _year(year).weekend_workdays)


def special_days(year: int) -> Iterator[SpecialDay]:
    """Yield the year's holidays and make-up workdays in order.

    The weekend inside or beside a run of holidays belongs to it, as the State Council counts it: a hall that
    opens on Saturdays is closed on that one.
    """
    day = date(year, 1, 1)
    while day.year == year:
        if is_make_up_workday(day):
            yield SpecialDay(day, True, MAKE_UP)
        elif is_public_holiday(day):
            yield SpecialDay(day, False, _year(year)[day])
        elif day.weekday() >= 5 and _adjoins_a_holiday(day):
            yield SpecialDay(day, False, WEEKEND_PART)
        day += timedelta(days=1)


def _adjoins_a_holiday(weekend: date) -> bool:
    for step in (timedelta(days=-1), timedelta(days=1)):
        day = weekend + step
        while not is_working_day(day):
            if is_public_holiday(day):
                return True
            day += step
    return False


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
