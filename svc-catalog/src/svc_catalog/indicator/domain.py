"""An indicator as the platform's yearly report shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lib_kernel import CITY_ZONE


@dataclass(frozen=True)
class Indicator:
    """A figure. `unit`: share, count or per_inhabitant; shares have what they were made of."""

    code: str
    title: str
    value: float
    unit: str
    numerator: int | None = None
    denominator: int | None = None


def share(code: str, title: str, part: int, whole: int) -> Indicator:
    """Return a share; of nothing it is 0."""
    return Indicator(code, title, part / whole if whole else 0.0, "share", part, whole)


def count(code: str, title: str, number: int) -> Indicator:
    """Return a count."""
    return Indicator(code, title, float(number), "count", number)


def year_span(year: int) -> tuple[datetime, datetime]:
    """Return when a year begins and ends in the city."""
    begin = datetime(year, 1, 1, tzinfo=CITY_ZONE)
    return begin.astimezone(UTC), datetime(year + 1, 1, 1, tzinfo=CITY_ZONE).astimezone(UTC)
