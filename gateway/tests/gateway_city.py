"""A gateway in front of small services that really listen, with a real broker and an identity provider."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey
from nats.aio.client import Client
from starlette.types import ASGIApp

from gateway.parts import Parts
from gateway.settings import Settings
from lib_partner import SignedAuth, SigningKey
from lib_testing import free_port
from lib_web import HEADER, InternalTokenVerifier

ORIGIN = "http://gov.example"
PROVIDER_KEY = ECKey.generate_key("P-256", parameters={"kid": "p1"})
STRANGER_KEY = ECKey.generate_key("P-256", parameters={"kid": "p1"})


def ed25519_pair() -> tuple[bytes, str]:
    """Return a private and a public key as PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()


def token(key: ECKey = PROVIDER_KEY, **changes: Any) -> str:
    """Return an access token of a citizen; `changes` are claims."""
    now = int(time.time())
    claims = {
        "iss": "http://idp.example",
        "aud": "pingdingshan-gateway",
        "exp": now + 600,
        "jti": "t1",
        "person_id": "p_a",
        **changes,
    }
    return jwt.encode({"alg": "ES256", "kid": "p1"}, claims, key, algorithms=["ES256"])


@dataclass
class Stub:
    """A service that answers what it was asked."""

    name: str
    port: int = field(default_factory=free_port)
    calls: int = 0
    cache_control: str | None = None
    items: dict[str, list[str]] = field(default_factory=dict)  # codes by the mark of a channel
    paths: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    status: int = 200
    is_silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with method, path, header fields and body."""
        self.calls += scope["path"] != "/jwks.json"
        self.paths.append(scope["path"])
        message = await receive()
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        body: Any = {
            "service": self.name,
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": headers,
            "body": message.get("body", b"").decode(),
        }
        marks = parse_qs(scope["query_string"].decode()).get("channel", [])
        if scope["path"] == "/v1/items" and marks:
            body = {"items": [{"code": code} for code in self.items.get(marks[0], [])], "next": None}
        if scope["path"] == "/jwks.json":
            body = {"keys": [{**PROVIDER_KEY.as_dict(private=False), "kid": "p1"}]}
        elif self.answer is not None:
            body = self.answer
        if self.is_silent.is_set():
            await asyncio.Event().wait()
        fields = [(b"content-type", b"application/json"), (b"etag", b'"x"')]
        if self.cache_control is not None:
            fields.append((b"cache-control", self.cache_control.encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": fields})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        """Leave signals to pytest."""
        return nullcontext()


@asynccontextmanager
async def listening(app: Any, port: int) -> AsyncGenerator[str]:
    """Let an application that is started already listen; yield its address."""
    server = _Server(
        uvicorn.Config(app, port=port, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve())
    for _ in range(2000):
        if server.started:
            break
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def serving(stub: Stub) -> AsyncGenerator[None]:
    """Let a stub listen."""
    async with listening(stub, stub.port):
        yield


@dataclass
class City:
    """The running gateway with everything a test needs to talk to it."""

    client: httpx.AsyncClient
    bank_key: SigningKey
    kiosk_key: SigningKey
    catalog: Stub
    booking: Stub
    nats: Client
    verifier: InternalTokenVerifier
    core: ASGIApp
    settings: Settings
    parts: Parts

    @property
    def box_key(self) -> SigningKey:
        """Return the key of the sandbox partner `box`."""
        return replace(self.bank_key, key_id="box-1")

    def citizen(self, **changes: Any) -> dict[str, str]:
        """Return the header fields of a citizen."""
        return {"Authorization": f"Bearer {token(**changes)}"}

    def staff(self, *roles: str) -> dict[str, str]:
        """Return the header fields of a staff member."""
        return {"Authorization": f"Bearer {token(staff_id='s_1', roles=list(roles), points=['P1'])}"}

    async def bank(
        self, method: str, path: str, key: SigningKey | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request signed by the bank."""
        return await self.client.request(method, path, auth=SignedAuth(key or self.bank_key), **options)

    async def kiosk(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request signed by the terminal."""
        return await self.client.request(method, path, auth=SignedAuth(self.kiosk_key), **options)

    def caller(self, answer: httpx.Response) -> Any:
        """Return the caller whom the service was told of."""
        return self.verifier.verify(answer.json()["headers"][HEADER.lower()])
