"""What is offered instead of a full slot."""

from datetime import datetime, timedelta

import pytest

from lib_kernel import CITY_ZONE, new_id
from svc_booking.slot.domain import (
    Free,
    FreeSlots,
    Place,
    Position,
    QuotaFull,
    Slot,
    SlotFull,
    SlotState,
    refusal,
)

TEN = datetime(2026, 3, 4, 10, tzinfo=CITY_ZONE)
HALF_HOUR = timedelta(minutes=30)
PLACES = {
    "CITY": Place("CITY", "市政务服务中心", "city_hall", Position(113.1927, 33.7661)),
    "COUNTY": Place("COUNTY", "新华区政务服务中心", "county_hall", Position(113.2940, 33.7375)),
    "TOWN": Place("TOWN", "焦店镇便民服务中心", "township_centre", Position(113.2310, 33.7440)),
    "BANK": Place("BANK", "新城区支行", "bank_outlet", Position(113.1850, 33.7650)),
    "FAR": Place("FAR", "汝州市政务服务中心", "county_hall", Position(112.8446, 34.1671)),
}
FULL = Slot(new_id(), "CITY", "市政务服务中心", "business", TEN)


def free(point: str, after: timedelta, places: int = 1) -> Free:
    return Free(new_id(), point, TEN + after, places)


def test_distance_is_as_the_crow_flies() -> None:
    assert PLACES["CITY"].km_to(PLACES["COUNTY"]) == pytest.approx(9.9, abs=0.3)
    assert PLACES["CITY"].km_to(PLACES["CITY"]) == 0


def test_alternatives_are_ranked_by_time_and_distance_over_all_kinds_of_points() -> None:
    everywhere = [free(point, timedelta()) for point in ("FAR", "COUNTY", "TOWN", "BANK")]
    later_here = [free("CITY", HALF_HOUR * number) for number in (1, 2, 3)]
    found = FreeSlots([*everywhere, *later_here]).nearest(FULL, PLACES)
    # The bank is around the corner, the town and the county hall a short ride; the far hall is out.
    assert [place.service_point for place in found] == ["BANK", "TOWN", "COUNTY", "CITY", "CITY"]


def test_at_most_two_alternatives_are_at_one_point_even_when_it_has_all_the_near_ones() -> None:
    many_here = [free("CITY", HALF_HOUR * number) for number in range(1, 100)]
    found = FreeSlots([*many_here, free("FAR", timedelta(days=1))]).nearest(FULL, PLACES)
    assert [place.service_point for place in found] == ["CITY", "CITY", "FAR"]


def test_a_group_is_offered_only_slots_with_room_for_all() -> None:
    found = FreeSlots([free("BANK", timedelta(), 2), free("TOWN", timedelta(), 3)]).nearest(
        FULL, PLACES, wanted=3
    )
    assert [place.service_point for place in found] == ["TOWN"]


def test_what_is_kept_for_others_says_when_it_is_for_all() -> None:
    kept = refusal(SlotState(2, False, TEN), 1, TEN - HALF_HOUR, [])
    assert isinstance(kept, QuotaFull)
    assert kept.facts["possible_at"] == TEN.isoformat()
    assert type(refusal(SlotState(0, False, TEN), 1, TEN - HALF_HOUR, [])) is SlotFull
    assert type(refusal(SlotState(0, False, None), 1, TEN, [])) is SlotFull
