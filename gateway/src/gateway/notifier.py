"""The notifier: turns events into messages to citizens, each exactly once."""

import json
from typing import Any

import structlog
from nats.aio.client import Client

from gateway.messages import WRITERS, write
from gateway.store import Shared, open_bucket
from lib_contracts import stream_of
from lib_kernel import new_id
from lib_messaging import Envelope

log = structlog.get_logger(__name__)


class Notifier:
    """Writes a message into the inbox of the person an event is about.

    The event's id is the message's, and the bucket takes an id once: that makes it one message, however
    often the event arrives.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._shared = Shared(client)

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
        if await self._shared.deliver(person, str(envelope.id), message):
            log.info("notifier.delivered", kind=event.type, event_id=str(envelope.id))

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Keep an event that was given up on, for replay."""
        bucket = await open_bucket(self._client, "dead")
        record = {"type": event_type, "reason": reason, "deliveries": deliveries, "envelope": envelope}
        await bucket.put(new_id().hex, json.dumps(record).encode())


def types_by_stream() -> dict[str, list[str]]:
    """Return the event types that are told, by the stream that carries them."""
    found: dict[str, list[str]] = {}
    for event in WRITERS:
        found.setdefault(stream_of(event.type), []).append(event.type)
    return found
