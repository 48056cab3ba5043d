"""The notifier: turns events into messages to citizens, each exactly once."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from nats.aio.client import Client

from gateway.inbox.connectors import URGENT, Connector, SentOnce
from gateway.inbox.store import Inbox
from gateway.messages import WRITERS, write
from gateway.store import DAY, Bucket
from lib_contracts import stream_of
from lib_kernel import Clock, SystemClock, new_id
from lib_messaging import Envelope

log = structlog.get_logger(__name__)

DEAD_KEPT = 90 * DAY


class Notifier:
    """Writes a message into the inbox of the person an event is about, and hands it to the connectors.

    The event's id is the message's, and the bucket takes an id once: that makes it one message, however
    often the event arrives. When a connector fails the event comes again, and only that one is asked again.
    """

    def __init__(
        self, client: Client, connectors: Mapping[str, Connector] | None = None, clock: Clock | None = None
    ) -> None:
        clock = clock or SystemClock()
        self._inbox = Inbox(client, clock)
        self._dead = DeadEvents(client)
        self._sent = SentOnce(client, clock)
        self._connectors = connectors or {}

    async def process(self, envelope: Envelope) -> None:
        """Deliver the message of an event."""
        event = envelope.event()
        person: str | None = getattr(event, "person_id", None)
        if person is None:
            return  # An anonymous case has nobody to tell.
        title, text = write(event)
        facts: dict[str, Any] = {
            name: value for name, value in envelope.data.items() if name != "person_id" and value is not None
        }
        message = {
            "at": envelope.time.isoformat(),
            "kind": event.type,
            "title": title,
            "text": text,
            "facts": facts,
        }
        if await self._inbox.deliver(person, str(envelope.id), message):
            log.info("notifier.delivered", kind=event.type, event_id=str(envelope.id))
        await self._tell(person, str(envelope.id), event.type, title, text)

    async def _tell(self, person: str, event_id: str, kind: str, title: str, text: str) -> None:
        if not self._connectors:
            return
        preferences = await self._inbox.preferences(person)
        failures = []
        for name, connector in self._connectors.items():
            if not preferences.allow(name, kind) or (name == "sms" and kind not in URGENT):
                continue
            try:
                await self._sent.send(name, connector, person, event_id, title, text)
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Keep an event that was given up on, for replay."""
        await self._dead.keep(envelope, event_type, reason, deliveries)


class DeadEvents:
    """Events that could not be told to citizens (`dead`) or taken to partners (`partner-dead`)."""

    def __init__(self, client: Client, name: str = "dead") -> None:
        self._bucket = Bucket(client, name, DEAD_KEPT)

    async def keep(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Keep one."""
        record = {"type": event_type, "reason": reason, "deliveries": deliveries, "envelope": envelope}
        await self._bucket.put(new_id().hex, json.dumps(record).encode())

    async def replay(self, process: Callable[[Envelope], Awaitable[None]]) -> int:
        """Process every event again, the oldest first; return how many succeeded. The others stay."""
        succeeded = 0
        for key, value in sorted((await self._bucket.values()).items()):
            try:
                await process(Envelope.model_validate_json(json.loads(value)["envelope"]))
            except Exception as error:
                log.warning("replay.failed", key=key, error=type(error).__name__)
                continue
            await self._bucket.forget_key(key)
            succeeded += 1
        return succeeded


def types_by_stream() -> dict[str, list[str]]:
    """Return the event types that are told, by the stream that carries them."""
    found: dict[str, list[str]] = {}
    for event in WRITERS:
        found.setdefault(stream_of(event.type), []).append(event.type)
    return found
