"""What features need of timers."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_complaint.timer.domain import Planned


class Timers(Protocol):
    """Timers inside one transaction."""

    async def plan(self, case_id: UUID, wanted: Collection[Planned]) -> None:
        """Make these the case's open timers; a timer that fired before does not come back."""
        ...

    async def fired(self, ids: Collection[UUID], now: datetime) -> None:
        """Note that timers did what they are for."""
        ...
