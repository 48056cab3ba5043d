"""Sessions: which customer is at a terminal or bank, and nonces that were used."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from nats.aio.client import Client
from nats.js.errors import KeyWrongLastSequenceError

from gateway.store import TOKEN, Bucket, RegistryUnavailable
from lib_kernel import Clock, NotAuthenticated

NONCE_SECONDS = 300.0  # Longer than any signature holds.
IDLE = timedelta(seconds=300)
LONGEST = timedelta(minutes=30)
RENEWED_AFTER = timedelta(seconds=20)
RENEW_ATTEMPTS = 5


class SessionOver(NotAuthenticated):
    """The customer's session ended or belongs to another terminal or bank."""

    code = "session-over"
    title = "会话已结束，请重新核验身份"


class Sessions:
    """Sessions end after idle time, after half an hour at the latest, or when they are closed.

    A session's key begins with its holder, so nobody finds another's. The bucket forgets it after the idle
    time by itself: nothing of the customer is left then.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._bucket = Bucket(client, "session", IDLE.total_seconds())
        self._clock = clock

    async def open(self, holder: str, person: str, consent: str | None) -> tuple[str, datetime]:
        """Keep a session; return its secret name and when it ends unless it is used."""
        now, name = self._clock.now(), secrets.token_hex(32)
        facts = {
            "person_id": person,
            "consent": consent,
            "opened_at": now.isoformat(),
            "seen_at": now.isoformat(),
        }
        await self._bucket.put(f"{holder}.{name}", json.dumps(facts).encode())
        return name, now + IDLE

    async def use(self, holder: str, name: str) -> dict[str, Any]:
        """Return a session's facts and give it another idle time. Raises SessionOver."""
        if not TOKEN.match(name):
            raise SessionOver
        key = f"{holder}.{name}"
        for _ in range(RENEW_ATTEMPTS):
            entry = await self._bucket.get(key)
            if entry is None:
                raise SessionOver
            facts: dict[str, Any] = json.loads(entry.value)
            if self._is_over(facts):
                await self._bucket.forget_key(key)
                raise SessionOver
            now = self._clock.now()
            if now - datetime.fromisoformat(facts["seen_at"]) < RENEWED_AFTER:
                return facts
            # Only the very value that was read is renewed: a session closed in between stays closed.
            renewed = json.dumps({**facts, "seen_at": now.isoformat()}).encode()
            if await self._bucket.replace(key, renewed, entry.revision) is not None:
                return facts
        raise RegistryUnavailable

    async def is_open(self, holder: str, name: str) -> bool:
        """Return whether a session goes on, without giving it more time."""
        if not TOKEN.match(name):
            return False
        entry = await self._bucket.get(f"{holder}.{name}")
        return entry is not None and not self._is_over(json.loads(entry.value))

    async def close(self, holder: str, name: str) -> None:
        """End a session and wipe what was kept of it."""
        if TOKEN.match(name):
            await self._bucket.forget_key(f"{holder}.{name}")

    async def close_all(self, holder: str) -> None:
        """End all sessions of a terminal or bank."""
        await self._bucket.forget(holder)

    def _is_over(self, facts: dict[str, Any]) -> bool:
        now = self._clock.now()
        opened_at, seen_at = (datetime.fromisoformat(facts[name]) for name in ("opened_at", "seen_at"))
        return now - opened_at > LONGEST or now - seen_at > IDLE


class Nonces:
    """Nonces of signatures, each good once for all replicas."""

    def __init__(self, client: Client) -> None:
        self._bucket = Bucket(client, "nonces", NONCE_SECONDS)

    async def use(self, key_id: str, nonce: str) -> bool:
        """Note a nonce; return False when it was used before. Raises RegistryUnavailable."""
        name = hashlib.sha256(f"{key_id}\0{nonce}".encode()).hexdigest()
        try:
            await (await self._bucket.open()).create(name, b"1")
        except KeyWrongLastSequenceError:
            return False
        except Exception as error:
            raise RegistryUnavailable from error
        return True
