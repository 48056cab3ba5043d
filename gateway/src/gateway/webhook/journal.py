"""What became of each call: the delivery log (推送记录) and the dead letters."""

import json
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from gateway.partner_event.log import LoggedEvent
from gateway.store import drop_message, messages_after, open_stream, subjects_of
from gateway.webhook.domain import Answer, Call
from gateway.webhook.queue import Queue

LOG, DEAD = "WEBHOOK_LOG", "WEBHOOK_DEAD"
LOG_DAYS, DEAD_DAYS = 90.0, 180.0
MOST_LISTED = 200


class Journal:
    """Appends attempts and dead letters, lists them, queues dead letters again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_open = False

    async def note(
        self, partner: str, call: Call, attempt: int, answer: Answer, outcome: str, at: datetime
    ) -> None:
        """Append an attempt; `outcome` is delivered, retry, dead or ended."""
        await self._open()
        record = {
            "event_id": call.event_id,
            "type": call.event_type,
            "sequence": call.position,
            "attempt": attempt,
            "at": at.isoformat(),
            "answer": answer.text,
            "milliseconds": answer.milliseconds,
            "outcome": outcome,
            "is_replay": call.is_replay,
        }
        subject = f"webhook-log.{partner}.{call.event_id}"
        await self._client.jetstream().publish(subject, json.dumps(record, ensure_ascii=False).encode())

    async def attempts(self, partner: str, event_id: str | None, before: int | None) -> list[dict[str, Any]]:
        """Return the latest attempts, the latest first, of one event or of all; `before` is a `number`."""
        await self._open()
        if event_id is not None:
            found = [
                _attempt(message)
                async for message in messages_after(self._client, LOG, f"webhook-log.{partner}.{event_id}")
            ]
            return list(reversed(found))[:MOST_LISTED]
        last = (await self._client.jetstream().stream_info(LOG)).state.last_seq + 1
        return await self._latest(partner, last if before is None else before)

    async def _latest(self, partner: str, before: int) -> list[dict[str, Any]]:
        """Look back in growing steps, because a stream is read forward only."""
        step = MOST_LISTED
        while True:
            start = max(0, before - 1 - step)
            found = []
            async for message in messages_after(self._client, LOG, f"webhook-log.{partner}.>", start):
                if (message.seq or 0) >= before:
                    break
                found.append(_attempt(message))
            if len(found) >= MOST_LISTED or start == 0:
                return list(reversed(found))[:MOST_LISTED]
            step *= 8

    async def bury(self, partner: str, call: Call, reason: str, at: datetime) -> None:
        """Keep a call that was given up on."""
        await self._open()
        headers = {
            "Nats-Msg-Id": f"{partner}.{call.event_id}.{call.number}",
            "Position": str(call.position),
            "Reason": reason,
            "At": at.isoformat(),
        }
        await self._client.jetstream().publish(
            f"webhook-dead.{partner}.{call.event_id}", call.body, headers=headers
        )

    async def dead(self, partner: str) -> list[dict[str, Any]]:
        """Return a partner's dead letters, the oldest first."""
        return [_letter(message) for message in await self._letters(partner, "*")][:MOST_LISTED]

    async def count_dead(self, partner: str) -> int:
        """Return how many dead letters a partner has."""
        await self._open()
        return sum((await subjects_of(self._client, DEAD, f"webhook-dead.{partner}.>")).values())

    async def replay(self, partner: str, queue: Queue, event_id: str | None = None) -> int:
        """Queue dead letters again, the oldest first, all or those of one event; return how many."""
        letters = await self._letters(partner, event_id or "*")
        for message in letters:
            body, headers = message.data or b"", message.headers or {}
            event = LoggedEvent(int(headers["Position"]), body, json.loads(body)["subject"])
            await queue.put(partner, event, is_replay=True)
            await drop_message(self._client, DEAD, message.seq or 0)
        return len(letters)

    async def forget(self, partner: str) -> None:
        """Remove everything of a sandbox partner."""
        await self._open()
        js = self._client.jetstream()
        await js.purge_stream(LOG, subject=f"webhook-log.{partner}.>")
        await js.purge_stream(DEAD, subject=f"webhook-dead.{partner}.>")

    async def _letters(self, partner: str, event_id: str) -> list[RawStreamMsg]:
        await self._open()
        subjects = f"webhook-dead.{partner}.{event_id}"
        return [message async for message in messages_after(self._client, DEAD, subjects)]

    async def _open(self) -> None:
        if not self._is_open:
            await open_stream(self._client, LOG, "webhook-log.>", days=LOG_DAYS)
            await open_stream(self._client, DEAD, "webhook-dead.>", days=DEAD_DAYS)
            self._is_open = True


def _attempt(message: RawStreamMsg) -> dict[str, Any]:
    return {**json.loads(message.data or b"{}"), "number": message.seq}


def _letter(message: RawStreamMsg) -> dict[str, Any]:
    headers, told = message.headers or {}, json.loads(message.data or b"{}")
    return {
        "event_id": told["id"],
        "type": told["type"],
        "subject": told["subject"],
        "sequence": int(headers["Position"]),
        "reason": headers["Reason"],
        "given_up_at": headers["At"],
    }
