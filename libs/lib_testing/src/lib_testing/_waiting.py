"""Waiting until others wait."""

import asyncio

from sqlalchemy import text

from lib_db import Sessions

PATIENCE_SECONDS = 60.0
# Whoever tells listeners waits for a moment too, for the queue that all databases of a server share.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query NOT LIKE '%notify%'"
)


async def until_waiting(sessions: Sessions, count: int = 1) -> None:
    """Return when so many connections to the database wait for a lock. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Within a transaction the activity is what it was at the first look, so each look has its own.
        while await _waiting(sessions) < count:  # noqa: ASYNC110 - the database tells nobody who waits
            await asyncio.sleep(0.02)


async def _waiting(sessions: Sessions) -> int:
    async with sessions() as session:
        found: int = (await session.execute(WAITING)).scalar_one()
        return found
