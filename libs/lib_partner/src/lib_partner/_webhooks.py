"""The receiving side of webhooks: is a call the gateway's, is it fresh, was it seen before."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from lib_partner._signatures import WEBHOOK_TAG, SignatureRefused, verify_request

REMEMBERED = 20_000
PATH_OF_KEYS = "/public/v1/webhook-keys"


@dataclass(frozen=True)
class WebhookEvent:
    """An event as a bank receives it. `id` never changes, however often it is sent.

    `subject` is the business it is about. `sequence` grows with each event of the same subject: one that is
    not greater than the last you worked on is old news.
    """

    id: str
    type: str
    subject: str
    sequence: int
    time: datetime
    data: Mapping[str, Any]


class WebhookVerifier:
    """Checks calls against the gateway's public keys; remembers nonces and finished events of this process.

    A bank with several processes keeps the ids of finished events in its own database, in the transaction
    that works on the event; `is_done` and `done` are for those who have one process.
    """

    def __init__(self, keys: Mapping[str, tuple[str, bytes]]) -> None:
        self._keys = dict(keys)
        self._nonces: OrderedDict[str, None] = OrderedDict()
        self._done: OrderedDict[str, None] = OrderedDict()

    @classmethod
    async def fetch(cls, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> Self:
        """Read the keys from the gateway; do so again when a call names a key you do not know."""
        async with httpx.AsyncClient(base_url=base_url, transport=transport, timeout=10) as client:
            answer = await client.get(PATH_OF_KEYS)
            answer.raise_for_status()
        return cls(
            {key["key_id"]: (key["algorithm"], key["public_key"].encode()) for key in answer.json()["items"]}
        )

    def verify(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Return the event of a call. `url` is your address as it is registered, not what a proxy made of it.

        Raises:
            SignatureRefused: as `verify_request`, or `signature-replayed`, or `event-malformed`.
        """
        proven = verify_request(method, url, headers, body, self._keys.get, tag=WEBHOOK_TAG)
        if proven.nonce in self._nonces:
            raise SignatureRefused("signature-replayed", "签名的 nonce 已使用过")
        _remember(self._nonces, proven.nonce)
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            told = json.loads(body)
            event = WebhookEvent(
                id=told["id"],
                type=told["type"],
                subject=told["subject"],
                sequence=int(lowered["webhook-sequence"]),
                time=datetime.fromisoformat(told["time"]),
                data=told["data"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise SignatureRefused("event-malformed", "内容不是事件") from error
        if event.id != lowered.get("webhook-id"):
            raise SignatureRefused("event-malformed", "Webhook-Id 与内容不符")
        return event

    def is_done(self, event: WebhookEvent) -> bool:
        """Return whether the event was worked on before: answer 204 and do nothing."""
        return event.id in self._done

    def done(self, event: WebhookEvent) -> None:
        """Note that the event was worked on."""
        _remember(self._done, event.id)


def _remember(known: OrderedDict[str, None], name: str) -> None:
    known[name] = None
    if len(known) > REMEMBERED:
        known.popitem(last=False)
