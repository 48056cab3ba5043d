"""Business time. Domain code receives `now`; only the edges hold a clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the business time."""

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        return datetime.now(UTC)


class ShiftableClock:
    """The machine's clock moved by the seconds a file holds; for demonstrations and rehearsals only.

    The file is `{"offset_seconds": n}`. Without the file there is no shift.
    """

    def __init__(self, path: Path, base: Callable[[], datetime] | None = None) -> None:
        self._path = path
        self._base = base or SystemClock().now
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the shifted moment, aware, in UTC."""
        return self._base() + self._current_offset()

    def _current_offset(self) -> timedelta:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._offset = None, timedelta()
            return self._offset
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            self._offset = timedelta(seconds=float(content["offset_seconds"]))
            self._stamp = stamp
        return self._offset


def clock_from(path: str | None) -> Clock:
    """Return the clock a process should use: shifted when `path` (setting CLOCK_FILE) names a file."""
    return ShiftableClock(Path(path)) if path else SystemClock()
