"""Web process of the gateway: `uvicorn gateway.main:app`."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from gateway.channel_docs import ChannelDocs
from gateway.core import Gateway, InternalTokens
from gateway.guards import RateLimit
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
from lib_web import InternalTokenSigner, Observe, SisterClient, freeze_startup, problem_response

ASSETS = Path(__file__).parent / "assets"


def create_app(settings: Settings) -> Observe:
    """Return the application: operations pages around the core."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        configure_logging("gateway", settings.log_level)
        async with AsyncExitStack() as stack:
            client = await connected(settings.nats_url)
            stack.push_async_callback(client.close)
            signer = InternalTokenSigner.from_file("gateway", settings.internal_signing_key_file)
            upstream = Upstream(settings.upstream_seconds)
            stack.push_async_callback(upstream.aclose)
            sisters = {
                name: SisterClient("gateway", url, signer) for name, url in settings.upstreams().items()
            }
            for sister in sisters.values():
                stack.push_async_callback(sister.aclose)
            registry, shared, table = Registry(), Shared(client), read_table(TABLE)
            following = [asyncio.create_task(follower) for follower in registry.follow(client)]
            stack.push_async_callback(stop_tasks, following)
            app.state.registry, app.state.docs = registry, ChannelDocs(table, sisters)
            app.state.gateway = Gateway(
                table=table,
                authenticator=Authenticator(TokenVerifier(settings, registry.revoked), registry, shared),
                tokens=InternalTokens(signer),
                upstream=upstream,
                addresses=settings.upstreams(),
                own=own_app(shared, client, sisters, settings.person_id_key_file),
                rate=RateLimit(settings.requests_per_second, settings.burst),
                public_origin=settings.public_origin,
                largest_body=settings.largest_body,
                most_in_flight=settings.most_in_flight,
            )
            yield

    async def core(scope: Scope, receive: Receive, send: Send) -> None:
        # The mount takes nothing away from the path: the channel is the core's to read.
        scope["root_path"] = ""
        await scope["app"].state.gateway(scope, receive, send)

    routes = [
        Route("/health/live", _live),
        Route("/health/ready", _ready),
        Route("/metrics", _metrics),
        Mount("/assets", StaticFiles(directory=ASSETS)),
        Route("/{channel}/openapi.json", _openapi),
        Route("/{channel}/docs", _docs),
        Mount("/", app=core),
    ]
    return Observe(Starlette(routes=routes, lifespan=lifespan), _route_name)


def _route_name(scope: Scope) -> str:
    return str(scope.get("gateway_route") or getattr(scope.get("route"), "path", "unmatched"))


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _ready(request: Request) -> Response:
    is_ready = request.app.state.registry.is_loaded.is_set()
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
    app = create_app(build())
    freeze_startup()
    return app
