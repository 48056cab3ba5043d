"""The life of a queue ticket and who is called first."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from lib_kernel import IllegalMove, move
from svc_booking.queue_ticket.domain import NEXT, Priority, QueueTicket, Status, format_number

NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)


def a_ticket(priority: Priority, drawn_at: datetime = NINE) -> QueueTicket:
    return QueueTicket.draw(
        number="B001",
        service_point="410422-HALL",
        service_point_name="叶县政务服务中心",
        group="business",
        person_id="p_a",
        appointment_id=None,
        item_code="410131016000",
        priority=priority,
        now=drawn_at,
    )


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def test_green_goes_before_booked_before_walk_in() -> None:
    drawn = [a_ticket(priority) for priority in (Priority.WALK_IN, Priority.BOOKED, Priority.GREEN)]
    called = [ticket.priority for ticket in sorted(drawn, key=lambda ticket: ticket.rank_at)]
    assert called == [Priority.GREEN, Priority.BOOKED, Priority.WALK_IN]


def test_a_walk_in_who_waits_long_enough_goes_before_everyone() -> None:
    walk_in = a_ticket(Priority.WALK_IN)
    later = a_ticket(Priority.GREEN, NINE + timedelta(minutes=61))
    assert walk_in.rank_at < later.rank_at


def test_a_recalled_ticket_keeps_its_old_place() -> None:
    ticket = a_ticket(Priority.BOOKED)
    rank = ticket.rank_at
    ticket.call("1号窗口", NINE)
    ticket.skip()
    ticket.recall()
    assert (ticket.status, ticket.rank_at, ticket.window) == (Status.WAITING, rank, None)


def test_numbers_have_the_letter_of_the_group() -> None:
    assert [format_number("business", 7), format_number("tax", 1000)] == ["B007", "T1000"]
