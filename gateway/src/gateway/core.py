"""The gateway's core: a plain ASGI application. No model, no framework between a client and a service."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.availability import Availability
from gateway.cache import Found, ReadCache
from gateway.guards import MOMENT, Breaker, InFlight, Overloaded, RateLimit, UpstreamUnavailable
from gateway.identity import SIGNED, Authenticator, Request
from gateway.intake import BodyTooLarge, BodyTooSlow, FieldsTooLarge, Intake
from gateway.partner.admission import Admission
from gateway.routing import (
    ChannelNotAllowed,
    Match,
    MethodNotAllowed,
)
from gateway.upstream import Answer, Outgoing, Upstream, UpstreamTimeout
from gateway.visits import Visits
from gateway.wire import Fields
from lib_kernel import DomainError
from lib_web import HEADER, MEDIA_TYPE, Caller, CallerKind, InternalTokenSigner, matches, problem_of

INTERNAL_FIELD = HEADER.lower().encode()
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
    b"expect",
    b"content-length",
    b"authorization",
    b"cookie",
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
    INTERNAL_FIELD,
}
NOT_RETURNED = HOP_BY_HOP | {b"server", b"date", b"x-request-id"}
# A cached answer is asked for without the client's own copy in mind.
CONDITIONS = frozenset({b"if-none-match", b"if-modified-since", b"range"})
SAFE = frozenset({"GET", "HEAD"})
STATUS: dict[type[DomainError], int] = {MethodNotAllowed: 405, UpstreamTimeout: 504}
TOKEN_REUSED = 40.0
REMEMBERED_TOKENS = 20_000


class KeyRequired(DomainError):
    """Banks and terminals must send an Idempotency-Key with a creating request (400)."""

    code = "idempotency-key-required"
    title = "本渠道的提交请求须带 Idempotency-Key"


STATUS |= {BodyTooLarge: 413, BodyTooSlow: 408, FieldsTooLarge: 431}


class InternalTokens:
    """One internal token for many requests of the same caller."""

    def __init__(self, signer: InternalTokenSigner) -> None:
        self._signer = signer
        self._known: OrderedDict[Caller, tuple[float, bytes]] = OrderedDict()

    def token_for(self, caller: Caller) -> bytes:
        """Return a token that holds for at least some seconds more."""
        now = time.monotonic()
        known = self._known.get(caller)
        if known is not None and known[0] > now:
            return known[1]
        token = self._signer.sign(caller).encode()
        self._known[caller] = (now + TOKEN_REUSED, token)
        if len(self._known) > REMEMBERED_TOKENS:
            self._known.popitem(last=False)
        return token


class Gateway:
    """Authenticates, finds the route, limits and forwards; its own operations go to `own`."""

    def __init__(
        self,
        *,
        intake: Intake,
        authenticator: Authenticator,
        admission: Admission,
        tokens: InternalTokens,
        upstream: Upstream,
        cache: ReadCache,
        availability: Availability,
        own: ASGIApp,
        visits: Visits,
        rate: RateLimit,
        in_flight: InFlight,
    ) -> None:
        self._intake = intake
        self._authenticator = authenticator
        self._admission = admission
        self._tokens = tokens
        self._upstream = upstream
        self._cache = cache
        self._availability = availability
        self._own = own
        self._visits = visits
        self._rate = rate
        self._in_flight = in_flight
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            with self._in_flight.request():
                match, request = self._intake.head(scope)
                channel = scope["gateway_channel"]
                if channel in SIGNED:
                    self._authenticator.check_key(channel, request)
                    request = await self._intake.with_body(request, receive)
                caller = await self._authenticator.authenticate(channel, request)
                _check(match, channel, caller, request.headers)
                self._admission.admit(caller, match.route)
                send = self._admission.counting(caller, match.route, send)
                scope["gateway_peer"] = self._peer(request, caller)
                self._rate.take(_owner(scope, caller))
                if caller.kind is CallerKind.CITIZEN:
                    self._visits.note(caller.subject)
                if channel not in SIGNED:
                    request = await self._intake.with_body(request, receive)
                await self._availability.check(channel, match, request)
                if match.route.is_stream:
                    await self._stream(scope, match, caller, request, receive, send)
                else:
                    await self._answer(scope, match, caller, request, receive, send)
        except DomainError as error:
            await _refuse(error, send)

    async def _answer(
        self, scope: Scope, match: Match, caller: Caller, request: Request, receive: Receive, send: Send
    ) -> None:
        if match.route.service == "gateway":
            await self._answer_itself(scope, match, caller, request.body, receive, send)
        elif match.route.is_cached:
            await self._answer_from_cache(scope, match, caller, request, send)
        else:
            await _pass_on(await self._forward(scope, match, caller, request.body), send)

    async def _stream(
        self, scope: Scope, match: Match, caller: Caller, request: Request, receive: Receive, send: Send
    ) -> None:
        has_begun = False
        is_welcome = partial(self._authenticator.still_admits, scope["gateway_channel"], request)

        async def note(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                # A stream ends with its connection: the client comes back by another, to another replica.
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        with self._in_flight.stream(_owner(scope, caller), is_welcome) as stream:
            if match.route.service == "gateway":
                await self._answer_itself(scope, match, caller, request.body, receive, note)
            else:
                answer = await self._forward(scope, match, caller, request.body)
                await _while_listened_to(_pass_on(answer, note), receive)
        if stream.is_ended:
            if not has_begun:
                raise Overloaded(retry_after=MOMENT)
            await send({"type": "http.response.body", "body": b""})

    async def _answer_itself(
        self, scope: Scope, match: Match, caller: Caller, body: bytes, receive: Receive, send: Send
    ) -> None:
        bodies = [body]

        async def replay() -> Message:
            # After the body comes what the client does next: a stream must notice that it left.
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            return await receive()

        inner: dict[str, Any] = {
            **scope,
            "path": match.path,
            "raw_path": match.path.encode(),
            "state": {**scope.get("state", {}), "caller": caller},
        }
        await self._own(inner, replay, send)

    async def _answer_from_cache(
        self, scope: Scope, match: Match, caller: Caller, request: Request, send: Send
    ) -> None:
        async def fetch() -> tuple[int, Fields, bytes]:
            answer = await self._forward(scope, match, caller, b"", method="GET", without=CONDITIONS)
            return answer.status, answer.headers, await answer.body()

        # The catalogue may tell its own staff more, also on a channel they share with citizens.
        query = scope["query_string"].decode("latin-1")
        key = f"{scope['gateway_channel']} {caller.kind is CallerKind.STAFF} {match.path}?{query}"
        found = await self._cache.answer(key, fetch)
        await _give(found, request.headers.get("if-none-match"), scope["method"], send)

    async def _forward(
        self,
        scope: Scope,
        match: Match,
        caller: Caller,
        body: bytes,
        *,
        method: str | None = None,
        without: frozenset[bytes] = frozenset(),
    ) -> Answer:
        service, query = match.route.service, scope["query_string"].decode("latin-1")
        breaker = self._breakers[service]
        breaker.check()
        fields = self._fields(scope, caller, without)
        method = method or scope["method"]
        is_keyed = any(name == b"idempotency-key" for name, _ in fields)
        outgoing = Outgoing(
            service,
            method,
            match.path + (f"?{query}" if query else ""),
            fields,
            body,
            is_repeatable=method in SAFE or is_keyed,
            is_stream=match.route.is_stream,
        )
        try:
            answer = await self._upstream.send(outgoing)
        except (UpstreamUnavailable, UpstreamTimeout):
            breaker.failed()
            raise
        breaker.succeeded()
        return answer

    def _fields(self, scope: Scope, caller: Caller, without: frozenset[bytes]) -> Fields:
        fields = [field for field in scope["headers"] if field[0] not in NOT_FORWARDED]
        if without:
            fields = [field for field in fields if field[0] not in without]
        known = structlog.contextvars.get_contextvars()
        fields.append((INTERNAL_FIELD, self._tokens.token_for(caller)))
        if peer := scope["gateway_peer"]:
            fields.append((b"x-client-address", peer.encode()))
        fields.append((b"x-request-id", known["request_id"].encode()))
        fields.append((b"traceparent", known["traceparent"].encode()))
        return fields

    def _peer(self, request: Request, caller: Caller) -> str:
        """Return the client's address for callers who are nobody in particular."""
        return self._authenticator.address_of(request) if caller.kind is CallerKind.PUBLIC else ""


def _owner(scope: Scope, caller: Caller) -> str:
    """Return on whose account a request goes."""
    return f"{caller.kind}:{caller.subject}:{scope['gateway_peer']}"


def _check(match: Match, channel: str, caller: Caller, headers: Mapping[str, str]) -> None:
    # Staff are served as part of the PC channel, with operations of their own.
    column = "staff" if channel == "pc" and caller.kind is CallerKind.STAFF else channel
    if column not in match.route.channels:
        raise ChannelNotAllowed(channels=sorted(match.route.channels))
    if match.route.is_creating and channel in SIGNED and "idempotency-key" not in headers:
        raise KeyRequired


async def _pass_on(answer: Answer, send: Send) -> None:
    try:
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": _returned(answer.headers)}
        )
        has_more = True
        while has_more:
            chunk = await answer.chunk()
            has_more = not answer.is_at_end
            await send({"type": "http.response.body", "body": chunk, "more_body": has_more})
    finally:
        answer.close()


async def _while_listened_to(passing: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Pass a stream on until it ends or the client leaves, which the server tells only who asks."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.create_task(passing), asyncio.create_task(left())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = tasks[0].done()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if ended:
        tasks[0].result()


async def _give(found: Found, if_none_match: str | None, method: str, send: Send) -> None:
    """Send a stored answer, or 304 when the client has it already."""
    stored = found.answer
    headers = [*_returned(stored.headers), (b"x-cache", found.how)]
    if stored.etag and matches(if_none_match, stored.etag.decode("latin-1")):
        headers = [field for field in headers if field[0] not in {b"content-length", b"content-type"}]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": stored.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else stored.body})


def _returned(headers: Fields) -> Fields:
    return [field for field in headers if field[0] not in NOT_RETURNED]


async def _refuse(error: DomainError, send: Send) -> None:
    status, body, more = problem_of(error, STATUS.get(type(error)))
    fields = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **more}
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
