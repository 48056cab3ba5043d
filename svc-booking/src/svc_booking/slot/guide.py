"""What one process remembers of slots: facts, terms, and what is free now to offer instead of a full slot.

Nothing here decides whether somebody gets a place: that is the database's.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from lib_db import Sessions
from lib_kernel import CITY_ZONE, Clock
from svc_booking.rule.domain import BookingWindow, Terms
from svc_booking.slot import store
from svc_booking.slot.domain import FreeSlots, Place, Slot, offered

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED_SLOTS = 20_000
TERMS_SECONDS = 2.0
PLACES_SECONDS = 60.0
FREE_SECONDS = 0.4


class _Remembered(Generic[K, V]):
    """Values good for some seconds; many who ask at once for the same wait for one query."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[K, tuple[float, asyncio.Future[V]]] = {}

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        known = self._known.get(key)
        if known is None or known[0] < time.monotonic() or _failed(known[1]):
            if len(self._known) > REMEMBERED_SLOTS:
                self._known.clear()
            known = (time.monotonic() + self._seconds, asyncio.ensure_future(load()))
            self._known[key] = known
        # One caller who leaves must not take the answer from the others.
        return await asyncio.shield(known[1])

    def forget(self) -> None:
        self._known.clear()


def _failed(loaded: "asyncio.Future[V]") -> bool:
    return loaded.done() and (loaded.cancelled() or loaded.exception() is not None)


class SlotGuide:
    """Facts of slots and terms of points, at most two seconds old; free places, at most half a second."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._slots: OrderedDict[UUID, Slot] = OrderedDict()
        self._terms: _Remembered[tuple[str, str], Terms] = _Remembered(TERMS_SECONDS)
        self._windows: dict[tuple[str, str], tuple[Terms, datetime, datetime, datetime]] = {}
        self._places: _Remembered[None, dict[str, Place]] = _Remembered(PLACES_SECONDS)
        self._free: _Remembered[tuple[str, datetime], FreeSlots] = _Remembered(FREE_SECONDS)
        self._offered: _Remembered[tuple[UUID, int], list[dict[str, object]]] = _Remembered(FREE_SECONDS)

    def forget(self) -> None:
        """Forget rules, calendars and what is free: this process changed them."""
        self._terms.forget()
        self._windows.clear()
        self._places.forget()
        self._free.forget()
        self._offered.forget()

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        known = self._slots.get(slot_id)
        if known is None:
            async with self._sessions() as session:
                known = await store.one_slot(session, slot_id)
            self._slots[slot_id] = known
            if len(self._slots) > REMEMBERED_SLOTS:
                self._slots.popitem(last=False)
        return known

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        """Return rule and calendar of the slot's group at its point."""
        key = (slot.service_point, slot.group)
        return await self._terms.get(key, lambda: self._load_terms(key, now))

    async def window(self, slot: Slot, terms: Terms, now: datetime) -> BookingWindow:
        """Return what may be booked now at the slot's point; its end is kept until the day turns."""
        key = (slot.service_point, slot.group)
        known = self._windows.get(key)
        if known is None or known[0] is not terms or not known[1] <= now < known[2]:
            window = terms.rule.window(terms.calendar, now)
            local = now.astimezone(CITY_ZONE)
            opens = datetime.combine(local.date(), terms.rule.opens_at, CITY_ZONE)
            midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), CITY_ZONE)
            known = (terms, now, opens if now < opens else midnight, window.closes)
            self._windows[key] = known
        return BookingWindow(now + terms.rule.closes_before, known[3])

    async def alternatives(self, full: Slot, wanted: int = 1) -> list[dict[str, object]]:
        """Return the nearest free places, as they stand in the problem body."""
        return await self._offered.get((full.id, wanted), lambda: self._rank(full, wanted))

    async def _rank(self, full: Slot, wanted: int) -> list[dict[str, object]]:
        now = self._clock.now()
        window = await self.window(full, await self.terms(full, now), now)
        places = await self._places.get(None, self._load_places)
        free = await self._free.get(
            (full.group, window.closes), lambda: self._load_free(full.group, window, now)
        )
        return offered(full, places, free, wanted)

    async def _load_terms(self, key: tuple[str, str], now: datetime) -> Terms:
        async with self._sessions() as session:
            return await store.terms_of(session, *key, now)

    async def _load_places(self) -> dict[str, Place]:
        async with self._sessions() as session:
            return await store.places(session)

    async def _load_free(self, group: str, window: BookingWindow, now: datetime) -> FreeSlots:
        async with self._sessions() as session:
            return FreeSlots(await store.free_slots(session, group, window, now))
