"""A clock that stands still."""

from datetime import UTC, datetime, timedelta

# A Wednesday morning in the city, 09:00; no holiday is near.
WEDNESDAY = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


class FixedClock:
    """Tells the same moment until it is moved."""

    def __init__(self, now: datetime = WEDNESDAY) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Move to a moment."""
        self._now = now.astimezone(UTC)
