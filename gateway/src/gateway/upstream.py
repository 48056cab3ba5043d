"""The HTTP client that forwards, behind one small face: aiohttp today."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway.guards import UpstreamUnavailable
from lib_kernel import DomainError

SAFE = frozenset({"GET", "HEAD"})
CONNECT_SECONDS = 2.0
CHUNK = 64 * 1024
Fields = list[tuple[bytes, bytes]]


class UpstreamTimeout(DomainError):
    """The service was silent too long (504)."""

    code = "upstream-timeout"
    title = "该服务响应超时，请稍后再试"


@dataclass
class Answer:
    """A service's answer; `chunks` must be read to the end or `close` called."""

    status: int
    headers: Fields
    chunks: AsyncIterator[bytes]
    response: aiohttp.ClientResponse

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read."""
        self.response.release()


class Upstream:
    """A pool of connections to all services."""

    def __init__(self, silence: float) -> None:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=200, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def send(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Send a request and return the answer as soon as it begins.

        A safe request whose connection broke before the answer is sent once more.

        Raises:
            UpstreamUnavailable: no connection, or it broke.
            UpstreamTimeout: silence.
        """
        attempts = 2 if method in SAFE else 1
        for attempt in range(1, attempts + 1):
            try:
                return await self._send(method, url, headers, body)
            except (TimeoutError, aiohttp.ServerTimeoutError) as error:
                if isinstance(error, aiohttp.ConnectionTimeoutError):
                    raise UpstreamUnavailable from error
                raise UpstreamTimeout from error
            except aiohttp.ClientError as error:
                if attempt == attempts:
                    raise UpstreamUnavailable from error
        raise UpstreamUnavailable

    async def _send(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        response = await self._session.request(
            method, URL(url, encoded=True), headers=headers, data=body or None, allow_redirects=False
        )
        return Answer(
            response.status, list(response.raw_headers), response.content.iter_chunked(CHUNK), response
        )
