"""Calls to a partner: none lost, none out of order, none that holds up another; by a clock that is moved."""

import asyncio
import random
from datetime import timedelta
from itertools import pairwise

import pytest
from gateway_bank import FakeBank, Hours, enqueue, give_webhook, parts_of
from gateway_city import City
from gateway_replica import eventually

from gateway.parts import Parts
from gateway.webhook.courier import Courier
from gateway.webhook.domain import FAILURES_TO_REST, RetryPolicy
from gateway.webhook.journal import Journal

PARTNER = "psbc"
SETTINGS = {
    "webhook_first_retry": timedelta(seconds=5),
    "webhook_longest_retry": timedelta(hours=1),
    "webhook_rest": timedelta(minutes=1),
}


class Desk:
    """A partner's queue with a courier that can be killed and replaced."""

    def __init__(self, city: City, **changes: timedelta) -> None:
        self.clock = Hours()
        city.settings = city.settings.model_copy(update={**SETTINGS, **changes})
        self.parts: Parts = parts_of(city, self.clock)
        self.bank = FakeBank()
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        """Return a courier that remembers nothing, as after a kill."""
        self.courier = self.parts.courier(self.bank)(PARTNER)
        return self.courier

    async def waiting(self) -> int:
        """Return how many calls wait."""
        return sum((await self.parts.queue.businesses(PARTNER)).values())

    async def work_until_empty(self, most: int = 3000) -> None:
        """Sweep, and move the clock to what is due next, until nothing waits."""
        for _ in range(most):
            wait = await self.courier.sweep()
            if not await self.waiting():
                return
            self.clock.shift += max(timedelta(seconds=wait or 0), timedelta(milliseconds=1))
        raise AssertionError("the queue never became empty")


@pytest.fixture
async def desk(city: City) -> Desk:
    """Return the desk of a partner that is called."""
    await give_webhook(city.parts, PARTNER)
    return Desk(city)


async def test_calls_go_out_in_order_and_leave_the_queue(desk: Desk) -> None:
    expected = await enqueue(desk.parts, PARTNER, 3, 4)
    assert await desk.courier.sweep() is None
    assert desk.bank.ledger.effects == expected
    assert await desk.waiting() == 0
    attempts = await Journal(desk.parts.client).attempts(PARTNER, expected[next(iter(expected))][0], None)
    assert [attempt["outcome"] for attempt in attempts] == ["delivered"]


async def test_a_partner_that_is_down_for_an_hour_gets_everything_in_order_once_in_effect(desk: Desk) -> None:
    desk.bank.is_down = True
    expected = await enqueue(desk.parts, PARTNER, 5, 6)
    end = desk.clock.now() + timedelta(hours=1)
    while desk.clock.now() < end:
        wait = await desk.courier.sweep()
        desk.clock.shift += timedelta(seconds=max(wait or 0, 0.001))
    assert desk.bank.ledger.calls < 120  # It was left alone, not hammered.
    assert await desk.waiting() == 30
    desk.bank.is_down = False
    before = desk.clock.now()
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected
    assert desk.clock.now() - before <= timedelta(minutes=2)  # Once it is back, nothing waits out its pause.


async def test_a_worker_killed_at_any_point_loses_nothing(desk: Desk) -> None:
    chance = random.Random(7)  # noqa: S311 - makes a test repeatable
    desk.bank.answer = lambda call: chance.choice([204, 204, 500, 599])
    expected = await enqueue(desk.parts, PARTNER, 4, 5)
    for _ in range(12):
        sweeping = asyncio.create_task(desk.courier.sweep())
        for _ in range(chance.randint(1, 60)):
            await asyncio.sleep(0)
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        desk.new_courier()
        desk.clock.shift += timedelta(seconds=30)
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected
    assert desk.bank.ledger.is_in_order


async def test_pauses_and_attempts_survive_a_restart(desk: Desk) -> None:
    desk.bank.answer = lambda call: 500
    await enqueue(desk.parts, PARTNER, 1, 1)
    first = await desk.courier.sweep()
    assert first is not None
    assert await desk.new_courier().sweep() == pytest.approx(first, abs=1.0)
    assert desk.bank.ledger.calls == 1  # Not due yet, also for the new worker.
    desk.clock.shift += timedelta(seconds=first)
    second = await desk.new_courier().sweep()
    assert second is not None
    assert second > first * 1.4
    assert [retry.attempts for retry in (await desk.parts.queue.retries(PARTNER)).values()] == [2]


async def test_one_business_that_fails_holds_up_only_itself(desk: Desk) -> None:
    expected = await enqueue(desk.parts, PARTNER, 3, 3)
    bad = sorted(expected)[0]
    desk.bank.answer = lambda call: 422 if call.business == bad else 204
    await desk.courier.sweep()
    assert {name: ids for name, ids in expected.items() if name != bad} == desk.bank.ledger.effects
    assert await desk.waiting() == 3
    desk.bank.answer = lambda call: 204
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected


async def test_a_resting_partner_is_tried_with_one_call_at_a_time(desk: Desk) -> None:
    desk.bank.is_down = True
    await enqueue(desk.parts, PARTNER, 40, 1)
    wait = await desk.courier.sweep()
    calls = desk.bank.ledger.calls
    assert FAILURES_TO_REST <= calls < 20
    assert wait is not None
    desk.clock.shift += timedelta(seconds=wait)
    await desk.courier.sweep()
    assert desk.bank.ledger.calls == calls + 1


async def test_a_partner_with_a_new_address_does_not_wait_for_the_old_one(desk: Desk, city: City) -> None:
    desk.bank.is_down = True
    expected = await enqueue(desk.parts, PARTNER, 6, 2)
    assert await desk.courier.sweep() is not None
    desk.bank.is_down = False
    await give_webhook(city.parts, PARTNER, "http://bank.example/other")
    assert await desk.courier.sweep() is None
    assert desk.bank.ledger.effects == expected


async def test_after_a_day_calls_become_dead_letters_and_people_are_told_once(desk: Desk, city: City) -> None:
    desk = Desk(city, webhook_rest=timedelta(hours=1))
    desk.bank.answer = lambda call: 500
    expected = await enqueue(desk.parts, PARTNER, 3, 4)
    await desk.work_until_empty()
    dead = await desk.parts.journal.dead(PARTNER)
    assert len(dead) == 12
    assert {letter["event_id"] for letter in dead} == {one for ids in expected.values() for one in ids}
    notices = await desk.parts.notices.all()
    assert [(notice["partner"], notice["kind"]) for notice in notices].count((PARTNER, "given-up")) <= 2
    days = {notice["at"][:10] for notice in notices}
    assert len(notices) == len(days)  # One a day at most.


async def test_dead_letters_are_replayed_in_their_order(desk: Desk, city: City) -> None:
    desk = Desk(city, webhook_rest=timedelta(hours=1))
    desk.bank.answer = lambda call: 500
    expected = await enqueue(desk.parts, PARTNER, 2, 3)
    await desk.work_until_empty()
    desk.bank.answer = lambda call: 204
    assert await desk.parts.journal.replay(PARTNER, desk.parts.queue) == 6
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected
    assert await desk.parts.journal.count_dead(PARTNER) == 0
    assert await desk.parts.journal.replay(PARTNER, desk.parts.queue) == 0


async def test_410_ends_the_subscription_and_the_events_can_still_be_polled(desk: Desk, city: City) -> None:
    desk.bank.answer = lambda call: 410
    await enqueue(desk.parts, PARTNER, 1, 3)
    await desk.courier.sweep()
    assert await desk.waiting() == 0
    partner, _ = await desk.parts.partners.get(PARTNER)
    assert partner.webhook is not None
    assert partner.webhook.ended == "410"
    assert len(await desk.parts.events.page(PARTNER, 0, 10)) == 3

    async def is_known() -> bool:
        return not city.parts.registry.partners[PARTNER].is_called

    await eventually(is_known)
    await enqueue(desk.parts, PARTNER, 2, 1)
    assert await desk.courier.sweep() is None
    assert await desk.waiting() == 0


async def test_a_suspended_partner_is_not_called_and_nothing_is_lost(desk: Desk, city: City) -> None:
    await desk.parts.partners.change(PARTNER, lambda found: found.suspended("审计"), action="t", by="t")

    async def is_known() -> bool:
        return city.parts.registry.partners[PARTNER].is_suspended

    await eventually(is_known)
    expected = await enqueue(desk.parts, PARTNER, 2, 2)
    assert await desk.courier.sweep() is None
    assert desk.bank.ledger.calls == 0
    await desk.parts.partners.change(PARTNER, lambda found: found.reinstated(), action="t", by="t")

    async def is_back() -> bool:
        return not city.parts.registry.partners[PARTNER].is_suspended

    await eventually(is_back)
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected


async def test_an_event_given_twice_is_queued_and_kept_once(desk: Desk) -> None:
    first = await enqueue(desk.parts, PARTNER, 1, 2)
    assert await enqueue(desk.parts, PARTNER, 1, 2) == first
    assert await desk.waiting() == 2
    assert len(await desk.parts.events.page(PARTNER, 0, 10)) == 2


async def test_a_flaky_receiver_loses_nothing_and_sees_nothing_out_of_order(desk: Desk) -> None:
    chance = random.Random(11)  # noqa: S311 - makes a test repeatable
    # Half the calls fail, some after the bank worked on the event, some by a timeout's status.
    desk.bank.answer = lambda call: chance.choice([204, 204, 204, 500, 503, 599, 302])
    expected = await enqueue(desk.parts, PARTNER, 20, 15)
    await desk.work_until_empty()
    assert desk.bank.ledger.effects == expected
    assert desk.bank.ledger.calls > 300
    assert await desk.parts.journal.count_dead(PARTNER) == 0


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy()
    pauses = [policy.pause(attempts).total_seconds() for attempts in range(1, 16)]
    assert 4 <= pauses[0] <= 6
    assert all(later < earlier * 2.8 for earlier, later in pairwise(pauses))
    assert max(pauses) <= 3600 * 1.15
    assert policy.give_up == timedelta(hours=24)
