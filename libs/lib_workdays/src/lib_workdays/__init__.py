"""Working days by the State Council's calendar (国务院节假日安排): holidays off, make-up weekends worked."""

from lib_workdays._calendar import (
    SpecialDay,
    add_working_days,
    add_working_time,
    is_make_up_workday,
    is_official,
    is_public_holiday,
    is_working_day,
    special_days,
)
from lib_workdays._deadlines import Stop, deadline, deadline_time, end_of_day, working_days_between

__all__ = [
    "SpecialDay",
    "Stop",
    "add_working_days",
    "add_working_time",
    "deadline",
    "deadline_time",
    "end_of_day",
    "is_make_up_workday",
    "is_official",
    "is_public_holiday",
    "is_working_day",
    "special_days",
    "working_days_between",
]
