"""Buckets and streams: what is raced for, what is removed, what is read in order."""

import asyncio

from nats.aio.client import Client

from gateway.store import Bucket, drop_message, messages_after, next_message, open_stream, subjects_of


async def test_of_many_who_replace_one_value_one_succeeds(broker: Client) -> None:
    bucket = Bucket(broker, "b")
    assert await bucket.create("k", b"1")
    assert not await bucket.create("k", b"2")
    entry = await bucket.get("k")
    assert entry is not None
    written = await asyncio.gather(*(bucket.replace("k", b"x", entry.revision) for _ in range(5)))
    assert len([revision for revision in written if revision]) == 1
    removed = await asyncio.gather(*(bucket.remove("k", max(r for r in written if r)) for _ in range(3)))
    assert removed.count(True) == 1
    assert await bucket.get("k") is None


async def test_what_is_forgotten_leaves_no_trace(broker: Client) -> None:
    bucket = Bucket(broker, "b")
    for key in ("a.1", "a.2", "b.1"):
        await bucket.put(key, b"x")
    await bucket.forget("a")
    assert await bucket.values() == {"b.1": b"x"}
    await bucket.forget_key("b.1")
    assert (await broker.jetstream().stream_info("KV_b")).state.messages == 0
    assert await bucket.keys() == []


async def test_messages_are_read_in_order_and_dropped_once(broker: Client) -> None:
    await open_stream(broker, "S", "s.>", days=1)
    await open_stream(broker, "S", "s.>", days=2)  # A change of the configuration is applied.
    for number in range(6):
        await broker.jetstream().publish(f"s.{number % 2}", str(number).encode())
    assert await subjects_of(broker, "S", "s.*") == {"s.0": 3, "s.1": 3}
    assert [message.data async for message in messages_after(broker, "S", "s.1")] == [b"1", b"3", b"5"]
    oldest = await next_message(broker, "S", "s.0")
    assert oldest is not None
    for _ in range(2):
        await drop_message(broker, "S", oldest.seq or 0)
    assert [message.data async for message in messages_after(broker, "S", "s.0")] == [b"2", b"4"]
    assert await next_message(broker, "S", "s.0", 100) is None
