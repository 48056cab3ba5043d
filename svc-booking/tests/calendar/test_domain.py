"""Opening hours, exceptions and half hours."""

from datetime import date, datetime, time

import pytest

from lib_kernel import CITY_ZONE
from svc_booking.calendar.domain import (
    BadHours,
    CityCalendar,
    DayException,
    ExceptionKind,
    OpeningHours,
    PointCalendar,
    Source,
    SpecialDay,
    SpecialKind,
    city_of,
)
from svc_booking.calendar.seeding import source_of, state_days

MORNING, AFTERNOON = (time(9), time(12)), (time(13, 30), time(17))
OFFICE = OpeningHours({day: (MORNING, AFTERNOON) for day in ("mon", "tue", "wed", "thu", "fri")})
WEEKEND_HALL = OpeningHours({**OFFICE.weekly, "sat": (MORNING,)})
STATE = CityCalendar(
    {special.day: special for year in (2026, 2027) for special in state_days(year)},
    {year: source_of(year) for year in (2026, 2027)},
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026 in the city; the 4th is a Wednesday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY_ZONE)


def starts(
    hours: OpeningHours, day: date, exception: DayException | None = None, city: CityCalendar = STATE
) -> list[datetime]:
    calendar = PointCalendar(hours, city, {day: exception} if exception else {})
    return [found.starts_at for found in calendar.slot_times(day)]


def test_a_working_day_has_a_slot_for_each_half_hour_of_its_periods() -> None:
    found = starts(OFFICE, date(2026, 3, 4))
    assert (len(found), found[0], found[-1]) == (13, at(4, 9), at(4, 16, 30))


@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 10, 1)])
def test_weekends_and_holidays_have_no_slots(day: date) -> None:
    assert starts(OFFICE, day) == []


def test_a_worked_saturday_has_the_hours_of_a_monday() -> None:
    assert len(starts(OFFICE, date(2026, 2, 14))) == 13


def test_a_weekend_hall_opens_on_saturdays_but_not_inside_a_holiday() -> None:
    assert len(starts(WEEKEND_HALL, date(2026, 3, 7))) == 6
    # 21 February 2026 is the Saturday inside the Spring Festival.
    assert starts(WEEKEND_HALL, date(2026, 2, 21)) == []


def test_a_round_the_clock_hall_has_48_slots_even_on_a_holiday() -> None:
    assert len(starts(OpeningHours({}, always_open=True), date(2026, 10, 1))) == 48


def test_a_year_without_a_published_arrangement_is_by_rule_and_says_so() -> None:
    assert STATE(date(2027, 3, 3)).source is Source.BY_RULE
    assert STATE(date(2027, 10, 1)).is_public_holiday
    assert STATE(date(2026, 3, 4)).source is Source.OFFICIAL


def test_a_local_day_stands_above_the_states() -> None:
    day = date(2026, 3, 4)
    local = SpecialDay(day, SpecialKind.HOLIDAY, "本地假日", Source.LOCAL)
    assert starts(OFFICE, day, city=CityCalendar({day: local}, {})) == []


def test_exceptions_close_change_or_extend_a_day() -> None:
    day = date(2026, 3, 4)
    assert starts(OFFICE, day, DayException(day, ExceptionKind.CLOSED)) == []
    other = DayException(day, ExceptionKind.OTHER_HOURS, ((time(10), time(11)),))
    assert starts(OFFICE, day, other) == [at(4, 10), at(4, 10, 30)]
    longer = DayException(day, ExceptionKind.EXTENDED_HOURS, ((time(16, 30), time(18)),))
    calendar = PointCalendar(OFFICE, STATE, {day: longer})
    extended = [found.starts_at for found in calendar.slot_times(day) if found.is_extended]
    # 16:30 is within usual hours and does not count as extended.
    assert extended == [at(4, 17), at(4, 17, 30)]


@pytest.mark.parametrize(
    "periods", [(AFTERNOON, MORNING), ((time(9), time(9, 20)),), ((time(9), time(12)), (time(11), time(13)))]
)
def test_periods_out_of_order_overlapping_or_too_short_are_refused(
    periods: tuple[tuple[time, time], ...],
) -> None:
    with pytest.raises(BadHours):
        OpeningHours({"mon": periods})


def test_a_closed_day_has_no_periods_and_others_need_some() -> None:
    for kind, periods in ((ExceptionKind.CLOSED, (MORNING,)), (ExceptionKind.OTHER_HOURS, ())):
        with pytest.raises(BadHours):
            DayException(date(2026, 3, 4), kind, periods)


def test_the_city_is_in_the_first_four_digits_of_a_division() -> None:
    assert city_of("410422000000") == "410400000000"
