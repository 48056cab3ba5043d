"""The inbox as a stream of server-sent events: one subscription of a replica feeds all open streams."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy

from gateway.inbox.store import BUCKET, Change, Inbox
from lib_kernel import Unavailable

HEARTBEAT_SECONDS = 15.0
WAITING_MESSAGES = 100
MOST_STREAMS_OF_A_PERSON = 10
START = f"$KV.{BUCKET}."


class TooManyStreams(Unavailable):
    """The person has enough open streams."""

    code = "too-many-streams"
    title = "打开的消息页面过多，请关闭一些后再试"


Changes = asyncio.Queue[Change | None]


class Feed:
    """Hands each change of an inbox to the streams of its person.

    The id of an event is its position, so a stream that was away gets with Last-Event-ID exactly what came
    since. After the connection to the broker broke it is read from the store again; a stream that reads too
    slowly is ended and comes back by itself.
    """

    def __init__(self, client: Client, inbox: Inbox, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._client = client
        self._inbox = inbox
        self._heartbeat = heartbeat
        self._queues: dict[str, set[Changes]] = defaultdict(set)
        self._is_closed = False

    async def start(self) -> None:
        """Begin to listen."""
        await self._inbox.open()
        await self._client.jetstream().subscribe(
            START + ">",
            stream=f"KV_{BUCKET}",
            ordered_consumer=True,
            deliver_policy=DeliverPolicy.NEW,
            cb=self._hand_out,
        )

    def close(self) -> None:
        """End all streams: the clients come back to another replica with Last-Event-ID."""
        self._is_closed = True
        for queues in self._queues.values():
            for queue in queues:
                _put(queue, None)

    def stream(self, person: str, last_seen: int | None) -> AsyncGenerator[bytes]:
        """Return the events of a stream until the client leaves. Raises TooManyStreams."""
        if len(self._queues.get(person, ())) >= MOST_STREAMS_OF_A_PERSON:
            raise TooManyStreams
        return self._stream(person, last_seen)

    async def _stream(self, person: str, last_seen: int | None) -> AsyncGenerator[bytes]:
        queue: Changes = asyncio.Queue(WAITING_MESSAGES)
        self._queues[person].add(queue)
        try:
            async for chunk in self._events(person, last_seen, queue):
                yield chunk
        finally:
            self._queues[person].discard(queue)
            if not self._queues[person]:
                del self._queues[person]

    async def _events(self, person: str, last_seen: int | None, queue: Changes) -> AsyncGenerator[bytes]:
        yield b"retry: 3000\n\n"
        connections = self._connections()
        newest = await self._inbox.position() if last_seen is None else last_seen
        changes = await self._inbox.since(person, newest)
        while not self._is_closed:
            for position, message in changes:
                if position > newest:
                    newest = position
                    yield _event(position, message)
            changes = []
            try:
                found = await asyncio.wait_for(queue.get(), self._heartbeat)
            except TimeoutError:
                yield b": \n\n"
                if connections != self._connections():
                    connections = self._connections()
                    changes = await self._inbox.since(person, newest)
                continue
            if found is None:
                return
            changes = [found]

    def _connections(self) -> int:
        return int(self._client.stats["reconnects"])

    async def _hand_out(self, message: Msg) -> None:
        person, _, event_id = message.subject.removeprefix(START).partition(".")
        if person in self._queues and message.data:
            position = message.metadata.sequence.stream
            change = Change(position, {"read_at": None, **json.loads(message.data), "id": event_id})
            for queue in self._queues[person]:
                _put(queue, change)


def _put(queue: Changes, change: Change | None) -> None:
    if queue.full():
        # A reader this slow is sent away; it comes back and says what it saw last.
        queue.get_nowait()
        change = None
    queue.put_nowait(change)


def _event(position: int, message: dict[str, Any]) -> bytes:
    """Return a message as an event: `message` when it is new, `read` when it was read, here or elsewhere."""
    kind = "read" if message["read_at"] else "message"
    return f"id: {position}\nevent: {kind}\ndata: {json.dumps(message, ensure_ascii=False)}\n\n".encode()
