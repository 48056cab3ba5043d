"""Takes a request in: finds its operation, reads its head and, when that is worth it, its body."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote

from starlette.types import Receive, Scope

from gateway.identity import Request
from gateway.routing import CHANNELS, Match, NoSuchPath, RouteTable
from lib_kernel import DomainError

LARGEST_FIELDS = 32 * 1024
DOTS = frozenset({".", ".."})
STAND_ONCE = frozenset(
    {
        b"authorization",
        b"content-digest",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"signature",
        b"signature-input",
        b"x-session",
    }
)


class BodyTooLarge(DomainError):
    """The body is larger than the gateway takes (413)."""

    code = "body-too-large"
    title = "提交的内容过大"


class BodyTooSlow(DomainError):
    """The body did not arrive in time (408)."""

    code = "body-too-slow"
    title = "提交内容传输超时，请检查网络后重试"


class FieldsTooLarge(DomainError):
    """The header fields are larger than the gateway takes (431)."""

    code = "header-fields-too-large"
    title = "请求头过大"


class FieldRepeated(DomainError):
    """A header field that may stand once stands twice (400)."""

    code = "header-field-repeated"
    title = "请求头重复"


class Intake:
    """Reads requests within their limits; `public_origin` is what clients see and sign."""

    def __init__(
        self, table: RouteTable, *, public_origin: str, largest_body: int, body_seconds: float
    ) -> None:
        self._table = table
        self._origin = public_origin.rstrip("/")
        self._largest_body = largest_body
        self._body_seconds = body_seconds

    def head(self, scope: Scope) -> tuple[Match, Request]:
        """Return the operation a request asks for, and the request without its body.

        Raises:
            NoSuchPath, MethodNotAllowed, FieldsTooLarge, FieldRepeated: see there.
        """
        raw: bytes = scope["raw_path"] if scope.get("raw_path") else scope["path"].encode()
        path = raw.decode("ascii", "replace")
        _, channel, *rest = path.split("/")
        if channel not in CHANNELS:
            raise NoSuchPath
        parts = [unquote(part) if "%2F" not in part.upper() else part for part in rest]
        if not DOTS.isdisjoint(parts):
            raise NoSuchPath  # Whoever tidies the path up behind us would ask for another operation.
        inner = "/" + "/".join(parts)
        match = self._table.find(scope["method"], inner)
        scope["gateway_route"] = f"/{channel}{match.route.template}"
        scope["gateway_channel"] = channel
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_FIELDS:
            raise FieldsTooLarge(f"请求头最多 {LARGEST_FIELDS} 字节", largest=LARGEST_FIELDS)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if len(headers) < len(scope["headers"]):
            _check_repeated(scope["headers"])
        query = scope["query_string"].decode("latin-1")
        url = self._origin + path + (f"?{query}" if query else "")
        peer = scope["client"][0] if scope.get("client") else ""
        return match, Request(scope["method"], url, headers, peer=peer)

    async def with_body(self, request: Request, receive: Receive) -> Request:
        """Return the request with its body. Who may not ask is refused before: a body costs memory.

        Raises:
            BodyTooLarge, BodyTooSlow: see there.
        """
        body = await self._read_body(request.headers, receive)
        return replace(request, body=body) if body else request

    async def _read_body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._largest_body:
            raise BodyTooLarge(f"最多 {self._largest_body} 字节", largest=self._largest_body)
        if declared == "0" and "transfer-encoding" not in headers:
            return b""
        try:
            async with asyncio.timeout(self._body_seconds):
                return await self._collect(receive)
        except TimeoutError as error:
            raise BodyTooSlow from error

    async def _collect(self, receive: Receive) -> bytes:
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


def _check_repeated(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a field that may stand once and stands twice: two readers would believe two different ones."""
    names = [name for name, _ in headers if name in STAND_ONCE]
    repeated = sorted({name.decode() for name in names if names.count(name) > 1})
    if repeated:
        raise FieldRepeated(f"请求头 {repeated[0]} 只能出现一次", fields=repeated)
