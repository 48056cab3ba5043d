"""Routes of windows."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_web import Caller, problems, requires
from svc_booking.window import commands, store
from svc_booking.window.commands import AtWindow
from svc_booking.window.domain import NoSuchWindow, WindowTaken
from svc_booking.window.ports import UnitOfWork
from svc_booking.window.schemas import WindowList, WindowOut, WindowPause, WindowRow

router = APIRouter(prefix="/v1/service-points/{code}/windows", tags=["窗口"])

Code = Annotated[str, Path(max_length=40)]
Name = Annotated[str, Path(max_length=40)]
Clerk = Annotated[Caller, requires("clerk")]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
WINDOW_PROBLEMS = problems(NoSuchWindow, WindowTaken, IllegalMove, NotAllowed)


@router.get("", responses=problems(NotAllowed))
async def list_windows(
    code: Code, caller: Annotated[Caller, requires("clerk", "hall_manager")], session: ReadSession
) -> WindowList:
    """List a point's windows with their clerks and numbers (窗口一览)."""
    caller.check_point(code)
    rows = await store.windows_of(session, code)
    return WindowList(items=[WindowRow.model_validate(row, from_attributes=True) for row in rows])


@router.post("/{window}/opening", responses=WINDOW_PROBLEMS)
async def open_window(code: Code, window: Name, caller: Clerk, uow: Uow, clock: ClockDep) -> WindowOut:
    """Sit down at a window (开窗)."""
    caller.check_point(code)
    command = AtWindow(code, window, caller.subject)
    return WindowOut.model_validate(await commands.open_window(command, uow=uow, clock=clock))


@router.post("/{window}/pause", responses=WINDOW_PROBLEMS)
async def pause_window(
    code: Code, window: Name, body: WindowPause, caller: Clerk, uow: Uow, clock: ClockDep
) -> WindowOut:
    """Stop calling for a while; what is at the window may be finished (暂停叫号)."""
    caller.check_point(code)
    command = AtWindow(code, window, caller.subject, body.reason)
    return WindowOut.model_validate(await commands.pause_window(command, uow=uow, clock=clock))


@router.post("/{window}/resumption", responses=WINDOW_PROBLEMS)
async def resume_window(code: Code, window: Name, caller: Clerk, uow: Uow, clock: ClockDep) -> WindowOut:
    """Call again after a pause (恢复叫号)."""
    caller.check_point(code)
    command = AtWindow(code, window, caller.subject)
    return WindowOut.model_validate(await commands.resume_window(command, uow=uow, clock=clock))
