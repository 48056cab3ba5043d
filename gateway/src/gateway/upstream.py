"""The HTTP client that forwards, behind one small face: aiohttp today."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway.guards import UpstreamUnavailable
from lib_kernel import DomainError

CONNECT_SECONDS = 2.0
RESTING_SECONDS = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
# Less than the five seconds after which the services' server closes an idle connection: a request that
# meets the close may not be sent again unless that is harmless.
KEEP_ALIVE_SECONDS = 4.0
Fields = list[tuple[bytes, bytes]]


class UpstreamTimeout(DomainError):
    """The service was silent too long (504)."""

    code = "upstream-timeout"
    title = "该服务响应超时，请稍后再试"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a service. `target` is path and query, percent-encoded.

    `is_repeatable`: sending it twice has one effect, so it may be sent again when its connection broke.
    `is_stream`: the answer goes on for as long as the client listens.
    """

    service: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    is_repeatable: bool
    is_stream: bool = False


@dataclass(slots=True)
class Answer:
    """A service's answer; read `chunks` or `body` to the end, or call `close`."""

    status: int
    headers: Fields
    response: aiohttp.ClientResponse

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """Return the body piece by piece, as it comes."""
        return self.response.content.iter_any()

    @property
    def length(self) -> int | None:
        """Return the length the service announced, None when it did not."""
        return self.response.content_length

    async def body(self) -> bytes:
        """Return the whole body. Raises UpstreamUnavailable when it broke off."""
        try:
            return await self.response.read()
        except aiohttp.ClientError as error:
            raise UpstreamUnavailable from error

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read."""
        self.response.release()


class Upstream:
    """Pools of connections to all services, each at one or more addresses."""

    def __init__(self, addresses: Mapping[str, Sequence[str]], *, silence: float, patience: float) -> None:
        """In seconds, `silence` is the longest pause in an answer, `patience` how long a restart may take."""
        self._addresses = {name: list(found) for name, found in addresses.items()}
        self._turn = dict.fromkeys(self._addresses, 0)
        self._resting: dict[str, float] = {}
        self._silence = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence)
        self._endless = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        self._patience = patience
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=200, keepalive_timeout=KEEP_ALIVE_SECONDS),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        # Streams keep their connections for hours; they must not take those of short requests.
        self._streams = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()
        await self._streams.close()

    async def send(self, request: Outgoing) -> Answer:
        """Send a request and return the answer as soon as it begins.

        A request that found no connection was not sent, so it waits for the service to come back, as after a
        restart. One whose connection broke on the way is sent again only if that is harmless.

        Raises:
            UpstreamUnavailable: no connection within the patience, or it broke.
            UpstreamTimeout: silence.
        """
        deadline, pause = time.monotonic() + self._patience, SHORTEST_PAUSE
        while True:
            for address in self._in_turn(request.service):
                answer = await self._try(address, request)
                if answer is not None:
                    return answer
            if time.monotonic() + pause > deadline:
                raise UpstreamUnavailable
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _in_turn(self, service: str) -> Iterator[str]:
        """Yield the service's addresses, each request beginning at the next; those that refused come last."""
        known = self._addresses[service]
        if len(known) == 1:
            yield known[0]
            return
        turn = self._turn[service]
        self._turn[service] = (turn + 1) % len(known)
        now = time.monotonic()
        rotated = known[turn:] + known[:turn]
        yield from sorted(rotated, key=lambda address: self._resting.get(address, 0.0) > now)

    async def _try(self, address: str, request: Outgoing) -> Answer | None:
        """Return the answer, None when another try is allowed."""
        try:
            return await self._send(address, request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            self._resting[address] = time.monotonic() + RESTING_SECONDS
            return None
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise UpstreamTimeout from error
        except aiohttp.ClientError as error:
            if not request.is_repeatable:
                raise UpstreamUnavailable from error
            return None

    async def _send(self, address: str, request: Outgoing) -> Answer:
        session, timeout = (
            (self._streams, self._endless) if request.is_stream else (self._session, self._silence)
        )
        response = await session.request(
            request.method,
            URL(address + request.target, encoded=True),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=timeout,
        )
        return Answer(response.status, list(response.raw_headers), response)
