"""Drafts that nobody touched are forgotten after a while."""

from lib_db import Sessions
from lib_kernel import Clock
from svc_catalog.draft import store
from svc_catalog.draft.domain import KEPT


async def forget_old(sessions: Sessions, clock: Clock) -> None:
    """Delete drafts not saved for half a year."""
    async with sessions.begin() as session:
        await store.forget_before(session, clock.now() - KEPT)
