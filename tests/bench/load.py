"""A load generator that takes little of the machine that it shares with what it measures."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import httptools

Look = Callable[[int, bytes], None]
"""Is shown the status and body of each answer."""


@dataclass
class Answers:
    """What came back: how many answers of each status, what each took, what all took together."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    whole: float = 0.0

    def per_second(self, status: int) -> float:
        """Return answers of this status a second."""
        return self.statuses[status] / self.whole

    def percentile(self, share: float) -> float:
        """Return milliseconds that this share of the answers took at most."""
        ranked = sorted(self.seconds)
        return 1000 * ranked[min(len(ranked) - 1, int(len(ranked) * share))]


class Client(asyncio.Protocol):
    """One kept-alive connection that sends prepared requests, each when the answer before is complete."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, until: float, look: Look | None) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._answers = answers
        self._until = until
        self._look = look
        self._body: list[bytes] = []
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it.
        self._next()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server hung up before the end."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the answer, if anybody looks at it (called by the parser)."""
        if self._look:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Count a whole answer and send the next request (called by the parser)."""
        self._answers.seconds.append(time.perf_counter() - self._sent_at)
        status = self._parser.get_status_code()
        self._answers.statuses[status] += 1
        if self._look:
            self._look(status, b"".join(self._body))
            self._body.clear()
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def request(method: str, port: int, target: str, fields: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a whole request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "\r\n"]).encode() + body


async def send(
    port: int, requests: Iterator[bytes], *, connections: int, seconds: float, look: Look | None = None
) -> Answers:
    """Send requests over some connections until there are no more or the time is over."""
    answers, loop, begin = Answers(), asyncio.get_running_loop(), time.perf_counter()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: Client(requests, answers, begin + seconds, look), "127.0.0.1", port
        )
        clients.append(client.done)
    await asyncio.gather(*clients)
    answers.whole = time.perf_counter() - begin
    return answers
