"""Office hours: known answers around the Spring Festival, and properties."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_kernel import CITY_ZONE
from lib_workdays import is_working_day
from svc_complaint.office_hours import DAY, Span, Unit, add_office_time, office_time

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(tzinfo=CITY_ZONE)
)
DURATIONS = st.integers(0, 60 * 40).map(lambda minutes: timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-04 09:00", 180, "2026-03-04 12:00"),  # a whole morning ends at its close
        ("2026-03-04 09:00", 181, "2026-03-04 13:31"),  # the break does not count
        ("2026-03-04 12:30", 60, "2026-03-04 14:30"),  # taken in at noon
        ("2026-03-04 16:30", 60, "2026-03-05 09:30"),  # over night
        ("2026-03-06 17:01", 30, "2026-03-09 09:30"),  # Friday evening to Monday
        ("2026-02-14 16:00", 120, "2026-02-24 10:00"),  # a worked Saturday, then nine days of festival
        ("2026-02-20 10:00", 390, "2026-02-24 17:00"),  # in the middle of the festival
        ("2026-02-27 16:00", 90, "2026-02-28 09:30"),  # the Saturday after it is worked
        ("2026-09-30 16:30", 60, "2026-10-08 09:30"),  # over the National Day
    ],
)
def test_known_answers_by_the_official_calendar(start: str, minutes: int, end: str) -> None:
    assert add_office_time(at(start), timedelta(minutes=minutes)) == at(end)


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        (Span(5, Unit.WORKING_DAYS), "2026-02-13 10:00", "2026-02-27 23:59:59"),
        (Span(6, Unit.WORKING_DAYS), "2026-02-13 10:00", "2026-02-28 23:59:59"),
        (Span(1, Unit.WORKING_DAYS), "2026-02-13 10:00", "2026-02-14 23:59:59"),
        (Span(7, Unit.DAYS), "2026-02-13 10:00", "2026-02-20 23:59:59"),
        (Span(4, Unit.WORKING_HOURS), "2026-02-14 15:00", "2026-02-24 11:00"),
    ],
)
def test_deadlines_across_the_spring_festival(span: Span, start: str, end: str) -> None:
    assert span.after(at(start)) == at(end)


@given(MOMENTS, DURATIONS)
@settings(max_examples=150, deadline=None)
def test_what_is_added_is_what_lies_between(start: datetime, duration: timedelta) -> None:
    assert office_time(start, add_office_time(start, duration)) == duration


@given(MOMENTS, DURATIONS, DURATIONS)
@settings(max_examples=100, deadline=None)
def test_two_parts_are_the_same_as_the_whole(start: datetime, one: timedelta, other: timedelta) -> None:
    assert add_office_time(add_office_time(start, one), other) == add_office_time(start, one + other)


@given(MOMENTS, DURATIONS)
@settings(max_examples=100, deadline=None)
def test_deadlines_lie_in_office_hours_and_not_before_the_start(start: datetime, duration: timedelta) -> None:
    end = add_office_time(start, duration)
    assert end >= start
    if duration:
        assert is_working_day(end.date())
        assert office_time(end - timedelta(minutes=1), end) > timedelta()


@given(MOMENTS, MOMENTS, MOMENTS)
@settings(max_examples=60, deadline=None)
def test_office_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    assert office_time(first, middle) + office_time(middle, last) == office_time(first, last)


def test_a_working_day_has_six_and_a_half_hours() -> None:
    assert office_time(at("2026-03-04 00:00"), at("2026-03-05 00:00")) == DAY
    assert office_time(at("2026-03-05 10:00"), at("2026-03-04 10:00")) == timedelta()


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"amount": 1},
        {"amount": -1, "unit": "days"},
        {"amount": 1.5, "unit": "days"},
        {"amount": 1, "unit": "h"},
    ],
)
def test_spans_that_are_none_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Span.parse(value)


def test_negative_durations_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_office_time(at("2026-03-04 09:00"), timedelta(minutes=-1))
