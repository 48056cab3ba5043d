"""Office hours (工作时间) of the city: 09:00-12:00 and 13:30-17:00 on the State Council's working days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from lib_kernel import CITY_ZONE
from lib_workdays import add_working_time, is_working_day

SESSIONS = ((time(9), time(12)), (time(13, 30), time(17)))
DAY = timedelta(hours=6, minutes=30)


def office_time(start: datetime, end: datetime) -> timedelta:
    """Return how much office time lies between two moments; nothing when `end` is not after `start`."""
    first, last = start.astimezone(CITY_ZONE), end.astimezone(CITY_ZONE)
    total, day = timedelta(), first.date()
    while day <= last.date():
        for begin, close in _sessions(day):
            total += max(timedelta(), min(close, last) - max(begin, first))
        day += timedelta(days=1)
    return total


def add_office_time(start: datetime, duration: timedelta) -> datetime:
    """Return the moment, in the city's zone, when `duration` of office time has passed since `start`.

    A whole session ends at its close, not at the next one's begin. No duration: the moment itself.

    Raises:
        ValueError: the duration is negative.
    """
    if duration < timedelta():
        raise ValueError("the duration must not be negative")
    moment, left = start.astimezone(CITY_ZONE), duration
    while left:
        for begin, close in _sessions(moment.date()):
            begin = max(begin, moment)
            if begin >= close:
                continue
            if close - begin >= left:
                return begin + left
            left -= close - begin
        moment = _midnight(moment.date() + timedelta(days=1))
    return moment


class Unit(StrEnum):
    """In what a deadline is counted."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    DAYS = "days"


@dataclass(frozen=True)
class Span:
    """A length of time as regulations state it: so many working hours, working days or days."""

    amount: float
    unit: Unit

    def after(self, moment: datetime) -> datetime:
        """Return when it has passed since `moment`; days end with the last second of the last day."""
        if self.unit is Unit.WORKING_HOURS:
            return add_office_time(moment, timedelta(hours=self.amount))
        if self.unit is Unit.WORKING_DAYS:
            return add_working_time(moment, int(self.amount))
        day = moment.astimezone(CITY_ZONE).date() + timedelta(days=int(self.amount))
        return _midnight(day + timedelta(days=1)) - timedelta(seconds=1)

    @classmethod
    def parse(cls, value: dict[str, Any]) -> "Span":
        """Read `{"amount": n, "unit": u}`.

        Raises:
            ValueError: it is none; the text says why.
        """
        try:
            span = cls(float(value["amount"]), Unit(value["unit"]))
        except (KeyError, TypeError) as error:
            raise ValueError("期限须有 amount 和 unit") from error
        if span.amount < 0 or (span.unit is not Unit.WORKING_HOURS and span.amount != int(span.amount)):
            raise ValueError("期限不能为负，天数须为整数")
        return span


def _sessions(day: date) -> list[tuple[datetime, datetime]]:
    if not is_working_day(day):
        return []
    return [
        (datetime.combine(day, begin, CITY_ZONE), datetime.combine(day, close, CITY_ZONE))
        for begin, close in SESSIONS
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)
