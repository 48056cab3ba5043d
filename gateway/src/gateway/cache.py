"""Answers of the catalogue kept in memory: fresh until the catalogue says that something changed."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway.wire import Fields
from lib_kernel import Unavailable

log = structlog.get_logger(__name__)

MAX_AGE = re.compile(rb"max-age=(\d+)")
STALE_SECONDS = 3600.0
LOOK_SECONDS = 0.2
CHANGES = "catalog.item.*.v1"


class Stored(NamedTuple):
    """A whole answer. `generation` is that of the catalogue it was read from."""

    status: int
    headers: Fields
    body: bytes
    etag: bytes
    generation: int
    fresh_until: float


class Found(NamedTuple):
    """An answer with how it was come by: `hit`, `miss` or `stale`."""

    answer: Stored
    how: bytes


Fetch = Callable[[], Awaitable[tuple[int, Fields, bytes]]]


class ReadCache:
    """Answers by key, at most `largest` bytes of them; the least recently used go first."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._size = 0
        self._generation = 0
        self._known: OrderedDict[str, Stored] = OrderedDict()
        self._asking: dict[str, asyncio.Future[Stored | None]] = {}

    def expire(self) -> None:
        """Note that the catalogue changed: nothing kept is fresh, nor is what is being fetched now."""
        self._generation += 1

    async def answer(self, key: str, fetch: Fetch) -> Found:
        """Return the answer under a key, fetched once for all who ask at the same time.

        An old answer is better than none: it is given while the service is away, for up to an hour.
        """
        known = self._known.get(key)
        if known is not None and self._is_fresh(known):
            self._known.move_to_end(key)
            return Found(known, b"hit")
        try:
            return Found(await self._fetched(key, fetch), b"miss")
        except Unavailable:
            if known is None or time.monotonic() > known.fresh_until + STALE_SECONDS:
                raise
            return Found(known, b"stale")

    def _is_fresh(self, known: Stored) -> bool:
        return known.generation == self._generation and time.monotonic() < known.fresh_until

    async def _fetched(self, key: str, fetch: Fetch) -> Stored:
        while True:
            # An answer asked for before a change must not be given to who asks after it.
            generation = self._generation
            turn = f"{generation} {key}"
            asking = self._asking.get(turn)
            if asking is None:
                return await self._ask(turn, key, generation, fetch)
            # Shielded: one client that leaves must not take the answer from the others.
            stored = await asyncio.shield(asking)
            if stored is not None:
                return stored
            known = self._known.get(key)
            if known is not None and self._is_fresh(known):
                return known  # Another of those who waited was quick.

    async def _ask(self, turn: str, key: str, generation: int, fetch: Fetch) -> Stored:
        """Fetch for all who ask meanwhile; when this one is cancelled, another of them asks (None)."""
        asking = self._asking[turn] = asyncio.get_running_loop().create_future()
        try:
            stored = await self._fetch(key, generation, fetch)
        except Exception as error:
            asking.set_exception(error)
            asking.exception()  # Looked at here, for when nobody else asked.
            raise
        except BaseException:
            asking.set_result(None)
            raise
        finally:
            del self._asking[turn]
        asking.set_result(stored)
        return stored

    async def _fetch(self, key: str, generation: int, fetch: Fetch) -> Stored:
        status, headers, body = await fetch()
        fields = dict(headers)
        age = MAX_AGE.search(fields.get(b"cache-control", b""))
        etag = fields.get(b"etag", b"")
        fresh_until = time.monotonic() + (int(age[1]) if age else 0)
        stored = Stored(status, headers, body, etag, generation, fresh_until)
        is_current = generation == self._generation
        if is_current and status == 200 and etag and age and len(body) * 10 <= self._largest:
            self._keep(key, stored)
        return stored

    def _keep(self, key: str, stored: Stored) -> None:
        earlier = self._known.pop(key, None)
        if earlier is not None:
            self._size -= len(earlier.body)
        self._known[key] = stored
        self._size += len(stored.body)
        while self._size > self._largest:
            _, gone = self._known.popitem(last=False)
            self._size -= len(gone.body)


async def follow_changes(client: Client, expire: Sequence[Callable[[], None]]) -> None:
    """Call `expire` at every event of the catalogue's items, until cancelled.

    A plain subscription sees each event the moment JetStream does. Events missed while the connection was
    gone are made good by expiring everything when it is back.
    """

    async def note(_message: Msg | None) -> None:
        for each in expire:
            each()

    subscription = await client.subscribe(CHANGES, cb=note)
    reconnects = client.stats["reconnects"]
    try:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if client.stats["reconnects"] != reconnects:
                reconnects = client.stats["reconnects"]
                log.info("cache.expired_after_reconnect")
                await note(None)
    finally:
        if not client.is_closed:
            await subscription.unsubscribe()
