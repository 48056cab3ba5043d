"""Domain errors, clock, ids and national check digits: no I/O, no third-party imports."""

from lib_kernel._clock import CITY_ZONE, Clock, ShiftableClock, SystemClock, clock_from
from lib_kernel._errors import (
    Conflict,
    DomainError,
    IllegalMove,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StaleVersion,
    Unavailable,
)
from lib_kernel._ids import new_id, person_id
from lib_kernel._lifecycle import move

__all__ = [
    "CITY_ZONE",
    "Clock",
    "Conflict",
    "DomainError",
    "IllegalMove",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "ShiftableClock",
    "StaleVersion",
    "SystemClock",
    "Unavailable",
    "clock_from",
    "move",
    "new_id",
    "person_id",
]
