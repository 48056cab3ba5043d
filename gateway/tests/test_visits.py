"""People are counted once a day, over all replicas."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from nats.aio.client import Client

from gateway.visits import Visits
from lib_messaging import stop_tasks
from lib_testing import FixedClock


@asynccontextmanager
async def counting(broker: Client, clock: FixedClock) -> AsyncGenerator[Visits]:
    visits = Visits(broker, clock)
    writing = asyncio.create_task(visits.write())
    yield visits
    await stop_tasks([writing])


async def settled(visits: Visits, registered: int) -> None:
    async with asyncio.timeout(10):
        while await visits.registered() < registered:
            pass


async def test_a_person_counts_once_a_day_on_whichever_replica(broker: Client, clock: FixedClock) -> None:
    async with counting(broker, clock) as one, counting(broker, clock) as two:
        for replica in (one, two, one):
            replica.note("p_a")
        two.note("p_b")
        await settled(one, 2)
        clock.advance(timedelta(days=1))
        one.note("p_a")
        one.note("p_c")
        await settled(two, 3)
        assert sorted((await two.daily()).values()) == [2, 2]
        assert await two.registered() == 3


async def test_nobody_came_yet(broker: Client, clock: FixedClock) -> None:
    visits = Visits(broker, clock)
    assert (await visits.registered(), await visits.daily()) == (0, {})
