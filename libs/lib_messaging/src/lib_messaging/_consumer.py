"""Consumers: handlers of other services' events, each on a durable JetStream consumer with an inbox."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert

from lib_contracts import Event, stream_of
from lib_kernel import new_id
from lib_messaging._envelope import Envelope
from lib_messaging._provision import ensure_consumer
from lib_messaging._pull import ConsumerGone, pull
from lib_messaging._uow import SqlUnitOfWork

log = structlog.get_logger(__name__)

IN_FLIGHT = 16
BATCH = 64
MAX_DELIVERIES = 8
LONGEST_RETRY = 60.0
RECONNECT_PAUSE = 1.0

Handler = Callable[..., Awaitable[None]]


class Processor(Protocol):
    """What is done with each message of a durable consumer."""

    async def process(self, envelope: Envelope) -> None:
        """Handle one event; raising means "try again later"."""
        ...

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Keep an event that was given up on, so that it can be replayed."""
        ...


@dataclass(frozen=True)
class Consumer:
    """A handler with the event it wants and the name of its durable consumer."""

    event: type[Event]
    durable: str
    handle: Handler

    def given(self, **dependencies: Any) -> "Consumer":
        """Return the consumer with some of the handler's arguments filled in."""
        return replace(self, handle=partial(self.handle, **dependencies))


def on(event: type[Event], *, durable: str) -> Callable[[Handler], Consumer]:
    """Make the decorated `async def handler(event, *, uow, …)` a consumer.

    The loop opens the unit of work, writes the inbox row, calls the handler and commits; the handler does
    none of that. It is called again until it succeeds, and once in effect however often the event arrives.
    """
    return lambda handle: Consumer(event, durable, handle)


class InboxProcessor:
    """Runs one consumer's handler inside a transaction that also writes the inbox row."""

    def __init__(self, consumer: Consumer, uow: Callable[[], SqlUnitOfWork]) -> None:
        self._consumer = consumer
        self._uow = uow

    async def process(self, envelope: Envelope) -> None:
        """Handle an event unless it was handled before."""
        event = envelope.event()
        # Each message is handled in a task of its own, so the binding ends with it.
        structlog.contextvars.bind_contextvars(event_id=str(envelope.id), traceparent=envelope.traceparent)
        async with self._uow() as uow:
            if await self._is_new(uow, envelope):
                await self._consumer.handle(event, uow=uow)
                await uow.commit()

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Write the event to the table of dead letters."""
        async with self._uow() as uow:
            await uow.session.execute(
                uow.tables.dead.insert().values(
                    id=new_id(),
                    durable=self._consumer.durable,
                    type=event_type,
                    envelope=envelope,
                    reason=reason,
                    deliveries=deliveries,
                    failed_at=datetime.now(UTC),
                )
            )
            await uow.commit()

    async def _is_new(self, uow: SqlUnitOfWork, envelope: Envelope) -> bool:
        inbox = uow.tables.inbox
        written = await uow.session.execute(
            insert(inbox)
            .values(durable=self._consumer.durable, event_id=envelope.id, handled_at=datetime.now(UTC))
            .on_conflict_do_nothing()
            .returning(inbox.c.event_id)
        )
        return written.one_or_none() is not None


async def consume(
    nc: Client,
    event_types: list[str],
    durable: str,
    processor: Processor,
    *,
    max_deliveries: int = MAX_DELIVERIES,
    in_order: bool = False,
) -> None:
    """Feed `processor` with events of one stream until cancelled. Sharing `durable` shares the load.

    `in_order`: one event at a time for all who share it, the next only after the one before succeeded or was
    buried. That costs a round trip to the broker for each event.
    """
    streams = {stream_of(event_type) for event_type in event_types}
    if len(streams) != 1:
        raise ValueError(f"consumer {durable} must read one stream, not {sorted(streams)}")
    stream = streams.pop()
    while True:
        try:
            await ensure_consumer(nc, stream, durable, event_types, in_order=in_order)
            delivery = _Delivery(durable, processor, max_deliveries)
            await _pump(nc, stream, durable, delivery, batch=1 if in_order else BATCH)
        except ConsumerGone:
            log.warning("consumer.gone", durable=durable)
        except Exception as error:
            log.warning("consumer.interrupted", durable=durable, error=type(error).__name__)
        await asyncio.sleep(RECONNECT_PAUSE)


async def _pump(nc: Client, stream: str, durable: str, delivery: "_Delivery", *, batch: int) -> None:
    places = asyncio.Semaphore(IN_FLIGHT)
    async with asyncio.TaskGroup() as tasks, aclosing(pull(nc, stream, durable, batch=batch)) as messages:
        async for message in messages:
            await places.acquire()
            task = tasks.create_task(delivery.handle(message))
            task.add_done_callback(lambda _: places.release())


class _Delivery:
    """Handles one message and answers the broker: ack after commit, nak with delay, bury and term."""

    def __init__(self, durable: str, processor: Processor, max_deliveries: int) -> None:
        self._durable = durable
        self._processor = processor
        self._max = max_deliveries

    async def handle(self, message: Msg) -> None:
        deliveries = message.metadata.num_delivered
        try:
            envelope = Envelope.model_validate_json(message.data)
            if deliveries <= self._max:
                await self._processor.process(envelope)
                await message.ack()
                return
            await self._bury(message, "TooManyDeliveries", deliveries)
        except (ValidationError, KeyError) as error:
            await self._bury(message, type(error).__name__, deliveries)
        except Exception as error:
            await self._retry(message, error, deliveries)

    async def _retry(self, message: Msg, error: Exception, deliveries: int) -> None:
        if deliveries >= self._max:
            await self._bury(message, type(error).__name__, deliveries)
            return
        delay = min(2.0 ** min(deliveries - 2, 16), LONGEST_RETRY)
        log.warning(
            "consumer.retry",
            durable=self._durable,
            type=message.subject,
            error=type(error).__name__,
            deliveries=deliveries,
        )
        await message.nak(delay=delay)

    async def _bury(self, message: Msg, reason: str, deliveries: int) -> None:
        try:
            text = message.data.decode("utf-8", "replace")
            await self._processor.bury(text, message.subject, reason, deliveries)
        except Exception as error:
            log.warning("consumer.bury_failed", durable=self._durable, error=type(error).__name__)
            await message.nak(delay=LONGEST_RETRY)
            return
        log.error("consumer.dead_letter", durable=self._durable, type=message.subject, reason=reason)
        await message.term()
