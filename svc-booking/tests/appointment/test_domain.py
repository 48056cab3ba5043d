"""The life of an appointment."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from lib_kernel import CITY_ZONE, IllegalMove, move, new_id
from svc_booking.appointment.domain import (
    NEXT,
    Appointment,
    CheckInNotOpen,
    OtherGroup,
    SameSlot,
    Status,
    Wish,
    WrongPoint,
    reminders_for,
)
from svc_booking.slot.domain import Slot

TEN = datetime(2026, 3, 4, 10, tzinfo=CITY_ZONE)
HOUR = timedelta(hours=1)


def an_appointment(starts_at: datetime = TEN) -> Appointment:
    slot = Slot(new_id(), "410422-HALL", "叶县政务服务中心", "business", starts_at)
    return Appointment.in_slot(slot, Wish("p_a", "mobile", ("410131016000",)), starts_at - 20 * HOUR)


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def test_check_in_is_open_from_an_hour_before_to_half_an_hour_after() -> None:
    for moment in (TEN - HOUR, TEN + HOUR / 2):
        appointment = an_appointment()
        appointment.check_in("410422-HALL", moment, early=HOUR, late=HOUR / 2)
        assert appointment.status is Status.CHECKED_IN


@pytest.mark.parametrize("moment", [TEN - HOUR - timedelta(seconds=1), TEN + timedelta(minutes=31)])
def test_coming_too_early_or_too_late_is_refused(moment: datetime) -> None:
    with pytest.raises(CheckInNotOpen):
        an_appointment().check_in("410422-HALL", moment, early=HOUR, late=HOUR / 2)


def test_check_in_elsewhere_is_refused_with_the_right_place() -> None:
    with pytest.raises(WrongPoint, match="叶县政务服务中心"):
        an_appointment().check_in("410402-HALL", TEN, early=HOUR, late=HOUR)


def test_a_cancelled_appointment_cannot_be_checked_in() -> None:
    appointment = an_appointment()
    appointment.cancel(TEN - 20 * HOUR, late_before=HOUR)
    with pytest.raises(IllegalMove):
        appointment.check_in("410422-HALL", TEN, early=HOUR, late=HOUR)


@pytest.mark.parametrize(
    ("before", "expected"), [(30 * HOUR, ["day", "hour"]), (5 * HOUR, ["hour"]), (HOUR / 2, [])]
)
def test_only_reminders_that_lie_ahead_are_made(before: timedelta, expected: list[str]) -> None:
    assert [r.ahead for r in reminders_for(an_appointment(), TEN - before)] == expected


def test_a_cancellation_shortly_before_the_slot_is_late() -> None:
    for before, is_late in ((3 * HOUR, False), (HOUR, True)):
        appointment = an_appointment()
        appointment.cancel(TEN - before, late_before=2 * HOUR)
        assert appointment.is_late_cancel is is_late


def test_an_appointment_moves_only_within_its_group_and_only_while_it_is_open() -> None:
    appointment = an_appointment()
    later = Slot(new_id(), "410402-HALL", "新华区政务服务中心", "business", TEN + HOUR)
    with pytest.raises(OtherGroup):
        appointment.move_to(replace(later, group="tax"), 1)
    with pytest.raises(SameSlot):
        appointment.move_to(replace(later, id=appointment.slot_id), 1)
    appointment.move_to(later, 1)
    assert (appointment.starts_at, appointment.service_point) == (TEN + HOUR, "410402-HALL")
    assert appointment.reschedules == 1
    appointment.miss()
    with pytest.raises(IllegalMove):
        appointment.move_to(replace(later, id=new_id()), 1)
