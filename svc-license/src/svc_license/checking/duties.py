"""Forgets attempts that no longer count."""

from dataclasses import dataclass

from lib_db import Sessions
from lib_kernel import Clock
from svc_license.checking import store
from svc_license.checking.domain import window_of


@dataclass(frozen=True)
class Forgetting:
    """Deletes attempts of windows that are over."""

    sessions: Sessions
    clock: Clock

    async def run_once(self) -> bool:
        """Delete them."""
        async with self.sessions.begin() as session:
            await store.forget_before(session, window_of(self.clock.now()))
        return False
