"""The State Council's calendar as the domain asks for it."""

from datetime import date

from lib_workdays import is_make_up_workday, is_public_holiday
from svc_booking.slot.domain import DayKind


def state_calendar(day: date) -> DayKind:
    """Return what kind of day it is."""
    return DayKind(day.weekday(), is_public_holiday(day), is_make_up_workday(day))
