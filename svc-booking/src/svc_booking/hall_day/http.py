"""Route of closing a day."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from lib_kernel import NotAllowed
from lib_service.web import ClockDep, unit_of_work
from lib_web import Caller, problems, requires
from svc_booking.hall_day.commands import CloseDay, close_day
from svc_booking.hall_day.domain import DayAlreadyClosed, DayNotOver, StillArriving
from svc_booking.hall_day.ports import UnitOfWork
from svc_booking.hall_day.schemas import DayClose, DayClosed
from svc_booking.slot.domain import NoSuchPoint

router = APIRouter(prefix="/v1/service-points", tags=["日终"])


@router.post(
    "/{code}/day-closing",
    responses=problems(NoSuchPoint, DayAlreadyClosed, DayNotOver, StillArriving, NotAllowed),
)
async def post_day_closing(
    code: Annotated[str, Path(max_length=40)],
    body: DayClose,
    caller: Annotated[Caller, requires("hall_manager")],
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    clock: ClockDep,
) -> DayClosed:
    """Close a hall's day before its time (提前日终)."""
    caller.check_point(code)
    command = CloseDay(code, body.day, caller.subject)
    closed = await close_day(command, uow=uow, clock=clock)
    return DayClosed(service_point=code, day=body.day, closed_numbers=closed)
