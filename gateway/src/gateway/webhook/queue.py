"""Calls that wait (推送队列): a message stays in the stream until its call was answered or given up."""

import json
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from pydantic import TypeAdapter

from gateway.partner_event.log import LoggedEvent, token_of
from gateway.store import Bucket, drop_message, next_message, open_stream, subjects_of
from gateway.webhook.domain import Call, Health, Retry
from lib_kernel import new_id

STREAM = "WEBHOOK"
DAYS_KEPT = 60.0
RETRY = TypeAdapter(Retry)
HEALTH = TypeAdapter(Health)


class Queue:
    """The calls of all partners, in order within a business, with how the oldest of each fares.

    Nothing of this is in a worker's memory alone: whoever takes over a partner reads it here.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._retries = Bucket(client, "webhook-retry")
        self._health = Bucket(client, "webhook-health")
        self._is_open = False

    async def open(self) -> None:
        """Make sure that the stream is there."""
        if not self._is_open:
            await open_stream(self._client, STREAM, "webhook.>", days=DAYS_KEPT)
            self._is_open = True

    async def put(self, partner: str, event: LoggedEvent, *, is_replay: bool = False) -> None:
        """Queue the call of an event; the same event is queued once, unless it is replayed."""
        await self.open()
        told = event.told
        mark = f"{partner}.{told['id']}" + (f".{new_id().hex}" if is_replay else "")
        headers = {"Nats-Msg-Id": mark, "Position": str(event.position), "Replay": "1" if is_replay else "0"}
        subject = f"webhook.{partner}.{token_of(event.subject)}"
        await self._client.jetstream().publish(subject, event.body, headers=headers)

    async def businesses(self, partner: str) -> dict[str, int]:
        """Return the tokens of businesses for which calls wait, with their count."""
        await self.open()
        found = await subjects_of(self._client, STREAM, f"webhook.{partner}.>")
        return {subject.split(".", 2)[2]: count for subject, count in found.items()}

    async def oldest(self, partner: str, business: str) -> Call | None:
        """Return the call of a business that is next."""
        message = await next_message(self._client, STREAM, f"webhook.{partner}.{business}")
        return _call(message, business) if message else None

    async def remove(self, call: Call) -> None:
        """Take a call out: it was answered, given up or is not wanted any more."""
        await drop_message(self._client, STREAM, call.number)

    async def clear(self, partner: str) -> None:
        """Take all calls of a partner out."""
        await self.open()
        await self._client.jetstream().purge_stream(STREAM, subject=f"webhook.{partner}.>")
        await self._retries.forget(partner)
        await self._health.forget_key(partner)

    async def retries(self, partner: str) -> dict[str, Retry]:
        """Return how the oldest calls fare, by business; those never tried are not there."""
        values = await self._retries.values(f"{partner}.*")
        return {key.split(".", 1)[1]: RETRY.validate_json(value) for key, value in values.items()}

    async def note_retry(self, partner: str, business: str, retry: Retry | None) -> None:
        """Keep how a call fares; None forgets it."""
        key = f"{partner}.{business}"
        if retry is None:
            await self._retries.forget_key(key)
        else:
            await self._retries.put(key, RETRY.dump_json(retry))

    async def health(self, partner: str) -> Health:
        """Return how a partner's address fares."""
        entry = await self._health.get(partner)
        return HEALTH.validate_json(entry.value) if entry else Health()

    async def note_health(self, partner: str, health: Health) -> None:
        """Keep how a partner's address fares."""
        await self._health.put(partner, HEALTH.dump_json(health))


def _call(message: RawStreamMsg, business: str) -> Call:
    headers = message.headers or {}
    told = json.loads(message.data or b"{}")
    queued_at = message.time or datetime.now(UTC)
    return Call(
        number=message.seq or 0,
        position=int(headers["Position"]),
        business=business,
        body=message.data or b"",
        event_id=told["id"],
        event_type=told["type"],
        queued_at=queued_at,
        is_replay=headers.get("Replay") == "1",
    )
