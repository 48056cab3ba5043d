"""Keeps calendars and slots made ahead of time."""

from lib_db import Sessions
from lib_kernel import CITY_ZONE, Clock
from svc_booking.slot import store
from svc_booking.slot.generation import GENERATED_AHEAD, adapt_slots, seed_calendar


async def make_slots_ahead(sessions: Sessions, clock: Clock) -> int:
    """Let the slots of the coming days exist and follow changes; return how many differ from before.

    Cheap when all exist: only points that are stale, or whose horizon moved on, are looked at.
    """
    now = clock.now()
    until = now.astimezone(CITY_ZONE).date() + GENERATED_AHEAD
    async with sessions.begin() as session:
        for city in sorted({point.city for point in await store.all_points(session)}):
            await seed_calendar(session, city, now)
    async with sessions() as session:
        points = await store.all_points(session)
    touched = 0
    for point in points:
        made_until = point.slots_until.astimezone(CITY_ZONE).date() if point.slots_until else None
        if made_until is not None and made_until > until:
            continue
        async with sessions.begin() as session:
            touched += (await adapt_slots(session, point.code, now)).touched
    return touched
