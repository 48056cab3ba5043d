"""One HTTP/1.1 connection to a service, on the parser that uvicorn uses: forwarding costs what this costs."""

import asyncio
from typing import cast

import httptools

Fields = list[tuple[bytes, bytes]]
"""Header fields; names are in lower case."""
# An announced body up to this size is waited for: the one who asked is woken once, not twice.
SMALL_BODY = 64 * 1024
# When the client reads more slowly than the service writes.
MOST_HELD = 256 * 1024
HAVE_NO_BODY = frozenset({204, 304})


class Broken(ConnectionError):
    """The connection ended before the answer did, or what came is no HTTP."""


class Silent(Exception):
    """Nothing came for longer than was allowed."""


class Wire(asyncio.Protocol):
    """Carries one request at a time: `ask`, then `chunk` until `is_at_end`.

    Names that begin with `on_` are called by the parser.
    """

    _is_complete: bool
    _is_paused: bool

    def __init__(self) -> None:
        self.status = 0
        self.headers: Fields = []
        self.rested_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._is_lost = False
        self._is_asking = False
        self._begin("GET", None)

    @property
    def is_at_end(self) -> bool:
        """Return whether the answer was read to its end."""
        return self._is_complete and not self._chunks

    @property
    def is_reusable(self) -> bool:
        """Return whether another request may be sent: nothing is left to read, and the service stays."""
        return self.is_at_end and self._can_stay and not self._is_lost

    async def ask(self, request: tuple[bytes, bytes], method: str, silence: float | None) -> None:
        """Send head and body of a request; return when the answer's head (and a small body) is there.

        `silence` is the longest pause in seconds, None for no limit. Raises Broken, Silent.
        """
        self._begin(method, silence)
        self._is_asking = True
        self._heard_at = self._loop.time()
        if silence is not None and self._watching is None:
            self._watching = self._loop.call_later(silence, self._watch)
        head, body = request
        self._transport.write(head)
        if body:
            self._transport.write(body)
        while not self._has_begun:
            await self._wait()

    async def chunk(self) -> bytes:
        """Return what came of the body, waiting for something; nothing at its end. Raises Broken, Silent."""
        while not self._chunks and not self._is_complete:
            await self._wait()
        found = b"".join(self._chunks)
        self._chunks.clear()
        self._held = 0
        if self._is_paused:
            self._is_paused = False
            self._heard_at = self._loop.time()
            self._transport.resume_reading()
        return found

    def drop(self) -> None:
        """Close the connection at once."""
        self._is_lost = True
        self._stop_watching()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it.

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if not self._is_asking:
            self.drop()  # Nobody asked: whatever it answers, it must not become the next one's answer.
            return
        self._heard_at = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Broken(f"not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End; an answer without a length ends with its connection (RFC 9112 §6.3)."""
        self._is_lost = True
        self._stop_watching()
        if exc is None and self._has_begun and self._ends_with_connection:
            self._complete()
        elif self._is_asking:
            self._fail(Broken("connection lost"))

    def on_message_begin(self) -> None:
        """Refuse an answer that nobody asked for; the parser tells `data_received`."""
        if not self._is_asking:
            raise Broken("an answer too many")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Begin the answer."""
        self.status = self._parser.get_status_code()
        fields = dict(self.headers)
        length = int(fields.get(b"content-length", -1))
        self._ends_with_connection = length < 0 and b"transfer-encoding" not in fields
        if self._is_bodiless or self.status in HAVE_NO_BODY:
            # A length may be announced all the same, and the parser would wait for it.
            self._can_stay = False
            self._complete()
        elif not 0 <= length <= SMALL_BODY:
            self._has_begun = True
            self._wake()

    def on_body(self, body: bytes) -> None:
        """Keep a piece, and let the service wait when there are too many."""
        self._chunks.append(body)
        self._held += len(body)
        if self._held > MOST_HELD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        if self._has_begun:
            self._wake()

    def on_message_complete(self) -> None:
        """End the answer."""
        if not self._is_complete:
            self._can_stay = self._parser.should_keep_alive()
            self._complete()

    def _begin(self, method: str, silence: float | None) -> None:
        self.headers = []
        self._is_bodiless = method == "HEAD"
        self._silence = silence
        self._heard_at = 0.0
        self._chunks: list[bytes] = []
        self._held = 0
        self._has_begun = self._is_complete = self._is_paused = False
        self._ends_with_connection = False
        self._can_stay = True
        self._failure: Exception | None = None

    def _complete(self) -> None:
        self._has_begun = self._is_complete = True
        self._is_asking = False
        self._wake()

    def _fail(self, failure: Exception) -> None:
        if not self._is_complete:  # What came before was whole.
            self._failure = failure
        self._is_asking = False
        self.drop()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        if self._failure is None:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._failure is not None:
            raise self._failure

    def _watch(self) -> None:
        """Look whether the service is silent too long; one timer serves many requests."""
        self._watching = None
        if not self._is_asking or self._silence is None:
            return
        now = self._loop.time()
        left = self._silence if self._is_paused else self._heard_at + self._silence - now
        if left > 0:
            self._watching = self._loop.call_later(left, self._watch)
        else:
            self._fail(Silent())

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
