"""What the rules share: the bank under test, requests signed well and badly, the outcome of a rule."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from http_message_signatures import HTTPMessageSigner, HTTPSignatureAlgorithm, MappingKeyResolver

from lib_partner import ALGORITHMS, TAG, SigningKey, content_digest

PROBE = "/bank/v1/me"
BODY_PROBE = "/bank/v1/events/acknowledgement"
COVERED = ("@method", "@target-uri", "content-digest")


class Unusable(Exception):
    """The rules cannot be run at all; the text says why."""


@dataclass(frozen=True)
class Outcome:
    """What a rule expected and what it saw."""

    number: str
    title: str
    expected: str
    seen: str

    @property
    def is_passed(self) -> bool:
        """Return whether it saw what it expected."""
        return self.expected == self.seen


@dataclass(frozen=True)
class Rule:
    """A rule of the contract: `check` returns what is seen, to be compared to `expected`."""

    number: str
    title: str
    expected: str
    check: Callable[["Bench"], Awaitable[str]]


@dataclass
class Forgery:
    """How a signature is made otherwise than it should be."""

    key: SigningKey | None = None
    age: timedelta = timedelta()
    nonce: str | None = "fresh"
    tag: str | None = TAG
    covered: tuple[str, ...] = COVERED
    algorithm: type[HTTPSignatureAlgorithm] | None = None
    signed_body: bytes | None = None
    signed_path: str | None = None
    signed_method: str | None = None


class _Message:
    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method = method
        self.url = url
        self.headers = headers


@dataclass
class Bench:
    """The bank's key against a gateway's sandbox."""

    base_url: str
    key: SigningKey
    http: httpx.AsyncClient
    patience: float = 90.0
    webhook_url: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        forgery: Forgery | None = None,
    ) -> httpx.Response:
        """Send a signed request; with a forgery, signed in that way."""
        fields = dict(headers or {})
        if body:
            fields["content-type"] = "application/json"
        fields |= self.signature(method, path, body, fields, forgery or Forgery())
        return await self.http.request(method, path, content=body, headers=fields)

    def signature(
        self, method: str, path: str, body: bytes, headers: dict[str, str], forgery: Forgery
    ) -> dict[str, str]:
        """Return the header fields of a signature."""
        key = forgery.key or self.key
        algorithm = forgery.algorithm or ALGORITHMS[key.algorithm]
        lowered = {name.lower(): value for name, value in headers.items()}
        signed_body = body if forgery.signed_body is None else forgery.signed_body
        digest = content_digest(signed_body)
        message = _Message(
            forgery.signed_method or method,
            self.base_url + (forgery.signed_path or path),
            {**lowered, "content-digest": digest},
        )
        signer = HTTPMessageSigner(
            signature_algorithm=algorithm,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key.key_id: key.private_pem}),
        )
        extra = tuple(
            n for n in ("idempotency-key", "x-session") if n in lowered and forgery.covered == COVERED
        )
        created = datetime.now(UTC) - forgery.age
        signer.sign(
            message,
            key_id=key.key_id,
            created=created,
            expires=created + timedelta(seconds=60),
            nonce=uuid4().hex if forgery.nonce == "fresh" else forgery.nonce,
            label="sig1",
            tag=forgery.tag,
            use_existing_digest=True,
            covered_component_ids=forgery.covered + extra,
        )
        sent = {name.lower(): value for name, value in message.headers.items()}
        return {name: sent[name] for name in ("content-digest", "signature-input", "signature")}

    async def until(self, found: Callable[[], Awaitable[bool]]) -> bool:
        """Ask again and again until something is so, or patience ends."""

        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if await found():
                return True
            await asyncio.sleep(0.2)
        return False


def told(answer: httpx.Response) -> str:
    """Return an answer in short: its status and, for a problem, its code and the reason or field it names."""
    if answer.is_success:
        return str(answer.status_code)
    try:
        body = answer.json()
        parts = [str(answer.status_code), str(body["type"]).removeprefix("/problems/")]
        parts += [str(body[name]) for name in ("reason", "field") if body.get(name)]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} 不是 problem+json"
    return " ".join(parts)
