"""Deadlines in working days with stopped clocks (扣除时间), as for hearings and expert reviews."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lib_kernel import CITY_ZONE
from lib_workdays._calendar import add_working_days, is_working_day


@dataclass(frozen=True)
class Stop:
    """Days on which the clock stands: those after `begin` up to and with `end`.

    As with a deadline itself the first day does not count, so a stop that begins and ends on one day moves
    nothing.
    """

    begin: date
    end: date


def working_days_between(begin: date, end: date) -> int:
    """Return how many working days lie after `begin` up to and with `end`; 0 when `end` is not later."""
    return sum(is_working_day(begin + timedelta(days=step)) for step in range(1, (end - begin).days + 1))


def deadline(start: date, days: int, stops: Iterable[Stop] = ()) -> date:
    """Return the day on which `days` working days have passed since `start`, not counting stopped days.

    Stops may overlap. Without stops it is `add_working_days`.

    Raises:
        ValueError: `days` is negative.
    """
    standing = list(stops)
    day = add_working_days(start, days)
    while True:
        stopped = _stopped(start, day, standing)
        wanted = add_working_days(start, days + stopped)
        if wanted == day:
            return day
        day = wanted


def deadline_time(start: datetime, days: int, stops: Iterable[Stop] = ()) -> datetime:
    """Return the end, in the city, of the day that `deadline` gives."""
    return end_of_day(deadline(start.astimezone(CITY_ZONE).date(), days, stops))


def end_of_day(day: date) -> datetime:
    """Return the last second of a day in the city."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=CITY_ZONE)


def _stopped(start: date, last: date, stops: list[Stop]) -> int:
    days = {
        stop.begin + timedelta(days=step)
        for stop in stops
        for step in range(1, (min(stop.end, last) - stop.begin).days + 1)
    }
    return sum(start < day <= last and is_working_day(day) for day in days)
