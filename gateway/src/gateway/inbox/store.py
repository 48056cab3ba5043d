"""The citizen's inbox: messages by person and event, read marks, what they want to be told and how."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from nats.aio.client import Client
from pydantic import BaseModel, ConfigDict, Field

from gateway.store import CAS_ATTEMPTS, DAY, Bucket, RegistryUnavailable, messages_after
from lib_kernel import Clock, NotFound

BUCKET = "inbox"
KEPT = 90 * DAY
MOST_MESSAGES = 100


class MessageUnknown(NotFound):
    """The person has no such message."""

    code = "message-unknown"
    title = "没有这条消息"


class Preferences(BaseModel):
    """How a citizen is told beside the inbox. `quiet` are kinds of events of which only the inbox tells."""

    model_config = ConfigDict(extra="forbid")

    wechat: bool = True
    sms: bool = True
    quiet: list[str] = Field(default=[], max_length=50)

    def allow(self, connector: str, kind: str) -> bool:
        """Return whether a connector may tell of this kind of event."""
        return bool(getattr(self, connector, False)) and kind not in self.quiet


class Change(NamedTuple):
    """A message that came or was read; `position` is its place in the bucket's stream."""

    position: int
    message: dict[str, Any]


@dataclass(frozen=True)
class InboxPage:
    """Messages, the latest first; `older` is the id to ask for the next ones, `unread` counts all kept.

    A stream that begins after `position` misses nothing that is not in the page.
    """

    items: list[dict[str, Any]]
    older: str | None
    unread: int
    position: int


class Inbox:
    """Messages of all citizens; each event is a person's message once."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._bucket = Bucket(client, BUCKET, KEPT)
        self._read = Bucket(client, "inbox-read", KEPT)
        self._preferences = Bucket(client, "inbox-preferences")
        self._clock = clock

    async def deliver(self, person: str, event_id: str, message: dict[str, Any]) -> bool:
        """Put a message into a person's inbox; return whether it is new."""
        content = json.dumps({**message, "read_at": None}, ensure_ascii=False).encode()
        return await self._bucket.create(f"{person}.{event_id}", content)

    async def page(self, person: str, *, before: str | None = None, limit: int = MOST_MESSAGES) -> InboxPage:
        """Return a person's messages, older than `before` when that is given."""
        # Event ids begin with their time, so their order is that of the events.
        await self.open()
        position = await self.position()
        ids, read = await asyncio.gather(self._ids(person), self._read_ids(person))
        older = [name for name in reversed(ids) if before is None or name < before]
        items = await self._messages(person, older[:limit])
        next_ones = older[limit - 1] if len(older) > limit else None
        return InboxPage(items, next_ones, len(set(ids) - read), position)

    async def since(self, person: str, position: int) -> list[Change]:
        """Return what came or was read after a position of the bucket's stream, in order."""
        subjects = f"$KV.{BUCKET}.{person}.*"
        return [
            Change(found.seq or 0, _message((found.subject or "").rpartition(".")[2], found.data))
            async for found in messages_after(self._bucket.client, f"KV_{BUCKET}", subjects, position)
            if found.data
        ]

    async def position(self) -> int:
        """Return the position of the latest change of any inbox."""
        info = await self._bucket.client.jetstream().stream_info(f"KV_{BUCKET}")
        return info.state.last_seq

    async def open(self) -> None:
        """Make sure that the bucket is there."""
        await self._bucket.open()

    async def mark_read(self, person: str, event_id: str) -> None:
        """Note that a message was read. Raises MessageUnknown."""
        key = f"{person}.{event_id}"
        for _ in range(CAS_ATTEMPTS):
            entry = await self._bucket.get(key)
            if entry is None:
                raise MessageUnknown
            message = json.loads(entry.value)
            if message.get("read_at") is None:
                message["read_at"] = self._clock.now().isoformat()
                content = json.dumps(message, ensure_ascii=False).encode()
                if await self._bucket.replace(key, content, entry.revision) is None:
                    continue
            await self._read.create(key, b"1")
            return
        raise RegistryUnavailable

    async def mark_all_read(self, person: str) -> None:
        """Note that every message was read."""
        ids, read = await asyncio.gather(self._ids(person), self._read_ids(person))
        for name in sorted(set(ids) - read):
            await self.mark_read(person, name)

    async def preferences(self, person: str) -> Preferences:
        """Return how the person wants to be told."""
        entry = await self._preferences.get(person)
        return Preferences.model_validate_json(entry.value) if entry else Preferences()

    async def prefer(self, person: str, preferences: Preferences) -> None:
        """Keep how the person wants to be told."""
        await self._preferences.put(person, preferences.model_dump_json().encode())

    async def _ids(self, person: str) -> list[str]:
        return [key.split(".", 1)[1] for key in await self._bucket.keys(f"{person}.*")]

    async def _read_ids(self, person: str) -> set[str]:
        return {key.split(".", 1)[1] for key in await self._read.keys(f"{person}.*")}

    async def _messages(self, person: str, ids: list[str]) -> list[dict[str, Any]]:
        entries = await asyncio.gather(*(self._bucket.get(f"{person}.{name}") for name in ids))
        return [_message(name, entry.value) for name, entry in zip(ids, entries, strict=True) if entry]


def _message(event_id: str, content: bytes) -> dict[str, Any]:
    return {"read_at": None, **json.loads(content), "id": event_id}
