"""What the gateway's replicas share: JetStream key-value buckets, watched where every request needs them."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.client import Client
from nats.js.api import KeyValueConfig
from nats.js.errors import BucketNotFoundError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from lib_kernel import NotAuthenticated, Unavailable
from lib_messaging import connect

log = structlog.get_logger(__name__)

NONCE_SECONDS = 300.0  # Longer than any signature holds.
SESSION_SECONDS = 300.0  # Idle time after which a session at a terminal or bank ends.
INBOX_SECONDS = 90 * 24 * 3600.0
WATCHED = ("partners", "devices", "revoked")
WATCH_AGAIN = 1.0
MOST_MESSAGES = 100
CONNECT_PAUSE = 0.5


class RegistryUnavailable(Unavailable):
    """The shared buckets cannot be reached."""

    code = "registry-unavailable"
    title = "身份登记信息暂时不可用，请稍后再试"


class SessionOver(NotAuthenticated):
    """The customer's session ended or belongs to another terminal or bank."""

    code = "session-over"
    title = "会话已结束，请重新核验身份"


@dataclass(frozen=True)
class RegisteredKey:
    """A public key of a partner or terminal. `owner` is its code, `point` a terminal's service point."""

    owner: str
    algorithm: str
    public_pem: bytes
    point: str | None = None


async def open_bucket(client: Client, name: str, seconds: float | None = None) -> KeyValue:
    """Return a bucket, created when it is missing; `seconds` is how long its values live."""
    js = client.jetstream()
    try:
        return await js.key_value(name)
    except BucketNotFoundError:
        return await js.create_key_value(KeyValueConfig(bucket=name, ttl=seconds))


async def connected(url: str) -> Client:
    """Return a broker connection, waiting for the broker as long as it takes."""
    while True:
        try:
            return await connect(url, name="gateway")
        except Exception as error:
            log.warning("nats.waiting", error=type(error).__name__)
            await asyncio.sleep(CONNECT_PAUSE)


async def _stop(watcher: Any) -> None:
    await watcher.stop()


class Registry:
    """Keys of partners and terminals and revoked tokens, held in memory and kept up by watching."""

    def __init__(self) -> None:
        self.partners: dict[str, RegisteredKey] = {}
        self.devices: dict[str, RegisteredKey] = {}
        self.revoked: set[str] = set()
        self.is_loaded = asyncio.Event()
        self._loaded: set[str] = set()

    def follow(self, client: Client) -> list[Coroutine[Any, Any, None]]:
        """Return what follows the three buckets until cancelled, each to be run as a task of its own."""
        return [
            self._follow(client, "partners", _keeper(self.partners)),
            self._follow(client, "devices", _keeper(self.devices)),
            self._follow(client, "revoked", self._keep_revoked),
        ]

    def _keep_revoked(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.revoked.discard(key)
        else:
            self.revoked.add(key)

    async def _follow(self, client: Client, name: str, keep: Callable[[str, bytes | None], None]) -> None:
        while True:
            try:
                await self._watch(client, name, keep)
            except Exception as error:
                log.warning("registry.interrupted", bucket=name, error=type(error).__name__)
            await asyncio.sleep(WATCH_AGAIN)

    async def _watch(self, client: Client, name: str, keep: Callable[[str, bytes | None], None]) -> None:
        bucket = await open_bucket(client, name)
        # The client's own mark for "all there is has come" may come too early, so entries are counted.
        left = (await client.jetstream().stream_info(f"KV_{name}")).state.messages
        self._note_loaded(name, left)
        watcher = await bucket.watchall()
        try:
            async for entry in watcher:
                if entry is not None:
                    keep(entry.key, None if entry.operation else entry.value)
                    left -= 1
                    self._note_loaded(name, left)
        finally:
            await _stop(watcher)

    def _note_loaded(self, name: str, left: int) -> None:
        if left <= 0:
            self._loaded.add(name)
        if len(self._loaded) == len(WATCHED):
            self.is_loaded.set()


def _keeper(known: dict[str, RegisteredKey]) -> Callable[[str, bytes | None], None]:
    def keep(key: str, value: bytes | None) -> None:
        if value is None:
            known.pop(key, None)
            return
        record = json.loads(value)
        known[key] = RegisteredKey(
            record["owner"], record["algorithm"], record["public_pem"].encode(), record.get("point")
        )

    return keep


async def register_key(client: Client, bucket: str, key_id: str, key: RegisteredKey) -> None:
    """Register a public key of a partner (`partners`) or terminal (`devices`); the latest one counts."""
    record = {
        "owner": key.owner,
        "algorithm": key.algorithm,
        "public_pem": key.public_pem.decode(),
        "point": key.point,
    }
    await (await open_bucket(client, bucket)).put(key_id, json.dumps(record).encode())


class Shared:
    """Nonces, sessions, revocations and the inbox."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._buckets: dict[str, KeyValue] = {}

    async def use_nonce(self, key_id: str, nonce: str) -> bool:
        """Note a nonce; return False when it was used before. Raises RegistryUnavailable."""
        name = hashlib.sha256(f"{key_id}\0{nonce}".encode()).hexdigest()
        try:
            await (await self._bucket("nonces", NONCE_SECONDS)).create(name, b"1")
        except KeyWrongLastSequenceError:
            return False
        except Exception as error:
            raise RegistryUnavailable from error
        return True

    async def open_session(self, facts: dict[str, Any]) -> str:
        """Keep a session and return its secret name."""
        name = secrets.token_hex(32)
        await (await self._bucket("sessions", SESSION_SECONDS)).put(name, json.dumps(facts).encode())
        return name

    async def session(self, name: str) -> dict[str, Any]:
        """Return a session's facts and give it another idle time. Raises SessionOver."""
        bucket = await self._bucket("sessions", SESSION_SECONDS)
        if not name.isalnum():
            raise SessionOver
        try:
            entry = await bucket.get(name)
        except KeyNotFoundError as error:
            raise SessionOver from error
        if not entry.value:
            raise SessionOver
        await bucket.put(name, entry.value)
        facts: dict[str, Any] = json.loads(entry.value)
        return facts

    async def close_session(self, name: str) -> None:
        """End a session."""
        if name.isalnum():
            await (await self._bucket("sessions", SESSION_SECONDS)).purge(name)

    async def revoke_token(self, token_id: str) -> None:
        """Refuse an access token from now on, by its `jti`."""
        await (await self._bucket("revoked", None)).put(token_id, b"1")

    async def deliver(self, person_id: str, event_id: str, message: dict[str, Any]) -> bool:
        """Put a message into a person's inbox, once per event; return whether it is new."""
        bucket = await self._bucket("inbox", INBOX_SECONDS)
        try:
            await bucket.create(f"{person_id}.{event_id}", json.dumps(message, ensure_ascii=False).encode())
        except KeyWrongLastSequenceError:
            return False
        return True

    async def inbox(self, person_id: str) -> list[dict[str, Any]]:
        """Return a person's latest messages, the latest first."""
        bucket = await self._bucket("inbox", INBOX_SECONDS)
        prefix = "$KV.inbox."
        js = self._client.jetstream()
        info = await js.stream_info("KV_inbox", subjects_filter=f"{prefix}{person_id}.>")
        # Event ids begin with their time, so their order is that of the events.
        keys = sorted((subject.removeprefix(prefix) for subject in info.state.subjects or {}), reverse=True)
        entries = await asyncio.gather(*(bucket.get(key) for key in keys[:MOST_MESSAGES]))
        return [
            {"id": key.split(".", 1)[1], **json.loads(entry.value)}
            for key, entry in zip(keys, entries, strict=False)
            if entry.value
        ]

    async def _bucket(self, name: str, seconds: float | None) -> KeyValue:
        if name not in self._buckets:
            self._buckets[name] = await open_bucket(self._client, name, seconds)
        return self._buckets[name]
