"""Free places for anyone to see."""

from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from lib_kernel import CITY_ZONE
from lib_service.web import ClockDep, ReadSession
from lib_web import AnyCaller, Day, problems
from svc_booking.slot import store
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.schemas import SlotList, SlotOut

router = APIRouter(prefix="/v1/service-points", tags=["号源"])

Code = Annotated[str, Path(max_length=40)]


@router.get("/{code}/slots", responses=problems(NoSuchPoint))
async def list_slots(
    code: Code,
    caller: AnyCaller,
    session: ReadSession,
    clock: ClockDep,
    group: Annotated[str, Query(max_length=40, description="业务窗口组，见事项的 window_group")],
    on: Annotated[Day | None, Query(description="只看这一天")] = None,
) -> SlotList:
    """List the slots that may be booked now at a point's business group (可约时段)."""
    now = clock.now()
    terms = await store.terms_of(session, code, group, now)
    window = terms.rule.window(terms.calendar, now)
    start, end = window.opens, window.closes
    if on is not None:
        midnight = datetime.combine(on, time(0), CITY_ZONE)
        start, end = max(start, midnight), min(end, midnight + timedelta(days=1))
    rows = await store.slots_between(session, code, group, start, end, now)
    items = [SlotOut.of(row, terms.calendar) for row in rows if not row.is_closed]
    return SlotList(service_point=code, group=group, bookable_until=window.closes, items=items)
