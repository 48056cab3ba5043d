"""What the gateway's replicas share: JetStream key-value buckets and streams, and how they are followed."""

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.client import Client
from nats.js.api import (
    DiscardPolicy,
    KeyValueConfig,
    RawStreamMsg,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import (
    APIError,
    BucketNotFoundError,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
    NotFoundError,
)
from nats.js.kv import KeyValue

from lib_kernel import Unavailable
from lib_messaging import connect

log = structlog.get_logger(__name__)

WATCH_AGAIN = 1.0
CONNECT_PAUSE = 0.5
DAY = 24 * 3600.0
NAME_IN_USE = 10058
CAS_ATTEMPTS = 20
API_SECONDS = 5.0
GONE = frozenset({10037, 10043, 10057})  # no message found, sequence not found, message deletion failed
TOKEN = re.compile(r"^[0-9A-Za-z_-]{1,100}$")
KEY = re.compile(r"^[-_=0-9A-Za-z]+(\.[-_=0-9A-Za-z]+)*$")


class RegistryUnavailable(Unavailable):
    """The shared buckets cannot be reached."""

    code = "registry-unavailable"
    title = "身份登记信息暂时不可用，请稍后再试"


@dataclass(frozen=True)
class Entry:
    """A value with the revision under which it may be replaced."""

    value: bytes
    revision: int


def _replicas() -> int:
    return int(os.environ.get("NATS_REPLICAS", "1"))


async def connected(url: str) -> Client:
    """Return a broker connection, waiting for the broker as long as it takes."""
    while True:
        try:
            return await connect(url, name="gateway")
        except Exception as error:
            log.warning("nats.waiting", error=type(error).__name__)
            await asyncio.sleep(CONNECT_PAUSE)


async def open_bucket(client: Client, name: str, seconds: float | None = None) -> KeyValue:
    """Return a bucket, created when it is missing; `seconds` is how long its values live."""
    js = client.jetstream()
    try:
        return await js.key_value(name)
    except BucketNotFoundError:
        return await js.create_key_value(KeyValueConfig(bucket=name, ttl=seconds, replicas=_replicas()))


async def open_stream(
    client: Client, name: str, subjects: str, *, days: float | None, is_record: bool = False
) -> None:
    """Create a stream or bring it to this configuration; its messages are kept for some days or for ever.

    Nothing is deleted from a record before its time.
    """
    seconds = (days or 0.0) * DAY
    config = StreamConfig(
        name=name,
        subjects=[subjects],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=seconds,
        duplicate_window=min(seconds, 3600.0) or 3600.0,
        num_replicas=_replicas(),
        deny_delete=is_record,
        deny_purge=is_record,
    )
    js = client.jetstream()
    try:
        await js.add_stream(config)
    except APIError as error:
        if error.err_code != NAME_IN_USE:
            raise
        await js.update_stream(config)


async def subjects_of(client: Client, stream: str, subjects: str) -> dict[str, int]:
    """Return the subjects that match with the count of their messages."""
    info = await client.jetstream().stream_info(stream, subjects_filter=subjects)
    return dict(info.state.subjects or {})


async def next_message(client: Client, stream: str, subjects: str, after: int = 0) -> RawStreamMsg | None:
    """Return the oldest message of matching subjects whose sequence is greater than `after`."""
    try:
        return await client.jetstream().get_msg(stream, seq=after + 1, subject=subjects, next=True)
    except NotFoundError:
        return None


async def drop_message(client: Client, stream: str, sequence: int) -> None:
    """Take a message out of a stream; one that is gone already is no error.

    The client's own `delete_msg` also has it overwritten on disk, which made deliveries ten times slower.
    """
    request = json.dumps({"seq": sequence, "no_erase": True}).encode()
    answer = await client.request(f"$JS.API.STREAM.MSG.DELETE.{stream}", request, timeout=API_SECONDS)
    error = json.loads(answer.data).get("error")
    if error and error.get("err_code") not in GONE:
        raise RegistryUnavailable


async def messages_after(
    client: Client, stream: str, subjects: str, after: int = 0
) -> AsyncGenerator[RawStreamMsg]:
    """Yield the messages of matching subjects in order, until there is no more."""
    while (message := await next_message(client, stream, subjects, after)) is not None:
        after = message.seq or 0
        yield message


class Bucket:
    """A bucket that is opened when it is first needed."""

    def __init__(self, client: Client, name: str, seconds: float | None = None) -> None:
        self.client = client
        self.name = name
        self._seconds = seconds
        self._opened: KeyValue | None = None

    async def open(self) -> KeyValue:
        """Return the client's view of it."""
        if self._opened is None:
            self._opened = await open_bucket(self.client, self.name, self._seconds)
        return self._opened

    async def get(self, key: str) -> Entry | None:
        """Return a value, None when there is none, or when there can be none under such a key."""
        if not KEY.match(key):
            return None
        try:
            entry = await (await self.open()).get(key)
        except KeyNotFoundError:
            return None
        # A marker in place of an expired value has no content.
        return Entry(entry.value, entry.revision or 0) if entry.value else None

    async def put(self, key: str, value: bytes) -> int:
        """Write a value whatever was there."""
        return await (await self.open()).put(key, value)

    async def create(self, key: str, value: bytes) -> bool:
        """Write a value where there is none; return whether that was so."""
        try:
            await (await self.open()).create(key, value)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def replace(self, key: str, value: bytes, revision: int) -> int | None:
        """Replace a value; return the new revision, None when another was faster."""
        try:
            return await (await self.open()).update(key, value, last=revision)
        except KeyWrongLastSequenceError:
            return None

    async def remove(self, key: str, revision: int | None = None) -> bool:
        """Remove a value; with a revision, only that one. Return whether it was removed."""
        try:
            await (await self.open()).delete(key, last=revision)
        except APIError as error:
            if error.err_code in {10071, 10164}:
                return False
            raise
        return True

    async def forget_key(self, key: str) -> None:
        """Remove a value for good: not even a marker of it is left."""
        await self.open()
        await self.client.jetstream().purge_stream(f"KV_{self.name}", subject=f"$KV.{self.name}.{key}")

    async def forget(self, prefix: str) -> None:
        """Remove everything whose key begins with `prefix` and a dot."""
        await self.open()
        js = self.client.jetstream()
        await js.purge_stream(f"KV_{self.name}", subject=f"$KV.{self.name}.{prefix}.>")

    async def keys(self, pattern: str = ">") -> list[str]:
        """Return the keys that match a pattern of subjects, sorted; removed ones may be among them."""
        await self.open()
        start = f"$KV.{self.name}."
        found = await subjects_of(self.client, f"KV_{self.name}", start + pattern)
        return sorted(subject.removeprefix(start) for subject in found)

    async def values(self, pattern: str = ">") -> dict[str, bytes]:
        """Return the values whose keys match, by key."""
        keys = await self.keys(pattern)
        entries = await asyncio.gather(*(self.get(key) for key in keys))
        return {key: entry.value for key, entry in zip(keys, entries, strict=True) if entry}


async def follow(
    client: Client, name: str, keep: Callable[[str, bytes | None], None], loaded: Callable[[], None]
) -> None:
    """Feed `keep` with every value of a bucket and every change, until cancelled; None is a removed value.

    `loaded` is called once all that was there has been fed.
    """
    await again(name, lambda: _watch(client, name, keep, loaded))


async def again(name: str, watch: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Watch, and watch again whenever that ends, until cancelled."""
    while True:
        try:
            await watch()
        except Exception as error:
            log.warning("registry.interrupted", bucket=name, error=type(error).__name__)
        await asyncio.sleep(WATCH_AGAIN)


async def _watch(
    client: Client, name: str, keep: Callable[[str, bytes | None], None], loaded: Callable[[], None]
) -> None:
    bucket = await open_bucket(client, name)
    # The client's own mark for "all there is has come" may come too early, so entries are counted.
    left = (await client.jetstream().stream_info(f"KV_{name}")).state.messages
    if left <= 0:
        loaded()
    watcher: Any = await bucket.watchall()
    try:
        async for entry in watcher:
            if entry is not None:
                keep(entry.key, None if entry.operation else entry.value)
                left -= 1
                if left <= 0:
                    loaded()
    finally:
        await watcher.stop()
