"""A hall's day in figures, from what happened in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from lib_kernel import CITY_ZONE

HALF_HOUR = timedelta(minutes=30)


class Kind(StrEnum):
    """What an interval was."""

    WAIT = "wait"
    SERVICE = "service"


@dataclass(frozen=True)
class Interval:
    """A person waited for a call, or was served at a window. It counts where it ended or was done."""

    kind: Kind
    group: str
    window: str
    begins: datetime
    length: timedelta

    @property
    def ends(self) -> datetime:
        """Return when it ended."""
        return self.begins + self.length


@dataclass(frozen=True)
class Drawn:
    """A number that was drawn."""

    at: datetime
    group: str
    person_id: str
    priority: str
    status: str
    has_appointment: bool


@dataclass(frozen=True)
class Bookings:
    """Appointments of the day by what became of them."""

    booked: int
    arrived: int
    no_show: int
    cancelled: int


@dataclass(frozen=True)
class Times:
    """How long it took, in minutes; None when there is nothing to average."""

    count: int
    mean: float | None
    p90: float | None


@dataclass(frozen=True)
class Line:
    """Figures of one half hour, group or window. `key` is its beginning (`09:30`), code or name."""

    key: str
    drawn: int
    wait: Times
    service: Times


@dataclass(frozen=True)
class DayReport:
    """A point's day. Shares are 0 to 1, None when there is nothing to divide by."""

    service_point: str
    service_point_name: str
    day: date
    closed_at: datetime | None
    visitors: int
    drawn: int
    with_appointment: int
    green: int
    finished: int
    unserved: int
    bookings: Bookings
    no_show_share: float | None
    appointment_share: float | None
    wait: Times
    service: Times
    half_hours: Sequence[Line]
    groups: Sequence[Line]
    windows: Sequence[Line]


@dataclass(frozen=True)
class DayFacts:
    """What a report is made from."""

    service_point: str
    service_point_name: str
    day: date
    drawn: Sequence[Drawn]
    intervals: Sequence[Interval]
    bookings: Bookings


def report_of(facts: DayFacts, closed_at: datetime | None = None) -> DayReport:
    """Return the report of a day."""
    drawn, bookings = facts.drawn, facts.bookings
    expected = bookings.booked - bookings.cancelled
    with_appointment = sum(number.has_appointment for number in drawn)
    return DayReport(
        service_point=facts.service_point,
        service_point_name=facts.service_point_name,
        day=facts.day,
        closed_at=closed_at,
        visitors=len({number.person_id for number in drawn}),
        drawn=len(drawn),
        with_appointment=with_appointment,
        green=sum(number.priority == "green" for number in drawn),
        finished=sum(number.status == "finished" for number in drawn),
        unserved=sum(number.status == "closed" for number in drawn),
        bookings=bookings,
        no_show_share=share(bookings.no_show, expected),
        appointment_share=share(with_appointment, len(drawn)),
        wait=times(facts.intervals, Kind.WAIT),
        service=times(facts.intervals, Kind.SERVICE),
        half_hours=_lines(facts, lambda number: half_hour(number.at), lambda span: half_hour(span.ends)),
        groups=_lines(facts, lambda number: number.group, lambda span: span.group),
        windows=_lines(facts, lambda _: None, lambda span: span.window),
    )


def share(part: int, whole: int) -> float | None:
    """Return a share rounded to four places."""
    return round(part / whole, 4) if whole > 0 else None


def half_hour(moment: datetime) -> str:
    """Return the half hour a moment lies in, by its beginning in city time."""
    local = moment.astimezone(CITY_ZONE)
    return f"{local.hour:02d}:{'30' if local.minute >= 30 else '00'}"


def times(intervals: Iterable[Interval], kind: Kind) -> Times:
    """Return count, mean and 90th percentile of the intervals of a kind."""
    minutes = sorted(span.length.total_seconds() / 60 for span in intervals if span.kind is kind)
    if not minutes:
        return Times(0, None, None)
    at_90 = minutes[min(len(minutes) - 1, int(len(minutes) * 0.9))]
    return Times(len(minutes), round(sum(minutes) / len(minutes), 1), round(at_90, 1))


def _lines(
    facts: DayFacts, key_of_number: Callable[[Drawn], str | None], key_of_span: Callable[[Interval], str]
) -> list[Line]:
    drawn: dict[str, int] = {}
    spans: dict[str, list[Interval]] = {}
    for number in facts.drawn:
        if (key := key_of_number(number)) is not None:
            drawn[key] = drawn.get(key, 0) + 1
    for span in facts.intervals:
        spans.setdefault(key_of_span(span), []).append(span)
    return [
        Line(
            key,
            drawn.get(key, 0),
            times(spans.get(key, ()), Kind.WAIT),
            times(spans.get(key, ()), Kind.SERVICE),
        )
        for key in sorted({*drawn, *spans}, key=lambda key: (len(key), key))
    ]
