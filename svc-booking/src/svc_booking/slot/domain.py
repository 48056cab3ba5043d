"""Half-hour slots: when a point is open, what may be booked now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, NotFound

SLOT_LENGTH = timedelta(minutes=30)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FURTHEST_SEARCH = timedelta(days=40)  # Longer than any run of closed days.


class NoSuchPoint(NotFound):
    """There is no such service point, or it has no such business group."""

    code = "service-point-not-found"
    title = "没有这个服务网点或业务窗口"


class NoSuchSlot(NotFound):
    """There is no such slot."""

    code = "slot-not-found"
    title = "没有这个时段"


class BookingClosed(Conflict):
    """The slot begins too soon or lies too far ahead."""

    code = "booking-closed"
    title = "该时段不在可预约的时间内"


@dataclass(frozen=True)
class DayKind:
    """What the calendar says of a day."""

    weekday: int
    is_public_holiday: bool
    is_make_up_workday: bool


Calendar = Callable[[date], DayKind]


@dataclass(frozen=True)
class OpeningHours:
    """Opening hours of a point: periods of each weekday in city time; a 24 h hall never closes."""

    weekly: Mapping[str, tuple[tuple[time, time], ...]]
    always_open: bool = False

    def slot_starts(self, day: date, kind: DayKind) -> Iterator[datetime]:
        """Yield the beginning of each whole half hour the point is open on the day, in order."""
        for opens, closes in self._periods(kind):
            start = datetime.combine(day, opens, CITY_ZONE)
            end = datetime.combine(day, closes, CITY_ZONE)
            if closes <= opens:
                end += timedelta(days=1)
            while start + SLOT_LENGTH <= end:
                yield start
                start += SLOT_LENGTH

    def is_open_on(self, kind: DayKind) -> bool:
        """Return whether the point opens at all on such a day."""
        return bool(self._periods(kind))

    def _periods(self, kind: DayKind) -> tuple[tuple[time, time], ...]:
        if self.always_open:
            return ((time(0), time(0)),)
        if kind.is_public_holiday:
            return ()
        # A worked weekend day has the hours of a Monday.
        return self.weekly.get("mon" if kind.is_make_up_workday else WEEKDAYS[kind.weekday], ())


@dataclass(frozen=True)
class Slot:
    """A half hour at one business group of one point. These facts never change once it exists."""

    id: UUID
    service_point: str
    service_point_name: str
    group: str
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Return the end of the half hour."""
        return self.starts_at + SLOT_LENGTH


@dataclass(frozen=True)
class BookingWindow:
    """What may be booked at a point now: slots that begin after `opens` and before `closes`."""

    opens: datetime
    closes: datetime

    def check(self, slot: Slot) -> None:
        """Raise BookingClosed unless the slot lies in the window."""
        if slot.starts_at < self.opens:
            raise BookingClosed("该时段即将开始或已经开始，请选择稍后的时段", earliest=self.opens)
        if slot.starts_at >= self.closes:
            raise BookingClosed("该时段尚未开放预约，请选择更近的日期", latest=self.closes)


def booking_window(
    hours: OpeningHours, calendar: Calendar, now: datetime, *, days_ahead: int, closes_before: timedelta
) -> BookingWindow:
    """Return the window of a point: today and the next `days_ahead` days on which the point is open.

    Counting opening days lets people book Monday on a Friday evening.
    """
    today = now.astimezone(CITY_ZONE).date()
    day, left = today, days_ahead
    while left and day - today < FURTHEST_SEARCH:
        day += timedelta(days=1)
        left -= hours.is_open_on(calendar(day))
    end = datetime.combine(day + timedelta(days=1), time(0), CITY_ZONE)
    return BookingWindow(now + closes_before, end)
