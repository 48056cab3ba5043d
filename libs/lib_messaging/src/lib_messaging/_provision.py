"""Streams and durable consumers, declared from one place and safe to declare again."""

import os

from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError

from lib_contracts import STREAMS

EVENTS_KEPT = 30 * 24 * 3600.0
DUPLICATE_WINDOW = 600.0
ACK_WAIT = 30.0
NAME_IN_USE = 10058


def stream_config(name: str) -> StreamConfig:
    """Return the configuration of a service's stream. NATS_REPLICAS is 3 on a cluster of three."""
    return StreamConfig(
        name=name,
        subjects=[f"{name.lower()}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=EVENTS_KEPT,
        duplicate_window=DUPLICATE_WINDOW,
        num_replicas=int(os.environ.get("NATS_REPLICAS", "1")),
    )


async def ensure_streams(nc: Client) -> None:
    """Create the streams that are missing and bring the others to the declared configuration."""
    js = nc.jetstream()
    for name in STREAMS:
        config = stream_config(name)
        try:
            await js.add_stream(config)
        except APIError as error:
            if error.err_code != NAME_IN_USE:
                raise
            await js.update_stream(config)


async def ensure_consumer(
    nc: Client, stream: str, durable: str, event_types: list[str], *, in_order: bool = False
) -> None:
    """Create or update a durable pull consumer. Retries and giving up are decided by the consuming loop.

    `in_order`: the server hands out the next message only after the one before was acknowledged.
    """
    await nc.jetstream().add_consumer(
        stream,
        ConsumerConfig(
            durable_name=durable,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT,
            max_deliver=-1,
            max_ack_pending=1 if in_order else 1000,
            filter_subjects=event_types,
        ),
    )
