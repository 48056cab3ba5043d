"""What a digest says: counts of a day by kind, cause, department and division, compared with other days."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from lib_kernel import CITY_ZONE, NotFound

REPEATED_FROM = 3
WEEK = timedelta(days=7)


class NoSuchDigest(NotFound):
    """There is no digest of the day, or not yet."""

    code = "digest-not-found"
    title = "没有这一天的汇总"


@dataclass(frozen=True)
class Counts:
    """Cases received and closed in a day, open and overdue at its end."""

    received: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.received + other.received,
            self.closed + other.closed,
            self.open + other.open,
            self.overdue + other.overdue,
        )


@dataclass(frozen=True)
class Group:
    """Counts of cases that have kind, category, department and division in common."""

    kind: str
    category: str | None
    department: str | None
    division: str
    counts: Counts


@dataclass(frozen=True)
class Topic:
    """Something many cases of a week are about."""

    category: str
    place: str
    cases: int


@dataclass(frozen=True)
class More:
    """What a day's digest says beside counts of cases."""

    closed_on_time: int = 0
    escalated: int = 0
    troubles: int = 0
    rated: int = 0
    bad: int = 0
    called_back: int = 0
    topics: tuple[Topic, ...] = field(default_factory=tuple)


def digest(day: date, groups: Sequence[Group], more: More, earlier: Mapping[date, Counts]) -> dict[str, Any]:
    """Return the digest as it is kept: codes and counts, no personal data."""
    total = sum((group.counts for group in groups), Counts())
    return {
        "day": day.isoformat(),
        **asdict(total),
        "closed_on_time": more.closed_on_time,
        "escalated": more.escalated,
        "troubles": more.troubles,
        "ratings": {"rated": more.rated, "bad": more.bad, "called_back": more.called_back},
        "by_kind": _by(groups, lambda group: group.kind),
        "by_category": _by(groups, lambda group: group.category or ""),
        "by_department": _by(groups, lambda group: group.department or ""),
        "by_division": _by(groups, lambda group: group.division),
        "topics": [asdict(topic) for topic in more.topics],
        "day_before": _counts(earlier.get(day - timedelta(days=1))),
        "week_before": _counts(earlier.get(day - WEEK)),
    }


def _by(groups: Iterable[Group], key: Any) -> list[dict[str, Any]]:
    sums: dict[str, Counts] = defaultdict(Counts)
    for group in groups:
        sums[key(group)] += group.counts
    rows = [{"code": code, **asdict(counts)} for code, counts in sums.items()]
    return sorted(rows, key=lambda row: (-row["received"], -row["open"], row["code"]))


def _counts(counts: Counts | None) -> dict[str, int] | None:
    return asdict(counts) if counts is not None else None


def span(day: date) -> tuple[datetime, datetime]:
    """Return begin and end of a day in the city."""
    begin = datetime.combine(day, time(), CITY_ZONE)
    return begin, datetime.combine(day + timedelta(days=1), time(), CITY_ZONE)


def missing(
    now: datetime, at: time, made: Collection[date], first: date | None, days_back: int
) -> list[date]:
    """Return the days whose digest is due and not made, the earliest first.

    A day's digest is due the next day at `at`, in the city. `first` is the first day there was a case.
    """
    local = now.astimezone(CITY_ZONE)
    last = local.date() - timedelta(days=1 if local.time() >= at else 2)
    begin = max(first or last, last - timedelta(days=days_back - 1))
    days = [begin + timedelta(days=number) for number in range((last - begin).days + 1)]
    return [day for day in days if day not in made]
