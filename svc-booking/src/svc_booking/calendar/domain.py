"""Days and opening hours: the city's special days, a point's weekly hours, exceptions on single days."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from lib_kernel import CITY_ZONE, Invalid, NotFound

SLOT_LENGTH = timedelta(minutes=30)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Periods = tuple[tuple[time, time], ...]


class Source(StrEnum):
    """Where a day of the calendar comes from."""

    OFFICIAL = "official"
    BY_RULE = "by_rule"
    LOCAL = "local"


class SpecialKind(StrEnum):
    """What a special day is, whatever its weekday says."""

    HOLIDAY = "holiday"
    MAKE_UP_WORKDAY = "make_up_workday"
    ORDINARY = "ordinary"


class ExceptionKind(StrEnum):
    """How a point differs from its usual hours on one day."""

    CLOSED = "closed"
    OTHER_HOURS = "other_hours"
    EXTENDED_HOURS = "extended_hours"


class BadHours(Invalid):
    """Periods overlap, are out of order or are shorter than a slot."""

    code = "opening-hours-invalid"
    title = "开放时间不正确"


class NoSuchException(NotFound):
    """The point has no exception on this day."""

    code = "calendar-exception-not-found"
    title = "该网点当天没有特别安排"


class NoSuchSpecialDay(NotFound):
    """The city's calendar has nothing special on this day."""

    code = "calendar-day-not-found"
    title = "日历中没有这一天的安排"


@dataclass(frozen=True)
class SpecialDay:
    """A day of a city's calendar that is not what its weekday says."""

    day: date
    kind: SpecialKind
    name: str
    source: Source


@dataclass(frozen=True)
class DayKind:
    """What the calendar says of a day."""

    weekday: int
    is_public_holiday: bool
    is_make_up_workday: bool
    name: str = ""
    source: Source = Source.OFFICIAL


Calendar = Callable[[date], DayKind]


@dataclass(frozen=True)
class CityCalendar:
    """A city's special days; `years` says of each year whether its arrangement is official or by rule."""

    days: Mapping[date, SpecialDay]
    years: Mapping[int, Source]

    def __call__(self, day: date) -> DayKind:
        """Return what kind of day it is."""
        found = self.days.get(day)
        if found is None:
            return DayKind(day.weekday(), False, False, "", self.years.get(day.year, Source.BY_RULE))
        return DayKind(
            day.weekday(),
            found.kind is SpecialKind.HOLIDAY,
            found.kind is SpecialKind.MAKE_UP_WORKDAY,
            found.name,
            found.source,
        )


@dataclass(frozen=True)
class DayException:
    """One day on which a point is closed, has other hours, or opens longer."""

    day: date
    kind: ExceptionKind
    periods: Periods = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.kind is ExceptionKind.CLOSED) != (not self.periods):
            raise BadHours("停止服务不填时段，其他安排须填时段", field="periods")
        check_periods(self.periods)


def check_periods(periods: Periods) -> None:
    """Raise BadHours unless the periods follow one another and each holds a slot; 00:00 ends a day."""
    last = time(0)
    for number, (opens, closes) in enumerate(periods):
        midnight = closes == time(0)
        long_enough = midnight or _minutes(closes) - _minutes(opens) >= SLOT_LENGTH / timedelta(minutes=1)
        if not long_enough or (number and opens < last) or (midnight and number < len(periods) - 1):
            raise BadHours("各时段须按先后排列、互不重叠，且不少于 30 分钟", field="periods")
        last = closes


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


@dataclass(frozen=True)
class OpeningHours:
    """Weekly hours of a point in city time; a 24 h hall (24 小时大厅) never closes."""

    weekly: Mapping[str, Periods]
    always_open: bool = False

    def __post_init__(self) -> None:
        for periods in self.weekly.values():
            check_periods(periods)

    def periods(self, kind: DayKind) -> Periods:
        """Return the periods of such a day."""
        if self.always_open:
            return ((time(0), time(0)),)
        if kind.is_public_holiday:
            return ()
        # A worked weekend day has the hours of a Monday.
        return self.weekly.get("mon" if kind.is_make_up_workday else WEEKDAYS[kind.weekday], ())


@dataclass(frozen=True)
class SlotTime:
    """When a slot begins, and whether it lies in extended hours (延时服务)."""

    starts_at: datetime
    is_extended: bool = False


@dataclass(frozen=True)
class PointCalendar:
    """When one point is open: weekly hours, the city's calendar, the point's own exceptions above both."""

    hours: OpeningHours
    city: Calendar
    exceptions: Mapping[date, DayException] = field(default_factory=dict)

    def is_open_on(self, day: date) -> bool:
        """Return whether the point opens at all on the day."""
        return bool(self._usual(day) or self._extra(day))

    def slot_times(self, day: date) -> Iterator[SlotTime]:
        """Yield each whole half hour the point is open on the day, in order."""
        usual = {start for period in self._usual(day) for start in _starts(day, *period)}
        extra = {start for period in self._extra(day) for start in _starts(day, *period)}
        for start in sorted(usual | extra):
            yield SlotTime(start, start not in usual)

    def _usual(self, day: date) -> Periods:
        exception = self.exceptions.get(day)
        if exception is None or exception.kind is ExceptionKind.EXTENDED_HOURS:
            return self.hours.periods(self.city(day))
        return exception.periods

    def _extra(self, day: date) -> Periods:
        exception = self.exceptions.get(day)
        extended = exception is not None and exception.kind is ExceptionKind.EXTENDED_HOURS
        return exception.periods if exception is not None and extended else ()


def _starts(day: date, opens: time, closes: time) -> Iterator[datetime]:
    start = datetime.combine(day, opens, CITY_ZONE)
    end = datetime.combine(day, closes, CITY_ZONE)
    if closes <= opens:
        end += timedelta(days=1)
    while start + SLOT_LENGTH <= end:
        yield start
        start += SLOT_LENGTH


def city_of(division: str) -> str:
    """Return the city's code of a division's: the first four digits say the city (GB/T 2260)."""
    return division[:4].ljust(len(division), "0")
