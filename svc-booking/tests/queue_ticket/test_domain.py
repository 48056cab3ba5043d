"""The life of a queue ticket and who is called first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_kernel import IllegalMove, move, new_id
from svc_booking.queue_ticket.domain import (
    HEAD_START,
    NEXT,
    Closing,
    Errand,
    Place,
    Priority,
    QueueTicket,
    SkippedTooOften,
    Status,
    TransferToNowhere,
    city_day,
    format_number,
    letter,
)

NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)
PLACE = Place("410422-HALL", "叶县政务服务中心", "business")


def a_ticket(
    priority: Priority = Priority.WALK_IN, drawn_at: datetime = NINE, appointment_id: UUID | None = None
) -> QueueTicket:
    errand = Errand("p_a", ("410131016000", "410131017000"), priority, appointment_id)
    return QueueTicket.draw("A001", PLACE, errand, drawn_at)


def a_called_ticket() -> QueueTicket:
    ticket = a_ticket()
    ticket.call("1号窗口", NINE)
    return ticket


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


VERBS: dict[str, tuple[Callable[[QueueTicket], None], set[Status]]] = {
    "call": (lambda t: t.call("2号窗口", NINE), {Status.WAITING, Status.TRANSFERRED}),
    "call_again": (lambda t: t.call_again(), {Status.CALLED}),
    "start": (lambda t: t.start(NINE), {Status.CALLED}),
    "skip": (lambda t: t.skip(), {Status.CALLED}),
    "come_back": (lambda t: t.come_back(3), {Status.SKIPPED}),
    "transfer": (lambda t: t.transfer("tax", None), {Status.CALLED, Status.SERVING}),
    "finish": (lambda t: t.finish(NINE), {Status.SERVING}),
    "leave": (lambda t: t.leave(NINE), {Status.WAITING, Status.TRANSFERRED, Status.SKIPPED}),
    "close": (lambda t: t.close(NINE), set(Status) - {Status.FINISHED, Status.CLOSED}),
}


@pytest.mark.parametrize(("verb", "current"), list(product(VERBS, Status)))
def test_each_verb_works_from_the_states_it_is_meant_for_and_no_other(verb: str, current: Status) -> None:
    act, allowed = VERBS[verb]
    ticket = a_ticket()
    ticket.status = current
    if current in allowed:
        act(ticket)
    else:
        with pytest.raises(IllegalMove):
            act(ticket)
        assert ticket.status is current


def test_green_goes_before_booked_before_walk_in() -> None:
    drawn = [a_ticket(priority) for priority in (Priority.WALK_IN, Priority.BOOKED, Priority.GREEN)]
    called = [ticket.priority for ticket in sorted(drawn, key=lambda ticket: ticket.rank_at)]
    assert called == [Priority.GREEN, Priority.BOOKED, Priority.WALK_IN]


@given(
    mine=st.sampled_from(Priority),
    later=st.lists(st.tuples(st.sampled_from(Priority), st.integers(0, 600)), max_size=30),
)
def test_nobody_starves_whoever_comes_later(mine: Priority, later: list[tuple[Priority, int]]) -> None:
    """Only those who come within the largest head start after me can ever be called before me."""
    ticket = a_ticket(mine)
    others = [a_ticket(priority, NINE + timedelta(minutes=minutes)) for priority, minutes in later]
    longest = max(HEAD_START.values())
    for other in others:
        if other.rank_at < ticket.rank_at:
            assert other.drawn_at - ticket.drawn_at < longest - HEAD_START[mine]


def test_a_number_stands_for_several_items_and_the_first_leads() -> None:
    ticket = a_ticket()
    assert (ticket.item_code, ticket.item_codes) == ("410131016000", ["410131016000", "410131017000"])


def test_the_day_of_a_number_is_the_citys() -> None:
    assert city_day(datetime(2026, 3, 4, 17, tzinfo=UTC)).isoformat() == "2026-03-05"


def test_a_number_that_comes_back_keeps_its_old_place() -> None:
    ticket = a_called_ticket()
    rank = ticket.rank_at
    ticket.skip()
    ticket.come_back(max_skips=1)
    assert (ticket.status, ticket.rank_at, ticket.window) == (Status.WAITING, rank, None)


def test_a_number_that_was_skipped_too_often_does_not_come_back() -> None:
    ticket = a_called_ticket()
    ticket.skip()
    ticket.come_back(max_skips=1)
    ticket.call("1号窗口", NINE)
    ticket.skip()
    with pytest.raises(SkippedTooOften):
        ticket.come_back(max_skips=1)


def test_a_transferred_number_waits_for_the_window_with_its_old_rank() -> None:
    ticket = a_called_ticket()
    ticket.start(NINE)
    rank = ticket.rank_at
    ticket.transfer("tax", "3号窗口")
    assert (ticket.status, ticket.group, ticket.wanted_window, ticket.window) == (
        Status.TRANSFERRED,
        "tax",
        "3号窗口",
        None,
    )
    assert ticket.rank_at == rank


@pytest.mark.parametrize(("group", "window"), [("business", None), ("business", "1号窗口")])
def test_a_transfer_to_where_the_number_is_is_refused(group: str, window: str | None) -> None:
    with pytest.raises(TransferToNowhere):
        a_called_ticket().transfer(group, window)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.WAITING, Closing.UNSERVED),
        (Status.TRANSFERRED, Closing.UNSERVED),
        (Status.SKIPPED, Closing.MISSED_CALL),
        (Status.CALLED, Closing.MISSED_CALL),
        (Status.SERVING, Closing.NOT_FINISHED),
    ],
)
def test_the_end_of_the_day_says_why_a_number_was_closed(status: Status, why: Closing) -> None:
    ticket = a_ticket()
    ticket.status = status
    ticket.close(NINE)
    assert (ticket.status, ticket.closing) == (Status.CLOSED, why)


def test_more_groups_than_letters_get_two_letters() -> None:
    assert [letter(n) for n in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    assert len({letter(n) for n in range(1000)}) == 1000


def test_numbers_have_three_digits_or_more() -> None:
    assert [format_number("B", 7), format_number("AA", 1000)] == ["B007", "AA1000"]


def test_each_ticket_has_an_id_of_its_own() -> None:
    appointment = new_id()
    assert a_ticket(appointment_id=appointment).id != a_ticket(appointment_id=appointment).id
