"""Forwards to the services: pools of connections, replicas by turns, tries again where that is harmless."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from ssl import create_default_context
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.guards import UpstreamUnavailable
from gateway.wire import Broken, Fields, Silent, Wire
from lib_kernel import DomainError

CONNECT_SECONDS = 2.0
RESTING_SECONDS = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
# Less than the five seconds after which the services' server closes an idle connection: a request that
# meets the close may not be sent again unless that is harmless.
KEEP_ALIVE_SECONDS = 4.0
# Methods that need no word about a body they do not have (RFC 9110 §8.6).
WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class UpstreamTimeout(DomainError):
    """The service was silent too long (504)."""

    code = "upstream-timeout"
    title = "该服务响应超时，请稍后再试"


class Outgoing(NamedTuple):
    """A request to a service. `target` is path and query, percent-encoded.

    `is_repeatable`: sending it twice has one effect, so it may be sent again when its connection broke.
    `is_stream`: the answer goes on for as long as the client listens.
    """

    service: str
    method: str
    target: str
    headers: Fields
    body: bytes
    is_repeatable: bool
    is_stream: bool = False


class Answer:
    """A service's answer; read it to its end by `chunk` or `body`, then `close`."""

    def __init__(self, pool: "Pool", wire: Wire) -> None:
        self.status = wire.status
        self.headers = wire.headers
        self._pool = pool
        self._wire = wire
        self._is_closed = False

    @property
    def is_at_end(self) -> bool:
        """Return whether nothing more comes."""
        return self._wire.is_at_end

    async def chunk(self) -> bytes:
        """Return the next piece of the body, as it comes. Raises Broken, Silent when it breaks off."""
        return await self._wire.chunk()

    async def body(self) -> bytes:
        """Return the whole body and close. Raises UpstreamUnavailable when it broke off."""
        try:
            body = await self._wire.chunk()
            while not self._wire.is_at_end:
                body += await self._wire.chunk()
        except (Broken, Silent) as error:
            raise UpstreamUnavailable from error
        finally:
            self.close()
        return body

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read."""
        if not self._is_closed:
            self._is_closed = True
            self._pool.take_back(self._wire)


class Pool:
    """Connections to one address, the one that rested last first."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._ssl = create_default_context() if parts.scheme == "https" else None
        self._before = parts.path.encode()
        self._field = b"host: " + parts.netloc.encode()
        self._resting: list[Wire] = []

    async def wire(self) -> Wire:
        """Return a connection. Raises OSError, TimeoutError."""
        while self._resting:
            found = self._resting.pop()
            if found.is_reusable and time.monotonic() - found.rested_at < KEEP_ALIVE_SECONDS:
                return found
            found.drop()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, made = await loop.create_connection(Wire, self._host, self._port, ssl=self._ssl)
        return made

    def take_back(self, wire: Wire) -> None:
        """Let a connection rest until the next request, or drop it."""
        if wire.is_reusable:
            wire.rested_at = time.monotonic()
            self._resting.append(wire)
        else:
            wire.drop()

    def close(self) -> None:
        """Drop all that rest."""
        while self._resting:
            self._resting.pop().drop()

    def written(self, request: Outgoing) -> tuple[bytes, bytes]:
        """Return head and body as they go over the wire. Raises ValueError where a field would become two."""
        target = self._before + request.target.encode("latin-1")
        lines = [b"%b %b HTTP/1.1" % (request.method.encode(), target), self._field]
        lines += [b"%b: %b" % field for field in request.headers]
        if request.body or request.method not in WITHOUT_BODY:
            lines.append(b"content-length: %d" % len(request.body))
        head = b"\r\n".join([*lines, b"\r\n"])
        if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
            raise ValueError("a header field holds a line break")
        return head, request.body


class Upstream:
    """Pools of connections to all services, each at one or more addresses."""

    def __init__(self, addresses: Mapping[str, Sequence[str]], *, silence: float, patience: float) -> None:
        """In seconds, `silence` is the longest pause in an answer, `patience` how long a restart may take."""
        self._addresses = {name: list(found) for name, found in addresses.items()}
        self._turn = dict.fromkeys(self._addresses, 0)
        self._resting: dict[str, float] = {}
        self._silence = silence
        self._patience = patience
        self._pools = {address: Pool(address) for found in addresses.values() for address in found}

    async def aclose(self) -> None:
        """Close the connections that rest."""
        for pool in self._pools.values():
            pool.close()

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
        pool = self._pools[address]
        try:
            wire = await pool.wire()
        except (OSError, TimeoutError):
            self._resting[address] = time.monotonic() + RESTING_SECONDS
            return None
        try:
            await wire.ask(
                pool.written(request), request.method, None if request.is_stream else self._silence
            )
        except Silent as error:
            raise UpstreamTimeout from error
        except Broken as error:
            if not request.is_repeatable:
                raise UpstreamUnavailable from error
            return None
        except BaseException:
            wire.drop()
            raise
        return Answer(pool, wire)
