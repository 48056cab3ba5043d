"""The calendar of 2026, as the State Council arranged it."""

from datetime import UTC, date, datetime

import pytest

from lib_workdays import (
    add_working_days,
    add_working_time,
    is_make_up_workday,
    is_official,
    is_public_holiday,
    is_working_day,
    special_days,
)


def test_weekends_are_off_but_no_holidays() -> None:
    saturday = date(2026, 3, 7)
    assert not is_working_day(saturday)
    assert not is_public_holiday(saturday)


def test_a_make_up_weekend_is_worked() -> None:
    assert is_make_up_workday(date(2026, 2, 14))
    assert not is_make_up_workday(date(2026, 2, 13))


def test_national_day_is_off() -> None:
    assert is_public_holiday(date(2026, 10, 1))
    assert not is_working_day(date(2026, 10, 7))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 6), 0, date(2026, 3, 6)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
    ],
)
def test_counting_skips_days_off(start: date, days: int, end: date) -> None:
    assert add_working_days(start, days) == end


def test_a_deadline_ends_with_the_city_day() -> None:
    # 18:00 UTC on the 5th is already the 6th in the city.
    deadline = add_working_time(datetime(2026, 3, 5, 18, tzinfo=UTC), 1)
    assert deadline.isoformat() == "2026-03-09T23:59:59+08:00"


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 3, 6), -1)


def test_the_weekend_beside_a_holiday_belongs_to_it() -> None:
    """The State Council's notice: National Day 2026 is off from 1 to 7 October, 20 September is worked."""
    special = {found.day: found for found in special_days(2026)}
    national_day = [day for day in special if day.month == 10 and not special[day].is_worked]
    assert national_day == [date(2026, 10, number) for number in range(1, 8)]
    assert special[date(2026, 10, 4)].name == "假期（与周末连休）"
    assert special[date(2026, 9, 20)].is_worked


def test_a_year_without_a_published_arrangement_says_so() -> None:
    assert is_official(2026)
    assert not is_official(2027)
    assert not [found for found in special_days(2027) if found.is_worked]
