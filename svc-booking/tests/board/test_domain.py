"""How long people are told they will wait."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_booking.board.domain import (
    LONGEST_SERVICE,
    SHORTEST_SERVICE,
    USUAL_SERVICE,
    OpenWindow,
    Queued,
    Standing,
    pace_of,
    standings,
    wait_of_next,
)

NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
PACE = {"business": TEN_MINUTES, "tax": timedelta(minutes=4)}


def queue(*groups: str) -> list[Queued]:
    return [Queued(UUID(int=number), group) for number, group in enumerate(groups, start=1)]


def window(name: str, *groups: str, busy: timedelta | None = None) -> OpenWindow:
    since = (groups[0], NINE - busy) if busy is not None else (None, None)
    return OpenWindow(name, frozenset(groups), *since)


def told(found: dict[UUID, Standing]) -> list[tuple[int, int | None]]:
    return [(standing.ahead, standing.minutes) for standing in found.values()]


def minutes(*lengths: float) -> list[timedelta]:
    return [timedelta(minutes=length) for length in lengths]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ([], USUAL_SERVICE),
        (minutes(1, 2), USUAL_SERVICE),
        (minutes(5, 6, 7), timedelta(minutes=6)),
        (minutes(5, 6, 7, 480, 6), timedelta(minutes=6)),
        (minutes(0, 0, 0.1), SHORTEST_SERVICE),
        (minutes(200, 200, 300), LONGEST_SERVICE),
    ],
)
def test_the_pace_is_the_median_of_recent_services_within_bounds(
    services: list[timedelta], expected: timedelta
) -> None:
    assert pace_of(services) == expected


def test_only_the_last_services_count() -> None:
    assert pace_of([*minutes(*[5] * 20), *minutes(*[50] * 40)]) == timedelta(minutes=5)


def test_a_free_window_means_no_wait_and_the_next_waits_one_service() -> None:
    found = standings(queue("business", "business"), [window("1", "business")], PACE, NINE)
    assert told(found) == [(0, 0), (1, 10)]


def test_two_windows_halve_the_wait() -> None:
    windows = [window("1", "business", busy=timedelta(minutes=4)), window("2", "business", busy=timedelta(0))]
    found = standings(queue(*["business"] * 3), windows, PACE, NINE)
    assert told(found) == [(0, 6), (1, 10), (2, 16)]


def test_a_service_that_takes_long_is_expected_to_end_soon_and_not_in_the_past() -> None:
    windows = [window("1", "business", busy=timedelta(minutes=50))]
    assert told(standings(queue("business"), windows, PACE, NINE)) == [(0, 3)]


def test_without_an_open_window_nobody_is_told_minutes() -> None:
    assert told(standings(queue("business", "business"), [], PACE, NINE)) == [(0, None), (1, None)]


def test_groups_with_windows_of_their_own_do_not_wait_for_each_other() -> None:
    windows = [window("1", "business"), window("2", "tax")]
    found = standings(queue("business", "tax", "tax"), windows, PACE, NINE)
    assert told(found) == [(0, 0), (0, 0), (1, 4)]


def test_groups_at_one_window_wait_for_each_other_in_the_order_of_their_ranks() -> None:
    found = standings(queue("tax", "business", "tax"), [window("1", "business", "tax")], PACE, NINE)
    assert told(found) == [(0, 0), (1, 4), (2, 14)]


def test_a_number_that_wants_one_window_waits_for_that_one() -> None:
    wanted = Queued(UUID(int=1), "business", "2")
    windows = [window("1", "business"), window("2", "business", busy=timedelta(minutes=2))]
    found = standings([wanted, *queue("tax", "business")[1:]], windows, PACE, NINE)
    assert (found[UUID(int=1)].minutes, found[UUID(int=2)].minutes) == (8, 0)


def test_someone_who_comes_now_waits_for_all_before() -> None:
    wait = wait_of_next("business", queue("business", "business"), [window("1", "business")], PACE, NINE)
    assert wait == timedelta(minutes=20)


@given(
    groups=st.lists(st.sampled_from(["business", "tax"]), max_size=25),
    windows=st.lists(
        st.sets(st.sampled_from(["business", "tax"]), min_size=1).map(frozenset), min_size=1, max_size=5
    ),
)
def test_within_a_group_who_is_before_never_waits_longer(
    groups: list[str], windows: list[frozenset[str]]
) -> None:
    open_windows = [OpenWindow(str(n), served) for n, served in enumerate(windows)]
    waiting = queue(*groups)
    found = standings(waiting, open_windows, PACE, NINE)
    assert set(found) == {queued.ticket_id for queued in waiting}
    for group in ("business", "tax"):
        waits = [found[queued.ticket_id].wait for queued in waiting if queued.group == group]
        if any(group in served for served in windows):
            known = [wait for wait in waits if wait is not None]
            assert len(known) == len(waits)
            assert known == sorted(known)
        else:
            assert waits == [None] * len(waits)
