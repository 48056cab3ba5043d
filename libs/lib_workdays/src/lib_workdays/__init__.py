"""Working days by the State Council's calendar (国务院节假日安排): holidays off, make-up weekends worked."""

from lib_workdays._calendar import (
    Source,
    add_working_days,
    add_working_time,
    calendar_source,
    is_make_up_workday,
    is_public_holiday,
    is_working_day,
)
from lib_workdays._deadlines import Stop, deadline, deadline_time, end_of_day, working_days_between

__all__ = [
    "Source",
    "Stop",
    "add_working_days",
    "add_working_time",
    "calendar_source",
    "deadline",
    "deadline_time",
    "end_of_day",
    "is_make_up_workday",
    "is_public_holiday",
    "is_working_day",
    "working_days_between",
]
