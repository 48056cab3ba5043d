"""A window: closed -> open -> paused -> open -> closed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lib_kernel import Conflict, IllegalMove, NotFound, move


class Status(StrEnum):
    """Whether a window calls numbers."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


NEXT: dict[Status, frozenset[Status]] = {
    Status.CLOSED: frozenset({Status.OPEN}),
    Status.OPEN: frozenset({Status.PAUSED, Status.CLOSED}),
    Status.PAUSED: frozenset({Status.OPEN, Status.CLOSED}),
}


class NoSuchWindow(NotFound):
    """The point has no such window."""

    code = "window-not-found"
    title = "本网点没有这个窗口"


class WindowPaused(Conflict):
    """The window does not call now."""

    code = "window-paused"
    title = "窗口已暂停叫号，请先恢复"


class WindowTaken(Conflict):
    """Another clerk sits at the window."""

    code = "window-taken"
    title = "该窗口正由其他人员值守"


class WindowBusy(Conflict):
    """The window has called or is serving another number."""

    code = "window-busy"
    title = "窗口还有未办结的号，请先办结或过号"


@dataclass(eq=False)
class Window:
    """A window of a point. `clerk` sits there while it is not closed; `reason` says why it is paused."""

    service_point: str
    name: str
    status: Status = Status.CLOSED
    clerk: str | None = None
    reason: str | None = None
    since: datetime | None = None

    def open(self, clerk: str, now: datetime) -> None:
        """A clerk sits down.

        Raises:
            WindowTaken: another one sits there.
            IllegalMove: it is open already.
        """
        self._check_clerk(clerk)
        if self.status is not Status.CLOSED:
            raise IllegalMove(f"{self.name}已经开放", current=self.status.value, wanted=Status.OPEN.value)
        self._open(clerk, now)

    def resume(self, clerk: str, now: datetime) -> None:
        """Call again after a pause. Raises WindowTaken, IllegalMove."""
        self._check_clerk(clerk)
        if self.status is not Status.PAUSED:
            raise IllegalMove(f"{self.name}没有暂停", current=self.status.value, wanted=Status.OPEN.value)
        self._open(clerk, now)

    def pause(self, clerk: str, reason: str, now: datetime) -> None:
        """Stop calling for a while. Raises WindowTaken, IllegalMove."""
        self._check_clerk(clerk)
        self.status = move(self.status, Status.PAUSED, NEXT)
        self.reason, self.since = reason, now

    def close(self, now: datetime) -> None:
        """The clerk leaves. Raises IllegalMove."""
        self.status = move(self.status, Status.CLOSED, NEXT)
        self.clerk, self.reason, self.since = None, None, now

    def ready_for(self, clerk: str, now: datetime) -> bool:
        """Open the window if nobody sits there, as the clerk is about to call; return whether it was opened.

        Raises:
            WindowPaused, WindowTaken: see there.
        """
        if self.status is Status.PAUSED:
            raise WindowPaused(f"{self.name}已暂停叫号", reason=self.reason)
        if self.status is Status.CLOSED:
            self.open(clerk, now)
            return True
        self._check_clerk(clerk)
        return False

    def _open(self, clerk: str, now: datetime) -> None:
        self.status = move(self.status, Status.OPEN, NEXT)
        self.clerk, self.reason, self.since = clerk, None, now

    def _check_clerk(self, clerk: str) -> None:
        if self.clerk is not None and self.clerk != clerk:
            raise WindowTaken(f"{self.name}正由其他人员值守，请其关闭窗口后再登录")
