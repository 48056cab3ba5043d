"""Web process of the gateway: `uvicorn gateway.main:app`."""

import asyncio
import json
import re
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from fastapi import FastAPI
from nats.aio.client import Client
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.availability import Availability
from gateway.cache import ReadCache, follow_changes
from gateway.channel_docs import ChannelDocs, Document, Read
from gateway.core import Gateway, InternalTokens
from gateway.edge import Edge
from gateway.guards import InFlight, RateLimit
from gateway.identity import Authenticator
from gateway.oidc import TokenVerifier
from gateway.own import own_app
from gateway.routes import TABLE
from gateway.routing import CHANNELS, read_table
from gateway.settings import Settings
from gateway.store import Registry, Shared, connected
from gateway.upstream import Upstream
from lib_log import configure_logging
from lib_messaging import stop_tasks
from lib_web import InternalTokenSigner, Observe, SisterClient, problem_response

ASSETS = Path(__file__).parent / "assets"
OPERATION = re.compile(rf"/(?:{'|'.join(sorted(CHANNELS))})/v1/")


class Front(Starlette):
    """Operations of the channels go straight to the core; the rest, which is asked seldom, by routes."""

    def __init__(self, settings: Settings) -> None:
        hardened = Middleware(Edge, origins=settings.cors_origins, is_https=settings.is_https)
        super().__init__(routes=_routes(self._core), middleware=[hardened], lifespan=_lifespan(settings))
        self._edge = Edge(self._core, origins=settings.cors_origins, is_https=settings.is_https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and OPERATION.match(scope["path"]):
            await self._edge(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _core(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A mount takes nothing away from the path: the channel is the core's to read.
        scope["root_path"] = ""
        await self.state.gateway(scope, receive, send)


def create_app(settings: Settings) -> Observe:
    """Return the application."""
    return Observe(Front(settings), _route_name)


def _lifespan(settings: Settings) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        configure_logging("gateway", settings.log_level)
        async with AsyncExitStack() as stack:
            client = await connected(settings.nats_url)
            stack.push_async_callback(client.close)
            await _open(app, settings, client, stack)
            with draining(app.state.in_flight.drain):
                yield

    return lifespan


async def _open(app: Starlette, settings: Settings, client: Client, stack: AsyncExitStack) -> None:
    """Build the parts; what must be closed goes on the stack."""
    signer = InternalTokenSigner.from_file("gateway", settings.internal_signing_key_file)
    upstream = Upstream(
        settings.upstreams(), silence=settings.upstream_seconds, patience=settings.patience_seconds
    )
    stack.push_async_callback(upstream.aclose)
    sisters = {name: SisterClient("gateway", urls[0], signer) for name, urls in settings.upstreams().items()}
    for sister in sisters.values():
        stack.push_async_callback(sister.aclose)
    registry, shared, table = Registry(), Shared(client), read_table(TABLE)
    cache, availability = ReadCache(settings.cache_bytes), Availability(sisters["catalog"])
    followers = [*registry.follow(client), follow_changes(client, [cache.expire, availability.expire])]
    stack.push_async_callback(stop_tasks, [asyncio.create_task(follower) for follower in followers])
    own = own_app(shared, client, sisters, settings.person_id_key_file)
    app.state.registry, app.state.docs = registry, ChannelDocs(table, _documents(own, sisters))
    app.state.in_flight = InFlight(settings.most_in_flight, settings.most_streams)
    app.state.gateway = Gateway(
        table=table,
        authenticator=Authenticator(TokenVerifier(settings, registry.revoked), registry, shared),
        tokens=InternalTokens(signer),
        upstream=upstream,
        cache=cache,
        availability=availability,
        own=own,
        rate=RateLimit(settings.requests_per_second, settings.burst),
        in_flight=app.state.in_flight,
        public_origin=settings.public_origin,
        largest_body=settings.largest_body,
        body_seconds=settings.body_seconds,
    )


def _documents(own: FastAPI, sisters: Mapping[str, SisterClient]) -> dict[str, Read]:
    async def mine() -> Document:
        return own.openapi()

    return {
        "gateway": mine,
        **{name: partial(sister.get, "/openapi.json") for name, sister in sisters.items()},
    }


@contextmanager
def draining(drain: Callable[[], None]) -> Generator[None]:
    """Call `drain` when the server is told to stop, beside what the server itself does then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, earlier = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def note(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(drain)
        if callable(earlier):
            earlier(number, frame)

    signal.signal(signal.SIGTERM, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _routes(core: ASGIApp) -> list[BaseRoute]:
    return [
        Route("/health/live", _live),
        Route("/health/ready", _ready),
        Route("/metrics", _metrics),
        Mount("/assets", StaticFiles(directory=ASSETS)),
        Route("/{channel}/openapi.json", _openapi),
        Route("/{channel}/docs", _docs),
        Mount("/", app=core),
    ]


def _route_name(scope: Scope) -> str:
    return str(scope.get("gateway_route") or getattr(scope.get("route"), "path", "unmatched"))


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _ready(request: Request) -> Response:
    state = request.app.state
    is_ready = state.registry.is_loaded.is_set() and not state.in_flight.is_draining
    status = {"status": "ready" if is_ready else "not-ready"}
    return JSONResponse(status, 200 if is_ready else 503)


async def _metrics(_request: Request) -> Response:
    return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _openapi(request: Request) -> Response:
    channel = request.path_params["channel"]
    if channel not in CHANNELS:
        return problem_response("no-such-path", "没有这个地址", 404, "没有这个渠道")
    document = await request.app.state.docs.openapi(channel)
    return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")


async def _docs(request: Request) -> Response:
    channel = request.path_params["channel"]
    if channel not in CHANNELS:
        return problem_response("no-such-path", "没有这个地址", 404, "没有这个渠道")
    return HTMLResponse(await request.app.state.docs.page(channel))


def __getattr__(name: str) -> Observe:
    """Build `app` when the server asks for it, not when the module is imported."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    build: Callable[[], Any] = Settings
    return create_app(build())
