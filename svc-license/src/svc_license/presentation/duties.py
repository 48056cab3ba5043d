"""Forgets codes that have long run out."""

from dataclasses import dataclass

from lib_db import Sessions
from lib_kernel import Clock
from svc_license.presentation import store


@dataclass(frozen=True)
class ForgettingCodes:
    """Deletes old codes; what was scanned stays in the record of use."""

    sessions: Sessions
    clock: Clock

    async def run_once(self) -> bool:
        """Delete them."""
        async with self.sessions.begin() as session:
            await store.forget_old(session, self.clock.now())
        return False
