"""Open, pause and resume a window; closing is the queue's business, which knows what is at the window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lib_kernel import Clock
from svc_booking.journal.domain import Entry, Step
from svc_booking.window.domain import Window
from svc_booking.window.ports import UnitOfWork


@dataclass(frozen=True)
class AtWindow:
    """A clerk does something at a window."""

    service_point: str
    window: str
    by: str
    reason: str | None = None


async def open_window(cmd: AtWindow, *, uow: UnitOfWork, clock: Clock) -> Window:
    """A clerk sits down at a window (开窗). Raises NoSuchWindow, WindowTaken, IllegalMove."""
    now = clock.now()
    return await _change(cmd, lambda window: window.open(cmd.by, now), Step.WINDOW_OPENED, now, uow)


async def pause_window(cmd: AtWindow, *, uow: UnitOfWork, clock: Clock) -> Window:
    """Stop calling for a while (暂停叫号). Raises NoSuchWindow, WindowTaken, IllegalMove."""
    now, reason = clock.now(), cmd.reason or ""
    return await _change(cmd, lambda window: window.pause(cmd.by, reason, now), Step.WINDOW_PAUSED, now, uow)


async def resume_window(cmd: AtWindow, *, uow: UnitOfWork, clock: Clock) -> Window:
    """Call again (恢复叫号). Raises NoSuchWindow, WindowTaken, IllegalMove."""
    now = clock.now()
    return await _change(cmd, lambda window: window.resume(cmd.by, now), Step.WINDOW_RESUMED, now, uow)


async def _change(
    cmd: AtWindow, change: Callable[[Window], None], step: Step, now: datetime, uow: UnitOfWork
) -> Window:
    async with uow:
        window = await uow.windows.lock(cmd.service_point, cmd.window)
        change(window)
        head = await uow.journal.hold(cmd.service_point)
        entry = Entry(step, now, cmd.service_point, actor=cmd.by, window=window.name, reason=window.reason)
        await uow.journal.write(head, entry)
        await uow.commit()
    return window
