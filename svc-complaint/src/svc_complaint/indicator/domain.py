"""An indicator: a count, or a share with what it is made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Indicator:
    """`unit` is `share` or `count`; a share of nothing is 0."""

    code: str
    title: str
    value: float
    unit: str
    numerator: int | None = None
    denominator: int | None = None


def count(code: str, title: str, value: int) -> Indicator:
    """Return a counted indicator."""
    return Indicator(code, title, value, "count")


def share(code: str, title: str, part: int, whole: int) -> Indicator:
    """Return a share."""
    return Indicator(code, title, round(part / whole, 4) if whole else 0.0, "share", part, whole)
