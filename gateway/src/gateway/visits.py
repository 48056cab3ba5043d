"""How many people use the platform: distinct persons ever and by day, without keeping who did what."""

import asyncio
from contextlib import suppress
from datetime import date, timedelta

import structlog
from nats.aio.client import Client
from nats.js.errors import BucketNotFoundError, KeyWrongLastSequenceError, NotFoundError
from nats.js.kv import KeyValue

from gateway.store import open_bucket
from lib_kernel import CITY_ZONE, Clock

log = structlog.get_logger(__name__)

DAY_KEPT = 40 * 24 * 3600.0
MOST_WAITING = 50_000
AVERAGED_DAYS = 30
RETRY_SECONDS = 1.0


class Visits:
    """Notes each person once a day. Persons are opaque ids; a day's bucket is forgotten after 40 days."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._day = date.min
        self._seen: set[str] = set()
        self._buckets: dict[str, KeyValue] = {}
        self._waiting: asyncio.Queue[tuple[date, str]] = asyncio.Queue(MOST_WAITING)

    def note(self, person_id: str) -> None:
        """Note that a person is here. Costs a look into a set for who was noted today."""
        today = self._clock.now().astimezone(CITY_ZONE).date()
        if today != self._day:
            self._day, self._seen = today, set()
        if person_id in self._seen:
            return
        self._seen.add(person_id)
        with suppress(asyncio.QueueFull):  # The broker has been away for long; a count may lack some.
            self._waiting.put_nowait((today, person_id))

    async def write(self) -> None:
        """Carry what was noted to the shared buckets until cancelled."""
        while True:
            day, person_id = await self._waiting.get()
            while True:
                try:
                    await self._write(day, person_id)
                    break
                except Exception as error:
                    log.warning("visits.put_off", error=type(error).__name__)
                    await asyncio.sleep(RETRY_SECONDS)

    async def _write(self, day: date, person_id: str) -> None:
        for name, seconds in ((_name(day), DAY_KEPT), ("users", None)):
            if name not in self._buckets:
                self._buckets[name] = await open_bucket(self._client, name, seconds)
            with suppress(KeyWrongLastSequenceError):
                await self._buckets[name].create(person_id, b"1")

    async def registered(self) -> int:
        """Return how many distinct persons ever came."""
        return await self._count("users")

    async def daily(self) -> dict[date, int]:
        """Return the distinct persons of each of the last thirty days on which anybody came."""
        today = self._clock.now().astimezone(CITY_ZONE).date()
        days = [today - timedelta(days=back) for back in range(AVERAGED_DAYS)]
        counts = await asyncio.gather(*(self._count(_name(day)) for day in days))
        return {day: count for day, count in zip(days, counts, strict=True) if count}

    async def _count(self, bucket: str) -> int:
        try:
            return (await self._client.jetstream().stream_info(f"KV_{bucket}")).state.messages
        except (NotFoundError, BucketNotFoundError):
            return 0


def _name(day: date) -> str:
    return f"visits-{day:%Y%m%d}"
