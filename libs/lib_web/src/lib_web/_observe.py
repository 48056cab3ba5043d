"""Outermost layer of every web process: request id, trace context, metrics, access log, last resort.

Plain ASGI, so that it costs little and streams are not touched.
"""

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib_log import describe_error
from lib_web._problems import MEDIA_TYPE, SORRY, problem_body

log = structlog.get_logger("access")

REQUEST_ID = re.compile(rb"^[0-9A-Za-z_.-]{8,64}$")
TRACE_PARENT = re.compile(rb"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
NOT_LOGGED = frozenset({"/health/live", "/health/ready", "/metrics"})

REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "Time to the end of the answer", ["method", "route"])
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests being answered")


def default_route(scope: Scope) -> str:
    """Return the template of the route that was matched, never the path itself: it may hold ids."""
    route = scope.get("route")
    return getattr(route, "path", "unmatched")


class Observe:
    """ASGI middleware. `route_name` names the route of a finished request for metrics and the access log."""

    def __init__(self, app: ASGIApp, route_name: Callable[[Scope], str] = default_route) -> None:
        self.app = app
        self._route_name = route_name
        self._counts: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, traceparent = _identify(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, traceparent=traceparent)
        status, is_complete = 0, False

        async def note(message: Message) -> None:
            nonlocal status, is_complete
            is_complete = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        start = time.perf_counter()
        IN_FLIGHT.inc()
        try:
            await self.app(scope, receive, note)
        except Exception as error:
            log.error("request.failed", route=self._route_name(scope), **describe_error(error))
            if status == 0:
                await _apologise(note)
            elif not is_complete:
                raise _Broken from None
        finally:
            IN_FLIGHT.dec()
            self._count(scope, status or 499, time.perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = self._route_name(scope), scope["method"]
        key = (method, route, status)
        if key not in self._counts:
            self._counts[key] = REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)
        requests, durations = self._counts[key]
        requests.inc()
        durations.observe(seconds)
        if self._is_logged(scope["path"]):
            log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    @staticmethod
    def _is_logged(path: str) -> bool:
        # Asked of the plain logger, which knows its level; structlog would build a line and drop it.
        return path not in NOT_LOGGED and logging.getLogger("access").isEnabledFor(logging.INFO)


class _Broken(Exception):
    """An answer that had begun cannot be mended; the server closes the connection."""


def _identify(scope: Scope) -> tuple[str, str]:
    """Return request id and traceparent, new ones where the client sends none that is in order."""
    request_id = traceparent = b""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = value
        elif name == b"traceparent":
            traceparent = value
    return (
        request_id.decode() if REQUEST_ID.match(request_id) else token_hex(16),
        traceparent.decode() if TRACE_PARENT.match(traceparent) else _new_trace(),
    )


def _new_trace() -> str:
    """Return a traceparent (W3C Trace Context §3.2) of a trace that begins here, not sampled."""
    drawn = token_hex(24)
    return f"00-{drawn[:32]}-{drawn[32:]}-00"


async def _apologise(send: Callable[[Message], Any]) -> None:
    body = problem_body("internal-error", SORRY, 500, SORRY)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": body})
