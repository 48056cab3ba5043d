"""Rules of a hall."""

from datetime import UTC, datetime, timedelta

import pytest

from svc_booking.hall_policy.domain import HallPolicy, PolicyContradicts
from svc_booking.hall_policy.schemas import HallPolicyBody

TEN = datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_late_begins_right_after_the_time_that_is_given() -> None:
    policy = HallPolicy(late=timedelta(minutes=10))
    assert not policy.is_late(TEN, TEN + timedelta(minutes=10))
    assert policy.is_late(TEN, TEN + timedelta(minutes=10, seconds=1))


def test_nobody_is_a_no_show_before_they_are_late() -> None:
    with pytest.raises(PolicyContradicts):
        HallPolicy(late=timedelta(minutes=61))


def test_rules_survive_the_way_out_and_in() -> None:
    assert HallPolicyBody.of(HallPolicy()).policy() == HallPolicy()
