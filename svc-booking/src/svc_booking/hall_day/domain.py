"""When a hall's day is over."""

from datetime import date, datetime, time, timedelta

from lib_kernel import CITY_ZONE, Conflict
from svc_booking.calendar.domain import SLOT_LENGTH, PointCalendar


class DayAlreadyClosed(Conflict):
    """The hall's day was closed before."""

    code = "day-already-closed"
    title = "本网点当日已日终"


class DayNotOver(Conflict):
    """A day that lies ahead cannot be closed."""

    code = "day-not-over"
    title = "当日业务尚未结束，不能日终"


class StillArriving(Conflict):
    """Numbers were drawn while the day was being closed; closing is tried again."""

    code = "numbers-still-drawn"
    title = "日终过程中仍有人取号，请重试"


def closes_at(calendar: PointCalendar, day: date) -> datetime:
    """Return when a point's day ends: with its last half hour, or at midnight where there is none."""
    starts = [slot.starts_at for slot in calendar.slot_times(day)]
    if not starts:
        return datetime.combine(day + timedelta(days=1), time(0), CITY_ZONE)
    return starts[-1] + SLOT_LENGTH


def is_over(
    closing: datetime, now: datetime, *, somebody_is_served: bool, unfinished_after: timedelta
) -> bool:
    """Return whether a day may be closed: after closing, but not while somebody is still at a window.

    Who is still there `unfinished_after` after closing was forgotten by a clerk.
    """
    if now < closing:
        return False
    return not somebody_is_served or now >= closing + unfinished_after
