"""The State Council's arrangement of a year as rows of a city's calendar."""

from collections.abc import Iterator

from lib_workdays import is_official, special_days
from svc_booking.calendar.domain import Source, SpecialDay, SpecialKind


def source_of(year: int) -> Source:
    """Return whether the year's arrangement is published or by rule."""
    return Source.OFFICIAL if is_official(year) else Source.BY_RULE


def state_days(year: int) -> Iterator[SpecialDay]:
    """Yield the year's special days."""
    source = source_of(year)
    for day, is_worked, name in special_days(year):
        kind = SpecialKind.MAKE_UP_WORKDAY if is_worked else SpecialKind.HOLIDAY
        yield SpecialDay(day, kind, name, source)
