"""Properties of working-day arithmetic, with Spring Festivals in the range of days."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lib_workdays import (
    Stop,
    add_working_days,
    deadline,
    deadline_time,
    is_working_day,
    working_days_between,
)

DAYS = st.dates(date(2023, 1, 1), date(2028, 12, 31))
COUNTS = st.integers(0, 60)
STOPS = st.lists(
    st.builds(lambda begin, long: Stop(begin, begin + timedelta(days=long)), DAYS, st.integers(0, 40)),
    max_size=4,
)
quick = settings(max_examples=150, deadline=None)


@quick
@given(DAYS, st.integers(1, 60))
def test_a_deadline_is_never_a_day_off(start: date, days: int) -> None:
    assert is_working_day(add_working_days(start, days))


@quick
@given(DAYS, COUNTS, COUNTS)
def test_adding_twice_is_adding_the_sum(start: date, some: int, more: int) -> None:
    assert add_working_days(add_working_days(start, some), more) == add_working_days(start, some + more)


@quick
@given(DAYS, COUNTS, st.integers(0, 30))
def test_a_later_start_never_ends_earlier(start: date, days: int, later: int) -> None:
    assert add_working_days(start + timedelta(days=later), days) >= add_working_days(start, days)


@quick
@given(DAYS, COUNTS)
def test_counting_back_gives_what_was_added(start: date, days: int) -> None:
    assert working_days_between(start, add_working_days(start, days)) == days


@quick
@given(DAYS, st.integers(0, 50), st.integers(0, 50))
def test_spans_add_up(start: date, first: int, second: int) -> None:
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    parts = working_days_between(start, middle) + working_days_between(middle, end)
    assert parts == working_days_between(start, end)


@quick
@given(DAYS, COUNTS, STOPS)
def test_stops_never_shorten_and_leave_exactly_the_days_promised(
    start: date, days: int, stops: list[Stop]
) -> None:
    end = deadline(start, days, stops)
    assert end >= add_working_days(start, days)
    stopped = {
        stop.begin + timedelta(days=step)
        for stop in stops
        for step in range(1, (stop.end - stop.begin).days + 1)
    }
    passing = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))
    assert sum(is_working_day(day) and day not in stopped for day in passing) == days


@quick
@given(DAYS, st.integers(1, 40), st.integers(0, 39), st.integers(0, 40))
def test_one_stop_moves_the_deadline_by_its_working_days(
    start: date, days: int, after: int, long: int
) -> None:
    begin = min(start + timedelta(days=after), add_working_days(start, days) - timedelta(days=1))
    stop = Stop(begin, begin + timedelta(days=long))
    moved = add_working_days(add_working_days(start, days), working_days_between(stop.begin, stop.end))
    assert deadline(start, days, [stop]) == moved


def test_spring_festival_of_2026_is_not_counted() -> None:
    # Off from 15 to 23 February; 14 and 28 February are worked although Saturdays.
    assert add_working_days(date(2026, 2, 13), 2) == date(2026, 2, 24)
    assert add_working_days(date(2026, 2, 13), 6) == date(2026, 2, 28)


def test_a_stop_over_a_weekend_moves_only_by_working_days() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    assert deadline(date(2026, 3, 4), 5, [Stop(friday, monday)]) == date(2026, 3, 12)


def test_a_deadline_in_time_ends_with_the_city_day() -> None:
    assert deadline_time(datetime(2026, 3, 5, 18, tzinfo=UTC), 1).isoformat() == "2026-03-09T23:59:59+08:00"
