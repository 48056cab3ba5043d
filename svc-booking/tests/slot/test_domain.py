"""Opening hours, half hours and the booking window."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from lib_kernel import CITY_ZONE, new_id
from svc_booking.slot.calendar import state_calendar
from svc_booking.slot.domain import (
    BookingClosed,
    BookingWindow,
    DayKind,
    OpeningHours,
    Slot,
    booking_window,
)

OFFICE = OpeningHours(
    {day: ((time(9), time(12)), (time(13, 30), time(17))) for day in ("mon", "tue", "wed", "thu", "fri")}
)
ROUND_THE_CLOCK = OpeningHours({}, always_open=True)
CLOSES_BEFORE = timedelta(minutes=5)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026 in the city; the 4th is a Wednesday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY_ZONE)


def a_slot(starts_at: datetime) -> Slot:
    return Slot(new_id(), "410422-HALL", "叶县政务服务中心", "business", starts_at)


def test_a_working_day_has_a_slot_for_each_half_hour_of_its_periods() -> None:
    day = date(2026, 3, 4)
    starts = list(OFFICE.slot_starts(day, state_calendar(day)))
    assert len(starts) == 6 + 7
    assert starts[0] == at(4, 9)
    assert starts[-1] == at(4, 16, 30)


@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 10, 1)])
def test_weekends_and_holidays_have_no_slots(day: date) -> None:
    assert list(OFFICE.slot_starts(day, state_calendar(day))) == []


def test_a_worked_saturday_has_the_hours_of_a_monday() -> None:
    saturday = DayKind(weekday=5, is_public_holiday=False, is_make_up_workday=True)
    assert len(list(OFFICE.slot_starts(date(2026, 2, 14), saturday))) == 13


def test_a_round_the_clock_hall_has_48_slots_even_on_a_holiday() -> None:
    day = date(2026, 10, 1)
    assert len(list(ROUND_THE_CLOCK.slot_starts(day, state_calendar(day)))) == 48


def test_the_window_reaches_to_the_end_of_the_next_opening_day() -> None:
    friday_evening = at(6, 20)
    window = booking_window(OFFICE, state_calendar, friday_evening, days_ahead=1, closes_before=CLOSES_BEFORE)
    assert window.closes == at(10, 0)
    window.check(a_slot(at(9, 16, 30)))


@pytest.mark.parametrize("starts_at", [at(4, 9, 4), at(5, 0)])
def test_slots_outside_the_window_cannot_be_booked(starts_at: datetime) -> None:
    window = BookingWindow(at(4, 9, 5), at(5, 0))
    with pytest.raises(BookingClosed):
        window.check(a_slot(starts_at))


def test_the_window_is_counted_in_city_days() -> None:
    # 17:00 UTC is already the next day in the city.
    now = datetime(2026, 3, 3, 17, tzinfo=UTC)
    window = booking_window(OFFICE, state_calendar, now, days_ahead=0, closes_before=CLOSES_BEFORE)
    assert window.closes == at(5, 0)
