"""The gateway as an ASGI application; `python -m gateway` serves it."""

import json
import re
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge import Edge
from gateway.login.http import login_routes
from gateway.routing import CHANNELS, MethodNotAllowed, NoSuchPath
from gateway.settings import Settings
from gateway.wiring import lifespan_of
from lib_web import Observe, problem_response

ASSETS = Path(__file__).parent / "assets"
OPERATION = re.compile(rf"/(?:{'|'.join(sorted(CHANNELS))})/v1/")


class Front(Starlette):
    """Operations of the channels go straight to the core; the rest, which is asked seldom, by routes."""

    def __init__(self, settings: Settings) -> None:
        hardened = Middleware(Edge, origins=settings.cors_origins, is_https=settings.is_https)
        super().__init__(
            routes=_routes(self._core),
            middleware=[hardened],
            exception_handlers={HTTPException: _refused},
            lifespan=lifespan_of(settings),
        )
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


def _routes(core: ASGIApp) -> list[BaseRoute]:
    return [
        Route("/health/live", _live),
        Route("/health/ready", _ready),
        Route("/metrics", _metrics),
        *login_routes(),
        Route("/favicon.ico", _icon),
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
    is_ready = state.registry.is_loaded.is_set() and not state.in_flight.is_leaving
    status = {"status": "ready" if is_ready else "not-ready"}
    return JSONResponse(status, 200 if is_ready else 503)


async def _metrics(_request: Request) -> Response:
    return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _refused(_request: Request, error: Exception) -> Response:
    """Answer as the operations do where a file or method is not there."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        return problem_response("method-not-allowed", MethodNotAllowed.title, 405, MethodNotAllowed.title)
    return problem_response("no-such-path", NoSuchPath.title, status, NoSuchPath.title)


async def _icon(_request: Request) -> Response:
    # Browsers ask for it under this name, whatever page they show.
    return FileResponse(ASSETS / "icon.svg", headers={"cache-control": "max-age=86400"})


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
