"""Protects the services: rate per caller, requests in flight, circuit breaker per service."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from lib_kernel import TooMany, Unavailable

REMEMBERED_CALLERS = 50_000
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 5.0
MOMENT = 1  # Seconds: requests in hand are answered in less.
STREAMS_LAST = 30
LOOK_SECONDS = 0.5
LOOKED_AT_ONCE = 100
Welcome = Callable[[], Awaitable[bool]]


class TooManyRequests(TooMany):
    """The caller asks more often than allowed (429); `retry_after` says when the next request fits."""

    code = "too-many-requests"
    title = "请求过于频繁，请稍后再试"


class Overloaded(Unavailable):
    """The gateway has as many requests in hand as it takes."""

    code = "overloaded"
    title = "访问人数较多，请稍后再试"


class UpstreamUnavailable(Unavailable):
    """The service behind does not answer."""

    code = "upstream-unavailable"
    title = "该服务暂时不可用，请稍后再试"


class InFlight:
    """Counts requests and open streams, which last for hours and have a limit of their own."""

    def __init__(
        self,
        most_requests: int,
        most_streams: int,
        *,
        most_of_one: int = 100,
        longest: timedelta = timedelta(minutes=30),
    ) -> None:
        """A stream lasts `longest`, then its client comes back and proves anew who it is."""
        self._most_requests = most_requests
        self._most_streams = most_streams
        self.requests = 0
        self._most_of_one = most_of_one
        self._longest = longest.total_seconds()
        self.streams: set[Stream] = set()
        self.is_leaving = False
        self.is_draining = False

    @contextmanager
    def request(self) -> Generator[None]:
        """Hold a place for a request. Raises Overloaded."""
        if self.requests >= self._most_requests:
            raise Overloaded(retry_after=MOMENT)
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    @contextmanager
    def stream(self, owner: str, is_welcome: Welcome) -> Generator["Stream"]:
        """Hold a place for a stream instead of the request's.

        `owner` is on whose account it goes, `is_welcome` tells whether who opened it would still be let in.

        Raises:
            Overloaded, TooManyRequests: there are enough streams, of all or of this owner.
        """
        stream = self._new_stream(owner, is_welcome)
        late = asyncio.get_running_loop().call_later(self._longest, stream.end)
        self.streams.add(stream)
        self.requests -= 1
        try:
            yield stream
        except asyncio.CancelledError:
            # The client comes back, to another replica perhaps, and goes on where it was.
            if not stream.is_ended:
                raise
            stream.task.uncancel()
        finally:
            late.cancel()
            self.requests += 1
            self.streams.discard(stream)

    def _new_stream(self, owner: str, is_welcome: Welcome) -> "Stream":
        task = asyncio.current_task()
        if task is None or self.is_draining or len(self.streams) >= self._most_streams:
            # Another replica is there at once; streams that fill this one last.
            raise Overloaded(retry_after=MOMENT if self.is_draining else STREAMS_LAST)
        if sum(stream.owner == owner for stream in self.streams) >= self._most_of_one:
            raise TooManyRequests("同时打开的实时连接过多，请关闭一些", retry_after=STREAMS_LAST)
        return Stream(task, owner, is_welcome)

    def leave(self) -> None:
        """Note that this process is about to stop: it is not ready for more."""
        self.is_leaving = True

    def end_streams(self) -> None:
        """End the streams, which would keep this process from stopping."""
        self.is_draining = True
        for stream in list(self.streams):
            stream.end()

    async def watch(self, *, every: float = LOOK_SECONDS) -> None:
        """End the streams of those who would not be let in any more, until cancelled.

        Asking is what finds every reason: a token revoked or expired, a session over, a key retired, a
        terminal disabled, a partner suspended.
        """
        while True:
            await asyncio.sleep(every)
            for number, stream in enumerate(list(self.streams), 1):
                if not await stream.is_welcome():
                    stream.end()
                if number % LOOKED_AT_ONCE == 0:
                    await asyncio.sleep(0)  # Requests do not wait for a look at all streams.


@dataclass(eq=False)
class Stream:
    """An open stream. Once `is_ended`, its task stops, and that is no error."""

    task: asyncio.Task[Any]
    owner: str
    is_welcome: Welcome
    is_ended: bool = False

    def end(self) -> None:
        """Let it end."""
        if not self.is_ended:
            self.is_ended = True
            self.task.cancel()


class RateLimit:
    """A token bucket for each caller; the least recent callers are forgotten."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._rate = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a request. Raises TooManyRequests."""
        now = time.monotonic()
        left, at = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, now)
        if len(self._buckets) > REMEMBERED_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyRequests(retry_after=ceil((1 - left) / self._rate))


class Breaker:
    """Stops asking a service that does not answer; after a pause one request tries again."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raise UpstreamUnavailable while the service is left alone."""
        now = time.monotonic()
        if self._failures < FAILURES_TO_OPEN:
            return
        if now < self._open_until:
            raise UpstreamUnavailable(retry_after=ceil(self._open_until - now))
        self._open_until = now + OPEN_SECONDS  # This request tries; the others still wait.

    def succeeded(self) -> None:
        """The service answered."""
        self._failures = 0

    def failed(self) -> None:
        """The service did not answer."""
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._open_until = time.monotonic() + OPEN_SECONDS
