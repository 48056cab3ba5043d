"""What every answer to a browser carries: security headers, and permission for the channel's own sites."""

from collections.abc import Mapping

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Pages are drawn by the platform's own scripts and styles; nothing is loaded from elsewhere.
PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; font-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)
DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
ALLOWED_FIELDS = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
]
EXPOSED_FIELDS = [
    "ETag",
    "Location",
    "Retry-After",
    "X-Request-Id",
    "Idempotent-Replayed",
    "Content-Disposition",
]


class Edge:
    """ASGI middleware around the whole gateway.

    `origins` are the sites whose scripts may call a channel. Channels of machines (bank, kiosk) get none, so
    a browser on another site cannot use them.
    """

    def __init__(self, app: ASGIApp, *, origins: Mapping[str, list[str]], is_https: bool) -> None:
        self._app = app
        self._headers = [*HEADERS, STRICT_TRANSPORT] if is_https else HEADERS
        self._by_channel: dict[str, ASGIApp] = {
            channel: CORSMiddleware(
                app,
                allow_origins=allowed,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=ALLOWED_FIELDS,
                expose_headers=EXPOSED_FIELDS,
                max_age=600,
            )
            for channel, allowed in origins.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._missing(message)]
            await send(message)

        channel = scope["path"].removeprefix("/").partition("/")[0]
        await self._by_channel.get(channel, self._app)(scope, receive, harden)

    def _missing(self, message: Message) -> list[tuple[bytes, bytes]]:
        known = dict(message.get("headers", ()))
        added = self._headers.copy()
        if b"content-security-policy" not in known:
            is_page = known.get(b"content-type", b"").startswith(b"text/html")
            added.append((b"content-security-policy", PAGE_POLICY if is_page else DATA_POLICY))
        if b"cache-control" not in known:
            # What was said to one caller is nobody else's, unless the service said otherwise.
            added.append((b"cache-control", b"no-store"))
        return added
