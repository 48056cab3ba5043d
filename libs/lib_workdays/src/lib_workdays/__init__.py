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

__all__ = [
    "SpecialDay",
    "add_working_days",
    "add_working_time",
    "is_make_up_workday",
    "is_official",
    "is_public_holiday",
    "is_working_day",
    "special_days",
]
