"""Domain errors, clock, ids and national check digits: no I/O, no third-party imports."""

from lib_kernel._clock import CITY_ZONE, Clock, ShiftableClock, SystemClock, clock_from
from lib_kernel._codes import (
    LICENSE_ROOT,
    LicenseNumber,
    citizen_id_check,
    credit_code_check,
    is_citizen_id,
    is_credit_code,
    mask_id,
    mask_name,
    mask_phone,
    mod37_36_check,
)
from lib_kernel._errors import (
    Conflict,
    DomainError,
    IllegalMove,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StaleVersion,
    TooMany,
    Unavailable,
)
from lib_kernel._ids import new_id, person_id
from lib_kernel._lifecycle import move

__all__ = [
    "CITY_ZONE",
    "LICENSE_ROOT",
    "Clock",
    "Conflict",
    "DomainError",
    "IllegalMove",
    "Invalid",
    "LicenseNumber",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "ShiftableClock",
    "StaleVersion",
    "SystemClock",
    "TooMany",
    "Unavailable",
    "citizen_id_check",
    "clock_from",
    "credit_code_check",
    "is_citizen_id",
    "is_credit_code",
    "mask_id",
    "mask_name",
    "mask_phone",
    "mod37_36_check",
    "move",
    "new_id",
    "person_id",
]
