"""Events from commit to consumed."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
from bench.harness import Figure, Measure, database, until
from nats.aio.client import Client

from lib_contracts.catalog import ItemPublished
from lib_local._plan import Plan


async def relay(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure events from commit to consumed and committed against raw JetStream publishing."""
    from lib_db import make_engine, make_sessions
    from lib_messaging import InboxProcessor, Relay, SqlUnitOfWork, connect, consume, on, stop_tasks
    from svc_catalog.database import MESSAGES

    class Work(SqlUnitOfWork):
        source, tables = "bench", MESSAGES

    @on(ItemPublished, durable=f"bench-{uuid4().hex[:8]}")
    async def note(event: ItemPublished, *, uow: SqlUnitOfWork) -> None:
        """Only the inbox row is written."""

    os.environ["NATS_TOKEN"] = (plan.folder / "keys" / "nats.token").read_text().strip()
    client = await connect(f"nats://127.0.0.1:{plan.port('nats')}", name="bench")
    engine = make_engine(database(plan, "catalog").replace("postgresql", "postgresql+asyncpg", 1))
    sessions, count = make_sessions(engine), 5000
    relaying = Relay(engine, MESSAGES)
    admin = await asyncpg.connect(database(plan, "catalog"))

    async def handled() -> int:
        query = "SELECT count(*) FROM inbox WHERE durable = $1"
        found: int = await admin.fetchval(query, note.durable)
        return found

    processor = InboxProcessor(note, lambda: Work(sessions))
    tasks = [
        asyncio.create_task(relaying.run(client.jetstream())),
        asyncio.create_task(consume(client, [ItemPublished.type], note.durable, processor)),
    ]
    await until(lambda: settled(handled))
    before, begin = await handled(), time.perf_counter()
    for _ in range(count // 100):
        async with Work(sessions, nudge=relaying.nudge) as uow:
            for number in range(100):
                uow.outbox.add(ItemPublished(item_code=str(number), item_version=1))
            await uow.commit()

    async def all_handled() -> bool:
        return await handled() >= before + count

    await until(all_handled)
    own = count / (time.perf_counter() - begin)
    raw = await raw_publish(client, count)
    await stop_tasks(tasks)
    await admin.close()
    await engine.dispose()
    await client.close()
    return Figure(own, "events/s", f"raw JetStream publishing, pipelined: {raw:.0f}", own / raw)


async def settled(count: Callable[[], Awaitable[int]]) -> bool:
    """Return whether a count stands still."""
    first = await count()
    await asyncio.sleep(0.3)
    return first == await count()


async def raw_publish(client: Client, count: int) -> float:
    """Return messages a second published to JetStream and acknowledged."""
    js, begin = client.jetstream(), time.perf_counter()
    acks = [await js.publish_async("catalog.bench.published.v1", b"x" * 600) for _ in range(count)]
    await asyncio.gather(*acks)
    return count / (time.perf_counter() - begin)


FIGURES: dict[str, Measure] = {"events.relay": relay}
