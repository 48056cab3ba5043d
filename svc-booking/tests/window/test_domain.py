"""The life of a window and who may work at it."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest

from lib_kernel import IllegalMove, move
from svc_booking.window.domain import NEXT, Status, Window, WindowPaused, WindowTaken

NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)


def a_window(status: Status = Status.CLOSED, clerk: str | None = None) -> Window:
    return Window("410422-HALL", "1号窗口", status, clerk)


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


VERBS: dict[str, tuple[Callable[[Window], None], set[Status]]] = {
    "open": (lambda w: w.open("s_a", NINE), {Status.CLOSED}),
    "pause": (lambda w: w.pause("s_a", "午餐", NINE), {Status.OPEN}),
    "resume": (lambda w: w.resume("s_a", NINE), {Status.PAUSED}),
    "close": (lambda w: w.close(NINE), {Status.OPEN, Status.PAUSED}),
}


@pytest.mark.parametrize(("verb", "current"), list(product(VERBS, Status)))
def test_each_verb_works_from_the_states_it_is_meant_for_and_no_other(verb: str, current: Status) -> None:
    act, allowed = VERBS[verb]
    window = a_window(current, None if current is Status.CLOSED else "s_a")
    if current in allowed:
        act(window)
    else:
        with pytest.raises(IllegalMove):
            act(window)
        assert window.status is current


@pytest.mark.parametrize("verb", ["open", "pause", "resume"])
def test_another_clerks_window_is_left_alone(verb: str) -> None:
    with pytest.raises(WindowTaken):
        VERBS[verb][0](a_window(Status.OPEN, "s_b"))


def test_a_clerk_who_calls_from_a_closed_window_opens_it() -> None:
    window = a_window()
    assert window.ready_for("s_a", NINE)
    assert not window.ready_for("s_a", NINE)
    assert (window.status, window.clerk) == (Status.OPEN, "s_a")
    with pytest.raises(WindowTaken):
        window.ready_for("s_b", NINE)


def test_a_paused_window_says_why_it_does_not_call() -> None:
    window = a_window(Status.OPEN, "s_a")
    window.pause("s_a", "设备检修", NINE)
    with pytest.raises(WindowPaused) as refused:
        window.ready_for("s_a", NINE)
    assert refused.value.facts["reason"] == "设备检修"
    window.resume("s_a", NINE)
    assert window.reason is None
