"""The events of each partner, kept thirty days: what webhooks send, polls read, reconciliation counts."""

import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from gateway.store import TOKEN, Bucket, messages_after, open_stream
from lib_kernel import Invalid

STREAM = "PARTNER_EVENT"
DAYS_KEPT = 30.0


@dataclass(frozen=True)
class PartnerEvent:
    """An event as a partner sees it: CloudEvents in JSON, without the person's id."""

    id: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]
    source: str

    def body(self) -> bytes:
        """Return the body that is sent, polled and digested: the same bytes every time."""
        told = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "data": self.data,
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@dataclass(frozen=True)
class LoggedEvent:
    """A kept event with its place; places of one subject grow with time."""

    position: int
    body: bytes
    subject: str

    @property
    def told(self) -> dict[str, Any]:
        """Return the body read."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def token_of(subject: str) -> str:
    """Return an event's subject as a token of a broker's subject."""
    return subject if TOKEN.match(subject) else hashlib.sha256(subject.encode()).hexdigest()[:32]


class EventLog:
    """Appends, reads and acknowledges events of partners."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cursors = Bucket(client, "partner-cursor")
        self._is_open = False

    async def append(self, partner: str, event: PartnerEvent) -> LoggedEvent:
        """Keep an event; one that is there already keeps its place."""
        await self.open()
        subject = f"partner-event.{partner}.{token_of(event.subject)}"
        body = event.body()
        headers = {"Nats-Msg-Id": f"{partner}.{event.id}"}
        ack = await self._client.jetstream().publish(subject, body, headers=headers)
        return LoggedEvent(ack.seq, body, event.subject)

    async def read(self, partner: str, after: int) -> AsyncGenerator[LoggedEvent]:
        """Yield a partner's events after a place, in order."""
        await self.open()
        async for message in messages_after(self._client, STREAM, f"partner-event.{partner}.>", after):
            yield _logged(message)

    async def page(self, partner: str, after: int, limit: int) -> list[LoggedEvent]:
        """Return the next events after a place."""
        found: list[LoggedEvent] = []
        async for event in self.read(partner, after):
            found.append(event)
            if len(found) == limit:
                break
        return found

    async def last_position(self) -> int:
        """Return the place of the latest event of all partners."""
        await self.open()
        return (await self._client.jetstream().stream_info(STREAM)).state.last_seq

    async def cursor(self, partner: str) -> int:
        """Return up to where the partner acknowledged."""
        entry = await self._cursors.get(partner)
        return int(entry.value) if entry else 0

    async def acknowledge(self, partner: str, position: int) -> int:
        """Note up to where the partner worked; it never goes back. Raises Invalid for a future place."""
        if position > await self.last_position():
            raise Invalid("cursor 不是 GET /bank/v1/events 返回的值", field="cursor")
        while True:
            entry = await self._cursors.get(partner)
            if entry is not None and int(entry.value) >= position:
                return int(entry.value)
            content = str(position).encode()
            if entry is None:
                written = await self._cursors.create(partner, content)
            else:
                written = await self._cursors.replace(partner, content, entry.revision) is not None
            if written:
                return position

    async def forget(self, partner: str) -> None:
        """Remove a sandbox partner's events and cursor."""
        await self.open()
        await self._client.jetstream().purge_stream(STREAM, subject=f"partner-event.{partner}.>")
        await self._cursors.forget_key(partner)

    async def open(self) -> None:
        """Make sure that the stream is there."""
        if not self._is_open:
            await open_stream(self._client, STREAM, "partner-event.>", days=DAYS_KEPT)
            self._is_open = True


def _logged(message: RawStreamMsg) -> LoggedEvent:
    body = message.data or b"{}"
    return LoggedEvent(message.seq or 0, body, json.loads(body)["subject"])
