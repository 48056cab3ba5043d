"""The web server: uvicorn with a stop that loses no request, and with an end to slow request heads."""

import asyncio
import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import termios
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from lib_web import MEDIA_TYPE, problem_body

TICK_SECONDS = 0.05
MOST_GATHERED = 64 * 1024
NOT_HTTP = "请求行或请求头有误；网址中的中文须先作百分号编码，如 curl -G --data-urlencode 'q=食品'"
HANDSHAKE_SECONDS = 0.2  # For connections whose handshake is under way when no new one may begin.
SO_ATTACH_FILTER = 26  # Linux, asm-generic/socket.h; Python has no name for it.


class State(ServerState):
    """What all connections share."""

    def __init__(self, head_seconds: float) -> None:
        super().__init__()
        self.head_seconds = head_seconds
        self.is_draining = False


class Gathering:
    """A transport that sends in one packet what is written in one go: uvicorn writes head and body apart."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send when the event loop is free again, with what else was written until then."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)
        self._size += len(data)
        if self._size > MOST_GATHERED:
            self._send()

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written and not self._transport.is_closing():
            self._transport.write(b"".join(self._written))
        self._written.clear()
        self._size = 0


class Connection(HttpToolsProtocol):
    """One connection. Knows whether it is at rest, and waits for the head of a request only so long."""

    server_state: State

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_in_head = False
        self._quiet_since = 0.0
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def is_answering(self) -> bool:
        """Return whether a request's answer is not out yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def say_close(self) -> None:
        """Tell the client that its connection ends with this answer, unless the answer's head is out."""
        if self.is_answering and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def close_if_quiet(self, seconds: float) -> None:
        """Close the connection if nothing was under way on it for that long and nothing has just arrived."""
        is_busy = self.is_answering or self._is_in_head or self.transport.is_closing()
        if not is_busy and self.loop.time() - self._quiet_since >= seconds and not self._has_unread():
            self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first request."""
        gathering: Any = Gathering(transport, self.loop)
        super().connection_made(gathering)
        self._quiet_since = self.loop.time()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is not complete yet has its time from its first byte."""
        self._quiet_since = self.loop.time()
        super().data_received(data)
        if self._is_in_head and self._head_timer is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer; when the server is about to stop, as the connection's last request."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()
        if self.server_state.is_draining:
            self.say_close()

    def on_response_complete(self) -> None:
        """Note that the connection is at rest."""
        self._quiet_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Say as a problem that this is no HTTP; most often it is an address with words in it."""
        body = problem_body("malformed-request", "请求不符合 HTTP/1.1", 400, NOT_HTTP)
        head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head.encode() + body)
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, but not one whose next request has just arrived."""
        if not self._has_unread():
            super().timeout_keep_alive_handler()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.server_state.head_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.is_answering:  # The late one is pipelined behind it.
            self._wait_for_head()
        else:
            self.transport.close()

    def _has_unread(self) -> bool:
        """Return whether the kernel holds bytes of the client that were not read: closing would reset it."""
        count = bytearray(4)
        with suppress(OSError, ValueError):
            fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
        return any(count)


class Server(uvicorn.Server):
    """Stops in an order in which every request that was accepted is answered.

    First `leave` is called (readiness ends) and for `drain_seconds` everything goes on, new connections too,
    but each answer says `Connection: close`: load balancers look away, and busy clients move. Then the
    listening ends, `end_streams` is called, and connections are closed once they are at rest; one that was
    not told so, because its answer had begun before, stays open for its next request for that long again.
    What is not done after `longest_seconds` is cut off.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        leave: Callable[[], None],
        end_streams: Callable[[], None],
        drain_seconds: float,
        longest_seconds: float,
        head_seconds: float,
    ) -> None:
        super().__init__(config)
        self.server_state: State = State(head_seconds)
        self._leave = leave
        self._end_streams = end_streams
        self._drain_seconds = drain_seconds
        self._longest_seconds = longest_seconds

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop on SIGTERM and SIGINT, at once when they come again; the process ends well, not by them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _asked_to_stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, in the order above."""
        self.server_state.is_draining = True
        for connection in self._connections():
            connection.say_close()
        self._leave()
        await self._while_in_time(self._drain_seconds, lambda: True)
        await self._stop_listening()
        self._end_streams()
        await self._while_in_time(self._longest_seconds, self._close_quiet_ones)
        await super().shutdown(sockets)

    async def _while_in_time(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        time = asyncio.get_running_loop().time
        until = time() + seconds
        while not self.force_exit and time() < until and goes_on():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(TICK_SECONDS)

    def _connections(self) -> list[Connection]:
        return [found for found in self.server_state.connections if isinstance(found, Connection)]

    def _close_quiet_ones(self) -> bool:
        for connection in self._connections():
            connection.close_if_quiet(self._drain_seconds)
        return bool(self.server_state.connections)

    async def _stop_listening(self) -> None:
        """Close the listening sockets when nobody waits to be accepted: closing would reset those."""
        for server in self.servers:
            for listening in server.sockets:
                _refuse_handshakes(listening.fileno())
        await asyncio.sleep(HANDSHAKE_SECONDS)
        # In one turn of the loop libuv accepts one connection of a socket, and a busy loop has many waiting.
        while self._has_waiting():  # noqa: ASYNC110 - libuv tells nobody
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()

    def _has_waiting(self) -> bool:
        """Return whether a connection waits to be accepted."""
        waiting = select.poll()
        for server in self.servers:
            for listening in server.sockets:
                waiting.register(listening.fileno(), select.POLLIN)
        return bool(waiting.poll(0))


def _refuse_handshakes(descriptor: int) -> None:
    """Let the kernel drop packets that would begin a connection; whoever sent one asks again a second later.

    Without this a connection made between the last accept and the close is reset with its request. Where
    there are no socket filters (not Linux) that gap of microseconds stays.
    """
    program = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (0x30, 0, 0, 13),  # load the byte of the TCP header with the flags
            (0x45, 0, 1, 0x02),  # SYN?
            (0x06, 0, 0, 0),  # drop
            (0x06, 0, 0, 0xFFFFFFFF),  # keep
        )
    )
    code = ctypes.create_string_buffer(program)
    with socket.socket(fileno=os.dup(descriptor)) as same, suppress(OSError):
        filters = struct.pack("HL", len(program) // 8, ctypes.addressof(code))
        same.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filters)
