"""Free places for anyone to see."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from lib_kernel import CITY_ZONE
from lib_service.web import ClockDep, ReadSession, component
from lib_web import AnyCaller, problems
from svc_booking.settings import Settings
from svc_booking.slot import store
from svc_booking.slot.calendar import state_calendar
from svc_booking.slot.domain import SLOT_LENGTH, NoSuchPoint, booking_window
from svc_booking.slot.schemas import SlotList, SlotOut

router = APIRouter(prefix="/v1/service-points", tags=["号源"])

Code = Annotated[str, Path(max_length=40)]


@router.get("/{code}/slots", responses=problems(NoSuchPoint))
async def list_slots(
    code: Code,
    caller: AnyCaller,
    session: ReadSession,
    clock: ClockDep,
    settings: Annotated[Settings, component(Settings)],
    group: Annotated[str, Query(max_length=40, description="业务窗口组，见事项的 window_group")],
    on: Annotated[date | None, Query(description="只看这一天")] = None,
) -> SlotList:
    """List the slots that may be booked now at a point's business group (可约时段)."""
    hours = await store.hours_of(session, code)
    if not await store.group_exists(session, code, group):
        raise NoSuchPoint(f"该网点没有业务窗口组 {group}", service_point=code)
    window = booking_window(
        hours,
        state_calendar,
        clock.now(),
        days_ahead=settings.days_ahead,
        closes_before=settings.closes_before,
    )
    start, end = window.opens, window.closes
    if on is not None:
        midnight = datetime.combine(on, time(0), CITY_ZONE)
        start, end = max(start, midnight), min(end, midnight + timedelta(days=1))
    rows = await store.slots_between(session, code, group, start, end)
    items = [
        SlotOut(
            slot_id=row.id,
            starts_at=row.starts_at.astimezone(CITY_ZONE),
            ends_at=row.starts_at.astimezone(CITY_ZONE) + SLOT_LENGTH,
            capacity=row.capacity,
            free=row.capacity - row.taken,
        )
        for row in rows
    ]
    return SlotList(service_point=code, group=group, bookable_until=window.closes, items=items)
