"""Follows the journals of the halls for all screens and phones of this process.

PostgreSQL's NOTIFY wakes the hub as a step is committed; what happened is then read from the journal itself,
so a lost notification costs at most a moment and never an update. Followers share one ring of recent steps
at each point and keep only the version they have seen: memory does not grow with slow readers, and one that
fell behind the ring gets a fresh board.
"""

import asyncio
import signal
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from types import FrameType
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from lib_db import Sessions
from lib_kernel import Clock
from svc_booking.board.domain import Standing
from svc_booking.board.store import BoardNow, board_of, queue_of
from svc_booking.journal.domain import Entry
from svc_booking.journal.store import CHANNEL, entries_after, version_of

log = structlog.get_logger(__name__)

RING = 512
READ_AT_ONCE = 1000
LOOK_ANYWAY = 1.0
RECONNECT_PAUSE = 1.0
STANDINGS_KEPT = timedelta(seconds=20)

Encode = Callable[[Entry], bytes]
Snapshot = Callable[[BoardNow], tuple[int, bytes]]


class Channel:
    """One point: recent steps as they are sent, and where each number stands."""

    def __init__(self, point: str, ring: int) -> None:
        self.point = point
        self.version = 0
        self.followers = 0
        self.is_loaded = False
        self._ring: deque[tuple[int, Entry, bytes]] = deque(maxlen=ring)
        self._changed = asyncio.Event()
        self.reading = asyncio.Lock()
        self.counting = asyncio.Lock()
        self.standings: dict[UUID, Standing] = {}
        self.standings_of: tuple[int, datetime] | None = None
        self.board: tuple[int, bytes] | None = None

    def add(self, entries: list[tuple[Entry, bytes]]) -> None:
        """Take over new steps and wake the followers."""
        for entry, body in entries:
            self._ring.append((entry.version, entry, body))
            self.version = entry.version
        if entries:
            self.wake()

    def wake(self) -> None:
        """Let every follower look."""
        self._changed.set()
        self._changed = asyncio.Event()

    def covers(self, version: int) -> bool:
        """Return whether every step after `version`, if there is one, is still in the ring."""
        return version >= self.version or bool(self._ring and self._ring[0][0] <= version + 1)

    def after(self, version: int) -> list[tuple[int, Entry, bytes]]:
        """Return the steps after a version that the ring covers, in order."""
        missing = self.version - version
        return list(self._ring)[-missing:] if missing > 0 else []

    async def changed(self, version: int, seconds: float) -> bool:
        """Wait until there is something after `version`; return False when the time passed without."""
        event = self._changed
        if self.version > version:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
                return True
        return False


class Hub:
    """All points that somebody follows in this process."""

    def __init__(
        self,
        sessions: Sessions,
        dsn: str,
        clock: Clock,
        *,
        encode: Encode,
        snapshot: Snapshot,
        ring: int = RING,
    ) -> None:
        self.sessions = sessions
        self.clock = clock
        self._dsn = dsn
        self._encode = encode
        self._snapshot = snapshot
        self._ring = ring
        self._channels: dict[str, Channel] = {}
        self._dirty: set[str] = set()
        self._woken = asyncio.Event()
        self.is_stopping = False

    @asynccontextmanager
    async def follow(self, point: str) -> AsyncGenerator[Channel]:
        """Follow a point as long as the block lasts; its channel is up to date at the start."""
        channel = self._channels.setdefault(point, Channel(point, self._ring))
        channel.followers += 1
        try:
            if not channel.is_loaded:
                await self._read(channel)
            yield channel
        finally:
            channel.followers -= 1
            if channel.followers == 0:
                self._channels.pop(point, None)

    async def board(self, channel: Channel) -> tuple[int, bytes]:
        """Return a point's whole board and its version; read once for all who come at the same version."""
        async with channel.counting:
            if channel.board is None or channel.board[0] < channel.version:
                async with self.sessions() as session:
                    channel.board = self._snapshot(await board_of(session, channel.point))
            return channel.board

    async def standings(self, channel: Channel) -> dict[UUID, Standing]:
        """Return where each number of a point stands; counted once for all phones that ask."""
        async with channel.counting:
            now = self.clock.now()
            known = channel.standings_of
            if known is None or known[0] != channel.version or now - known[1] > STANDINGS_KEPT:
                version = channel.version
                async with self.sessions() as session:
                    found = await queue_of(session, channel.point, now)
                channel.standings, channel.standings_of = found.standings(now), (version, now)
        return channel.standings

    def stop(self) -> None:
        """Let every stream end, so that the server can stop; readers come back elsewhere."""
        self.is_stopping = True
        for channel in self._channels.values():
            channel.wake()

    async def run(self) -> None:
        """Keep all followed points up to date until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                dirty, self._dirty = self._dirty, set()
                for point in dirty or list(self._channels):
                    channel = self._channels.get(point)
                    if channel is not None:
                        await self._read_or_note(channel)
                if not self._dirty:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_ANYWAY):
                            await self._woken.wait()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _read_or_note(self, channel: Channel) -> None:
        try:
            await self._read(channel)
        except Exception as error:
            log.warning("board.not_read", error=type(error).__name__)

    async def _read(self, channel: Channel) -> None:
        async with channel.reading, self.sessions() as session:
            if not channel.is_loaded:
                channel.version = max(0, await version_of(session, channel.point) - self._ring)
            while entries := await entries_after(session, channel.point, channel.version, limit=READ_AT_ONCE):
                channel.add([(entry, self._encode(entry)) for entry in entries])
            channel.is_loaded = True

    async def _listen(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(
                    self._dsn, server_settings={"application_name": "svc-booking-board"}
                )
            except Exception as error:
                log.warning("board.not_listening", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_PAUSE)
                continue
            try:
                await self._until_gone(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("board.listening_broke", error=type(error).__name__)
            finally:
                connection.terminate()

    async def _until_gone(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(CHANNEL, self._notified)
        self._woken.set()  # What was committed before this connection stood is read now.
        await gone.wait()

    def _notified(self, _connection: object, _pid: int, _channel: str, point: object) -> None:
        self._dirty.add(str(point))
        self._woken.set()


@contextmanager
def before_stop(callback: Callable[[], None]) -> Generator[None]:
    """Call back, on the event loop, when the process is asked to stop; then let the server see the signal.

    Only the main thread may handle signals; elsewhere (in tests) this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        previous = before[number]
        if callable(previous):
            previous(number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.getsignal(number)
        if callable(before[number]):
            signal.signal(number, handle)
    try:
        yield
    finally:
        for which, previous in before.items():
            if signal.getsignal(which) is handle:
                signal.signal(which, previous)
