"""Records of partners, terminals and revoked tokens with who changed them (审计记录), in one.

A change and its audit record are one message of a stream that lets nothing be deleted: the latest message of
a subject is how things stand, all of them are how it came to that. There is never one without the other.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from nats.aio.client import Client
from nats.errors import Error as BrokerError
from nats.js.api import DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from gateway.store import TOKEN, Entry, RegistryUnavailable, again, messages_after, open_stream, subjects_of
from lib_kernel import Clock

log = structlog.get_logger(__name__)

STREAM = "GATEWAY_AUDIT"
PARTNER, DEVICE, TOKENS = "partner", "device", "token"
STATE, NOTE = "state", "note"
WRONG_LAST_SEQUENCE = 10071
EXPECTED = "Nats-Expected-Last-Subject-Sequence"
NONE_BEFORE = 0


@dataclass(frozen=True)
class Deed:
    """What somebody did."""

    action: str
    by: str
    facts: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """The records of one kind, by code."""

    def __init__(self, client: Client, clock: Clock, kind: str) -> None:
        self._client = client
        self._clock = clock
        self._kind = kind
        self._is_open = False

    async def get(self, code: str) -> Entry | None:
        """Return how a record stands, None when there is none, or when there can be none of such a code."""
        if not TOKEN.match(code):
            return None
        await self._open()
        try:
            found = await self._client.jetstream().get_last_msg(STREAM, self._subject(code, STATE))
        except NotFoundError:
            return None
        return Entry(_state(found.data or b"{}"), found.seq or 0)

    async def write(self, code: str, state: bytes, deed: Deed, *, after: int | None = None) -> int | None:
        """Write a record (JSON) with what was done; return its revision, None when another was faster.

        `after` is the revision that was read, NONE_BEFORE for a new record; without it the last one wins.

        Raises:
            RegistryUnavailable: nothing was written, or it is not known whether it was.
        """
        headers = {} if after is None else {EXPECTED: str(after)}
        return await self._append(code, STATE, {**self._told(deed), "state": json.loads(state)}, headers)

    async def note(self, code: str, deed: Deed) -> None:
        """Note what is about to be done beside the record. Raises RegistryUnavailable: do not do it."""
        await self._append(code, NOTE, self._told(deed), {})

    async def values(self) -> dict[str, bytes]:
        """Return how all records stand, by code."""
        await self._open()
        subjects = await subjects_of(self._client, STREAM, self._subject("*", STATE))
        found = {}
        for code in sorted(subject.split(".")[2] for subject in subjects):
            entry = await self.get(code)
            if entry is not None:
                found[code] = entry.value
        return found

    async def history(self, code: str) -> list[dict[str, Any]]:
        """Return what was done to a record, the oldest first."""
        await self._open()
        found = []
        async for message in messages_after(self._client, STREAM, self._subject(code, "*")):
            told = json.loads(message.data or b"{}")
            told.pop("state", None)
            found.append({**told, "at": datetime.fromisoformat(told["at"]), "number": message.seq})
        return found

    async def follow(self, keep: Callable[[str, bytes], None], loaded: Callable[[], None]) -> None:
        """Feed `keep` with every record and every change until cancelled; `loaded` once all were fed."""
        await again(self._kind, lambda: self._watch(keep, loaded))

    async def _watch(self, keep: Callable[[str, bytes], None], loaded: Callable[[], None]) -> None:
        await self._open()
        subject = self._subject("*", STATE)
        left = len(await subjects_of(self._client, STREAM, subject))
        if left == 0:
            loaded()
        subscription = await self._client.jetstream().subscribe(
            subject, stream=STREAM, ordered_consumer=True, deliver_policy=DeliverPolicy.LAST_PER_SUBJECT
        )
        try:
            async for message in subscription.messages:
                keep(message.subject.split(".")[2], _state(message.data))
                left -= 1
                if left == 0:
                    loaded()
        finally:
            await subscription.unsubscribe()

    def _subject(self, code: str, part: str) -> str:
        return f"gateway-audit.{self._kind}.{code}.{part}"

    def _told(self, deed: Deed) -> dict[str, Any]:
        return {
            "at": self._clock.now().isoformat(),
            "by": deed.by,
            "action": deed.action,
            "facts": deed.facts,
        }

    async def _append(
        self, code: str, part: str, content: dict[str, Any], headers: dict[str, str]
    ) -> int | None:
        try:
            await self._open()
            body = json.dumps(content, ensure_ascii=False, default=str).encode()
            ack = await self._client.jetstream().publish(self._subject(code, part), body, headers=headers)
        except APIError as error:
            if error.err_code == WRONG_LAST_SEQUENCE:
                return None
            log.error("ledger.refused", kind=self._kind, error=error.description)
            raise RegistryUnavailable from error
        except (BrokerError, TimeoutError) as error:
            raise RegistryUnavailable from error
        return ack.seq

    async def _open(self) -> None:
        if not self._is_open:
            await open_stream(self._client, STREAM, "gateway-audit.>", days=None, is_record=True)
            self._is_open = True


def _state(message: bytes) -> bytes:
    return json.dumps(json.loads(message)["state"], ensure_ascii=False).encode()
