"""Outbox, relay, inbox and dead letters, on a real database and a real broker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client
from sqlalchemy import Column, MetaData, Table, Text, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from lib_contracts.catalog import ItemPublished
from lib_db import Sessions, make_engine, make_sessions
from lib_messaging import (
    Consumer,
    Envelope,
    InboxProcessor,
    Relay,
    SqlUnitOfWork,
    consume,
    message_tables,
    on,
    replay_dead_letters,
    stop_tasks,
    wrap,
)

METADATA = MetaData()
TABLES = message_tables(METADATA)
seen = Table("seen", METADATA, Column("code", Text))


class Work(SqlUnitOfWork):
    """A unit of work with one table of its own."""

    source = "test"
    tables = TABLES


@pytest_asyncio.fixture
async def engine(empty_database: str) -> AsyncGenerator[AsyncEngine]:
    """Return an engine on a fresh database with the message tables."""
    engine = make_engine(empty_database)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    """Return sessions on it."""
    return make_sessions(engine)


async def count(sessions: Sessions, table: Table) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def publish(sessions: Sessions, *codes: str) -> None:
    async with Work(sessions) as uow:
        for code in codes:
            uow.outbox.add(ItemPublished(item_code=code, item_version=1))
        await uow.commit()


@on(ItemPublished, durable="test-note")
async def note(event: ItemPublished, *, uow: SqlUnitOfWork) -> None:
    await uow.session.execute(seen.insert().values(code=event.item_code))


@on(ItemPublished, durable="test-fail")
async def fail(event: ItemPublished, *, uow: SqlUnitOfWork, failing: set[str], tried: asyncio.Event) -> None:
    await uow.session.execute(seen.insert().values(code=event.item_code))
    tried.set()
    if event.item_code in failing:
        raise RuntimeError("it does not work yet")


@asynccontextmanager
async def consuming(
    broker: Client, consumer: Consumer, sessions: Sessions, **more: Any
) -> AsyncGenerator[None]:
    processor = InboxProcessor(consumer, lambda: Work(sessions))
    loop = consume(broker, [consumer.event.type], consumer.durable, processor, **more)
    task = asyncio.create_task(loop)
    try:
        yield
    finally:
        await stop_tasks([task])


async def eventually(sessions: Sessions, table: Table, wanted: int) -> None:
    for _ in range(400):
        if await count(sessions, table) == wanted:
            return
        await asyncio.sleep(0.025)
    assert await count(sessions, table) == wanted


async def test_a_rolled_back_command_leaves_no_event(sessions: Sessions) -> None:
    async with Work(sessions) as uow:
        uow.outbox.add(ItemPublished(item_code="1", item_version=1))
    assert await count(sessions, TABLES.outbox) == 0


async def test_a_commit_nudges_only_when_there_are_events(sessions: Sessions) -> None:
    nudged: list[int] = []
    async with Work(sessions, nudge=lambda: nudged.append(1)) as uow:
        await uow.commit()
    assert nudged == []
    async with Work(sessions, nudge=lambda: nudged.append(1)) as uow:
        uow.outbox.add(ItemPublished(item_code="1", item_version=1))
        await uow.commit()
    assert nudged == [1]


async def test_events_reach_their_consumer_once(
    engine: AsyncEngine, sessions: Sessions, broker: Client
) -> None:
    relay = Relay(engine, TABLES)
    running = asyncio.create_task(relay.run(broker.jetstream()))
    async with consuming(broker, note, sessions):
        await publish(sessions, *(str(number) for number in range(50)))
        relay.nudge()
        await eventually(sessions, seen, 50)
    await stop_tasks([running])
    assert await count(sessions, TABLES.inbox) == 50


async def test_several_relays_send_each_event_once(
    engine: AsyncEngine, sessions: Sessions, broker: Client
) -> None:
    await publish(sessions, *(str(number) for number in range(600)))
    js = broker.jetstream()
    sent = await asyncio.gather(*(Relay(engine, TABLES).sweep(js) for _ in range(4)))
    while more := await Relay(engine, TABLES).sweep(js):
        sent.append(more)
    assert sum(sent) == 600
    assert (await js.stream_info("CATALOG")).state.messages == 600


async def test_an_event_published_but_not_marked_is_one_message(
    engine: AsyncEngine, sessions: Sessions, broker: Client
) -> None:
    await publish(sessions, "1")
    js = broker.jetstream()
    async with sessions() as session:
        row = (await session.execute(select(TABLES.outbox.c.id, TABLES.outbox.c.envelope))).one()
    # The relay died after publishing and before marking: it publishes again.
    headers = {"Nats-Msg-Id": str(row.id)}
    await js.publish(ItemPublished.type, row.envelope.encode(), headers=headers)
    assert await Relay(engine, TABLES).sweep(js) == 1
    assert (await js.stream_info("CATALOG")).state.messages == 1


async def test_the_inbox_makes_the_effect_single(sessions: Sessions) -> None:
    envelope = wrap(ItemPublished(item_code="1", item_version=1), source="test", now=datetime.now(UTC))
    processor = InboxProcessor(note, lambda: Work(sessions))
    await asyncio.gather(*(processor.process(envelope) for _ in range(5)))
    assert await count(sessions, seen) == 1


async def test_a_failing_handler_leaves_nothing_and_is_tried_again(
    engine: AsyncEngine, sessions: Sessions, broker: Client
) -> None:
    failing, tried = {"1"}, asyncio.Event()
    await publish(sessions, "1")
    await Relay(engine, TABLES).sweep(broker.jetstream())
    async with consuming(broker, fail.given(failing=failing, tried=tried), sessions):
        await tried.wait()
        assert await count(sessions, seen) == 0
        failing.clear()
        await eventually(sessions, seen, 1)


async def test_what_never_works_is_buried_and_can_be_replayed(
    engine: AsyncEngine, sessions: Sessions, broker: Client
) -> None:
    failing = {"1"}
    consumer = fail.given(failing=failing, tried=asyncio.Event())
    await publish(sessions, "1")
    await Relay(engine, TABLES).sweep(broker.jetstream())
    async with consuming(broker, consumer, sessions, max_deliveries=1):
        await eventually(sessions, TABLES.dead, 1)
    assert await replay_dead_letters([consumer], lambda: Work(sessions)) == 0
    failing.clear()
    assert await replay_dead_letters([consumer], lambda: Work(sessions)) == 1
    assert await replay_dead_letters([consumer], lambda: Work(sessions)) == 0
    assert await count(sessions, seen) == 1


@pytest.mark.parametrize("data", [b"no json", b'{"id": 1}'])
async def test_what_cannot_be_read_is_buried_at_once(sessions: Sessions, broker: Client, data: bytes) -> None:
    await broker.jetstream().publish(ItemPublished.type, data)
    async with consuming(broker, note, sessions):
        await eventually(sessions, TABLES.dead, 1)
    async with sessions() as session:
        assert await session.scalar(select(TABLES.dead.c.reason)) == "ValidationError"


async def test_readers_ignore_members_they_do_not_know() -> None:
    event = ItemPublished(item_code="1", item_version=1)
    text = wrap(event, source="test", now=datetime.now(UTC)).model_copy(
        update={"data": {**event.model_dump(), "added": uuid4().hex}}
    )
    assert Envelope.model_validate_json(text.model_dump_json()).event() == event


class Slow:
    """A processor that takes turns and fails once; notes how many it has in hand."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.in_hand = 0
        self.most = 0
        self.has_failed = False

    async def process(self, envelope: Envelope) -> None:
        """Note the event."""
        self.in_hand += 1
        self.most = max(self.most, self.in_hand)
        await asyncio.sleep(0.002)
        self.in_hand -= 1
        number = int(envelope.data["item_version"])
        if number == 3 and not self.has_failed:
            self.has_failed = True
            raise RuntimeError("not yet")
        self.seen.append(number)

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Nothing is given up here."""
        raise AssertionError(reason)


async def test_in_order_means_one_at_a_time_for_all_who_share_also_after_a_failure(broker: Client) -> None:
    now, slow = datetime.now(UTC), Slow()
    for number in range(12):
        event = wrap(ItemPublished(item_code="1", item_version=number), source="test", now=now)
        await broker.jetstream().publish(event.type, event.model_dump_json().encode())
    loops = [
        asyncio.create_task(consume(broker, [ItemPublished.type], "test-order", slow, in_order=True))
        for _ in range(2)
    ]
    for _ in range(800):
        if len(slow.seen) == 12:
            break
        await asyncio.sleep(0.01)
    await stop_tasks(loops)
    assert (slow.seen, slow.most) == (list(range(12)), 1)
