"""Loads the city's service points and makes the first slots: `python -m svc_booking.seed`. Safe to repeat."""

import asyncio
import json
from typing import Any

from lib_db import make_engine, make_sessions
from lib_kernel import clock_from
from svc_booking.settings import Settings
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import load_points
from svc_booking.window.store import load_group_names


async def seed(settings: Settings) -> int:
    """Load the points; return how many slots were made."""
    points = _read(settings, "service_points")
    engine = make_engine(settings.database_url, pool_size=2, application="svc-booking-seed")
    sessions = make_sessions(engine)
    try:
        async with sessions.begin() as session:
            await load_points(session, [point for point in points if point["groups"]])
            await load_group_names(session, _read(settings, "window_groups"))
        return await make_slots_ahead(sessions, clock_from(settings.clock_file))
    finally:
        await engine.dispose()


def _read(settings: Settings, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (settings.city_data_dir / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


if __name__ == "__main__":
    asyncio.run(seed(Settings()))
