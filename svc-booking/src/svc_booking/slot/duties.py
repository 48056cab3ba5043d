"""Keeps slots made ahead of time."""

from lib_db import Sessions
from lib_kernel import CITY_ZONE, Clock
from svc_booking.slot import store
from svc_booking.slot.calendar import state_calendar


async def make_slots_ahead(sessions: Sessions, clock: Clock) -> int:
    """Make the slots of the coming days at every point; return how many are new. Cheap when all exist."""
    until = clock.now().astimezone(CITY_ZONE).date() + store.GENERATED_AHEAD
    made = 0
    async with sessions() as session:
        points = await store.all_points(session)
    for point in points:
        async with sessions.begin() as session:
            made += await store.generate_slots(session, point, until, state_calendar)
    return made
