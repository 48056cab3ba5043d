"""The gateway's core: a plain ASGI application. No model, no framework between a client and a service."""

import time
from collections import OrderedDict
from typing import Any
from urllib.parse import unquote

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.guards import Breaker, Overloaded, RateLimit, TooManyRequests, UpstreamUnavailable
from gateway.identity import Authenticator, Request
from gateway.routing import (
    CHANNELS,
    ChannelNotAllowed,
    Match,
    MethodNotAllowed,
    NoSuchPath,
    RouteTable,
)
from gateway.upstream import Answer, Upstream, UpstreamTimeout
from lib_kernel import DomainError
from lib_web import HEADER, MEDIA_TYPE, Caller, CallerKind, InternalTokenSigner, problem_of

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# What a client sends about itself is never believed by a service, and what proves a caller is not passed on.
NOT_FORWARDED = HOP_BY_HOP | {
    b"host",
    b"content-length",
    b"authorization",
    b"signature",
    b"signature-input",
    b"x-session",
    b"x-request-id",
    b"traceparent",
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-client-address",
    HEADER.lower().encode(),
}
NOT_RETURNED = HOP_BY_HOP | {b"server", b"date", b"x-request-id"}
STATUS: dict[type[DomainError], int] = {MethodNotAllowed: 405, TooManyRequests: 429, UpstreamTimeout: 504}
TOKEN_REUSED = 40.0
REMEMBERED_TOKENS = 20_000


class BodyTooLarge(DomainError):
    """The body is larger than the gateway takes (413)."""

    code = "body-too-large"
    title = "提交的内容过大"


class KeyRequired(DomainError):
    """Banks and terminals must send an Idempotency-Key with a creating request (400)."""

    code = "idempotency-key-required"
    title = "本渠道的提交请求须带 Idempotency-Key"


STATUS[BodyTooLarge] = 413


class InternalTokens:
    """One internal token for many requests of the same caller."""

    def __init__(self, signer: InternalTokenSigner) -> None:
        self._signer = signer
        self._known: OrderedDict[Caller, tuple[float, str]] = OrderedDict()

    def token_for(self, caller: Caller) -> str:
        """Return a token that holds for at least some seconds more."""
        now = time.monotonic()
        known = self._known.get(caller)
        if known is not None and known[0] > now:
            return known[1]
        token = self._signer.sign(caller)
        self._known[caller] = (now + TOKEN_REUSED, token)
        if len(self._known) > REMEMBERED_TOKENS:
            self._known.popitem(last=False)
        return token


class Gateway:
    """Authenticates, finds the route, limits and forwards; its own operations go to `own`."""

    def __init__(
        self,
        *,
        table: RouteTable,
        authenticator: Authenticator,
        tokens: InternalTokens,
        upstream: Upstream,
        addresses: dict[str, str],
        own: ASGIApp,
        rate: RateLimit,
        public_origin: str,
        largest_body: int,
        most_in_flight: int,
    ) -> None:
        self._table = table
        self._authenticator = authenticator
        self._tokens = tokens
        self._upstream = upstream
        self._addresses = addresses
        self._own = own
        self._rate = rate
        self._origin = public_origin.rstrip("/")
        self._largest_body = largest_body
        self._most = most_in_flight
        self._in_flight = 0
        self._breakers = {name: Breaker() for name in addresses}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if self._in_flight >= self._most:
                raise Overloaded
            self._in_flight += 1
            try:
                await self._handle(scope, receive, send)
            finally:
                self._in_flight -= 1
        except DomainError as error:
            await _refuse(error, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope["raw_path"] if scope.get("raw_path") else scope["path"].encode()
        _, channel, *rest = raw.decode("ascii", "replace").split("/")
        if channel not in CHANNELS:
            raise NoSuchPath
        path = "/" + "/".join(unquote(part) if "%2F" not in part.upper() else part for part in rest)
        match = self._table.find(scope["method"], path)
        scope["gateway_route"] = f"/{channel}{match.route.template}"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await self._read_body(headers, receive)
        query = scope["query_string"].decode("latin-1")
        url = self._origin + raw.decode("ascii", "replace") + (f"?{query}" if query else "")
        request = Request(scope["method"], url, headers, body)
        caller = await self._authenticator.authenticate(channel, request)
        _check(match, channel, caller, headers)
        self._rate.take(f"{caller.kind}:{caller.subject}:{_peer(scope, caller)}")
        if match.route.service == "gateway":
            await self._answer_itself(scope, match, caller, body, send)
        else:
            await self._forward(scope, match, caller, body, query, send)

    async def _read_body(self, headers: dict[str, str], receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._largest_body:
            raise BodyTooLarge(f"最多 {self._largest_body} 字节", largest=self._largest_body)
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client left before its request was complete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._largest_body:
                raise BodyTooLarge(f"最多 {self._largest_body} 字节", largest=self._largest_body)
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    async def _answer_itself(
        self, scope: Scope, match: Match, caller: Caller, body: bytes, send: Send
    ) -> None:
        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        inner: dict[str, Any] = {
            **scope,
            "path": match.path,
            "raw_path": match.path.encode(),
            "state": {**scope.get("state", {}), "caller": caller},
        }
        await self._own(inner, replay, send)

    async def _forward(
        self, scope: Scope, match: Match, caller: Caller, body: bytes, query: str, send: Send
    ) -> None:
        service = match.route.service
        breaker = self._breakers[service]
        breaker.check()
        url = self._addresses[service] + match.path + (f"?{query}" if query else "")
        fields = self._fields(scope, caller)
        try:
            answer = await self._upstream.send(scope["method"], url, fields, body)
        except (UpstreamUnavailable, UpstreamTimeout):
            breaker.failed()
            raise
        breaker.succeeded()
        await _pass_on(answer, send)

    def _fields(self, scope: Scope, caller: Caller) -> list[tuple[str, str]]:
        fields = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name not in NOT_FORWARDED
        ]
        known = structlog.contextvars.get_contextvars()
        fields.append((HEADER, self._tokens.token_for(caller)))
        if peer := _peer(scope, caller):
            fields.append(("X-Client-Address", peer))
        fields += [("X-Request-Id", known["request_id"]), ("traceparent", known["traceparent"])]
        return fields


def _check(match: Match, channel: str, caller: Caller, headers: dict[str, str]) -> None:
    # Staff are served as part of the PC channel, with operations of their own.
    column = "staff" if channel == "pc" and caller.kind is CallerKind.STAFF else channel
    if column not in match.route.channels:
        raise ChannelNotAllowed(channels=sorted(match.route.channels))
    if match.route.is_creating and channel in {"bank", "kiosk"} and "idempotency-key" not in headers:
        raise KeyRequired


def _peer(scope: Scope, caller: Caller) -> str:
    """Return the client's address for callers who are nobody in particular."""
    client = scope.get("client")
    return client[0] if client and caller.kind is CallerKind.PUBLIC else ""


async def _pass_on(answer: Answer, send: Send) -> None:
    headers = [(name.lower(), value) for name, value in answer.headers if name.lower() not in NOT_RETURNED]
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        answer.close()


async def _refuse(error: DomainError, send: Send) -> None:
    status, body, more = problem_of(error)
    status = STATUS.get(type(error), status)
    if status in {429, 504}:
        more = {**more, "retry-after": "1"}
    fields = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **more}
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
