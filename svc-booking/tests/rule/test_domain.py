"""Rules in layers, the booking window, and every refusal with when it will be possible."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from lib_kernel import CITY_ZONE, DomainError, new_id
from svc_booking.calendar.domain import CityCalendar, OpeningHours, PointCalendar
from svc_booking.calendar.seeding import state_days
from svc_booking.rule.domain import (
    AlreadyBooked,
    BookingClosed,
    BookingRule,
    DailyLimit,
    LateCancelBlock,
    Layer,
    NoShowBlock,
    NotOpenYet,
    PartyTooLarge,
    RescheduleLimit,
    Scope,
    Standing,
    Terms,
    resolve,
)

HOURS = OpeningHours(
    {day: ((time(9), time(12)), (time(13, 30), time(17))) for day in ("mon", "tue", "wed", "thu", "fri")}
)
CALENDAR = PointCalendar(HOURS, CityCalendar({day.day: day for day in state_days(2026)}, {}))
RULE = BookingRule()
CITY = "410400000000"


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """Return a moment of 2026 in the city; 4 March is a Wednesday."""
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_ZONE)


def possible_at(error: pytest.ExceptionInfo[DomainError]) -> Any:
    assert error.value.facts["rule"]
    return error.value.facts["possible_at"]


def test_the_window_reaches_to_the_end_of_the_next_opening_day() -> None:
    assert RULE.window(CALENDAR, at(6, 20)).closes == at(10, 0)


def test_the_next_day_opens_at_its_minute() -> None:
    rule = replace(RULE, opens_at=time(8))
    assert rule.window(CALENDAR, at(4, 7, 59)).closes == at(5, 0)
    assert rule.window(CALENDAR, at(4, 8)).closes == at(6, 0)


def test_the_window_is_counted_in_city_days() -> None:
    # 17:00 UTC is already the next day in the city.
    now = datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert replace(RULE, days_ahead=0).window(CALENDAR, now).closes == at(5, 0)


@pytest.mark.parametrize(
    ("slot", "opens"),
    [
        (at(6, 9), at(5, 8)),
        # Monday opens on Friday: the closed days between count as one with it.
        (at(9, 9), at(6, 8)),
        # 8 October follows the National Day holiday; 30 September is the opening day before.
        (at(8, 9, month=10), at(30, 8, month=9)),
    ],
)
def test_a_slot_too_far_ahead_says_when_it_opens(slot: datetime, opens: datetime) -> None:
    terms = Terms(replace(RULE, opens_at=time(8)), CALENDAR)
    assert terms.rule.opens_for(CALENDAR, slot.date()) == opens
    with pytest.raises(NotOpenYet) as refused:
        terms.check_time(slot, opens - timedelta(minutes=1))
    assert possible_at(refused) == opens.isoformat()
    terms.check_time(slot, opens)


def test_a_slot_about_to_begin_is_closed() -> None:
    with pytest.raises(BookingClosed) as refused:
        Terms(RULE, CALENDAR).check_time(at(4, 9, 4), at(4, 9))
    assert possible_at(refused) is None


def test_a_party_may_be_as_large_as_the_rule_says() -> None:
    terms = Terms(RULE, CALENDAR)
    terms.check_party(5)
    with pytest.raises(PartyTooLarge):
        terms.check_party(6)


def test_an_appointment_may_be_moved_as_often_as_the_rule_says() -> None:
    terms = Terms(RULE, CALENDAR)
    terms.check_reschedules(2)
    with pytest.raises(RescheduleLimit):
        terms.check_reschedules(3)


@pytest.mark.parametrize(
    ("standing", "refusal", "when"),
    [
        (Standing(no_shows=3, last_no_show_at=at(1, 9)), NoShowBlock, at(31, 9)),
        (Standing(late_cancels=3, last_late_cancel_at=at(2, 9)), LateCancelBlock, at(9, 9)),
        (Standing(open_id=new_id(), open_starts_at=at(5, 10)), AlreadyBooked, at(5, 10)),
        (Standing(on_day=2), DailyLimit, at(6, 0)),
    ],
)
def test_each_rule_that_stands_against_a_booking_says_when_it_will_not(
    standing: Standing, refusal: type[DomainError], when: datetime
) -> None:
    with pytest.raises(refusal) as refused:
        standing.check(RULE, at(5, 14), at(4, 9))
    assert possible_at(refused) == when.isoformat()


def test_a_block_ends_by_itself() -> None:
    Standing(no_shows=3, last_no_show_at=at(1, 9)).check(RULE, at(31, 14), at(31, 9))
    Standing(no_shows=2, last_no_show_at=at(1, 9)).check(RULE, at(5, 14), at(4, 9))


def test_the_closer_layer_wins_value_by_value() -> None:
    layers = [
        Layer(Scope(CITY, service_point="410422-HALL"), {"per_day": 9}),
        Layer(Scope(CITY), {"per_day": 1, "days_ahead": 7, "gone": 1}),
        Layer(Scope(CITY, point_kind="county_hall", group="tax"), {"per_day": 4, "largest_party": 2}),
    ]
    rule = resolve(layers)
    assert (rule.per_day, rule.days_ahead, rule.largest_party) == (9, 7, 2)


def test_a_layer_covers_what_it_names_and_all_it_leaves_out() -> None:
    scope = Scope(CITY, point_kind="county_hall")
    assert scope.covers(CITY, "county_hall", "410422-HALL", "tax")
    assert not scope.covers(CITY, "bank_outlet", "B001", "tax")
    assert not scope.covers("410100000000", "county_hall", "410422-HALL", "tax")


def test_parts_of_a_slot_are_kept_in_whole_places() -> None:
    rule = replace(RULE, green_share=0.1, channel_shares={"bank": 0.25, "kiosk": 0.01})
    assert rule.reserved(12) == {"green": 1, "bank": 3}
    assert RULE.reserved(12) == {}


def test_days_are_dates_of_the_city() -> None:
    assert RULE.opens_for(CALENDAR, date(2026, 3, 5)) == at(4, 0)
