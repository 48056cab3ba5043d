"""Routes of planning: calendars, hours, exceptions, capacity, rules."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from lib_kernel import CITY_ZONE, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import AnyCaller, Caller, Day, problems, requires
from svc_booking.calendar import store as calendars
from svc_booking.calendar.domain import BadHours, NoSuchException, NoSuchSpecialDay, PointCalendar
from svc_booking.calendar.seeding import source_of
from svc_booking.plan import commands
from svc_booking.plan.ports import UnitOfWork
from svc_booking.plan.schemas import (
    CalendarOut,
    CapacityIn,
    CapacityOut,
    EffectiveRule,
    EffectOut,
    ExceptionIn,
    ExceptionList,
    ExceptionOut,
    FlaggedList,
    FlaggedOut,
    HoursIn,
    OpeningDay,
    OpeningList,
    ResizedOut,
    RuleIn,
    RuleList,
    RuleOut,
    SpecialDayIn,
    SpecialDayOut,
)
from svc_booking.rule import store as rules
from svc_booking.rule.domain import NoSuchRule
from svc_booking.slot import store as slots
from svc_booking.slot.domain import CapacityBelowTaken, NoSuchPoint, NoSuchSlot
from svc_booking.slot.guide import SlotGuide

router = APIRouter(prefix="/v1", tags=["日历与规则"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Guide = Annotated[SlotGuide, component(SlotGuide)]
Admin = Annotated[Caller, requires("admin")]
Manager = Annotated[Caller, requires("hall_manager")]
City = Annotated[str, Path(pattern=r"^\d{6,12}$")]
Code = Annotated[str, Path(max_length=40)]
SHOWN_DAYS = 60


@router.get("/calendars/{city}")
async def get_calendar(
    city: City, caller: AnyCaller, session: ReadSession, year: Annotated[int, Query(ge=2020, le=2100)]
) -> CalendarOut:
    """Show a city's holidays and make-up workdays of a year (节假日与调休)."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    calendar = await calendars.city_calendar(session, city, first, last)
    days = [SpecialDayOut.model_validate(day) for day in calendar.days.values()]
    return CalendarOut(city=city, year=year, source=calendar.years.get(year, source_of(year)), days=days)


@router.put("/calendars/{city}/days/{day}")
async def put_calendar_day(
    city: City, day: Day, body: SpecialDayIn, caller: Admin, uow: Uow, clock: ClockDep, guide: Guide
) -> SpecialDayOut:
    """Enter a day into a city's calendar, above what the state arranged (本地调整)."""
    command = commands.SetSpecialDay(city, day, body.kind, body.name, caller.subject)
    special = await commands.set_special_day(command, uow=uow, clock=clock)
    guide.forget()
    return SpecialDayOut.model_validate(special)


@router.delete("/calendars/{city}/days/{day}", status_code=204, responses=problems(NoSuchSpecialDay))
async def delete_calendar_day(
    city: City, day: Day, caller: Admin, uow: Uow, clock: ClockDep, guide: Guide
) -> Response:
    """Take a local day back; what the state arranged holds again."""
    await commands.unset_special_day(city, day, by=caller.subject, uow=uow, clock=clock)
    guide.forget()
    return Response(status_code=204)


@router.get("/service-points/{code}/opening", responses=problems(NoSuchPoint))
async def get_opening(
    code: Code,
    caller: AnyCaller,
    session: ReadSession,
    clock: ClockDep,
    start: Annotated[Day | None, Query(alias="from")] = None,
    days: Annotated[int, Query(ge=1, le=SHOWN_DAYS)] = 14,
) -> OpeningList:
    """Show when a point is open (开放时间); days of a year without a published arrangement are flagged."""
    first = start or clock.now().astimezone(CITY_ZONE).date()
    point = await slots.one_point(session, code)
    calendar = await slots.calendar_of(session, point, first, first + timedelta(days=days))
    shown = [_opening_day(calendar, first + timedelta(days=number)) for number in range(days)]
    return OpeningList(service_point=code, items=shown)


def _opening_day(calendar: PointCalendar, day: date) -> OpeningDay:
    kind, exception, times = calendar.city(day), calendar.exceptions.get(day), list(calendar.slot_times(day))
    return OpeningDay(
        day=day,
        is_open=bool(times),
        name=kind.name,
        source=kind.source,
        slots=[found.starts_at.time() for found in times if not found.is_extended],
        extended_slots=[found.starts_at.time() for found in times if found.is_extended],
        reason=exception.reason if exception else "",
    )


@router.put("/service-points/{code}/hours", responses=problems(NoSuchPoint, BadHours, NotAllowed))
async def put_hours(
    code: Code, body: HoursIn, caller: Manager, uow: Uow, clock: ClockDep, guide: Guide
) -> EffectOut:
    """Set a point's weekly hours; slots follow at once, those with bookings are kept and flagged."""
    caller.check_point(code)
    effect = await commands.set_hours(code, body.hours(), by=caller.subject, uow=uow, clock=clock)
    guide.forget()
    return EffectOut.model_validate(effect)


@router.get("/service-points/{code}/exceptions", responses=problems(NotAllowed))
async def list_exceptions(
    code: Code, caller: Manager, session: ReadSession, clock: ClockDep
) -> ExceptionList:
    """List a point's exceptions of the days ahead (临时调整)."""
    caller.check_point(code)
    today = clock.now().astimezone(CITY_ZONE).date()
    found = await calendars.exceptions_of(session, code, today, today + timedelta(days=400))
    return ExceptionList(items=[ExceptionOut.model_validate(row) for row in found])


@router.put("/service-points/{code}/exceptions/{day}", responses=problems(NoSuchPoint, BadHours, NotAllowed))
async def put_exception(
    code: Code, day: Day, body: ExceptionIn, caller: Manager, uow: Uow, clock: ClockDep, guide: Guide
) -> EffectOut:
    """Close a point on a day, or give it other or longer hours; slots follow at once."""
    caller.check_point(code)
    exception = body.exception(day)
    effect = await commands.set_exception(code, exception, by=caller.subject, uow=uow, clock=clock)
    guide.forget()
    return EffectOut.model_validate(effect)


@router.delete(
    "/service-points/{code}/exceptions/{day}", responses=problems(NoSuchException, NoSuchPoint, NotAllowed)
)
async def delete_exception(
    code: Code, day: Day, caller: Manager, uow: Uow, clock: ClockDep, guide: Guide
) -> EffectOut:
    """Take an exception back; slots follow at once."""
    caller.check_point(code)
    effect = await commands.unset_exception(code, day, by=caller.subject, uow=uow, clock=clock)
    guide.forget()
    return EffectOut.model_validate(effect)


@router.get("/service-points/{code}/flagged-slots", responses=problems(NotAllowed))
async def list_flagged_slots(
    code: Code,
    caller: Annotated[Caller, requires("clerk", "hall_manager")],
    session: ReadSession,
    clock: ClockDep,
) -> FlaggedList:
    """List closed slots whose bookings someone must look after (停办时段的已约号)."""
    caller.check_point(code)
    rows = await slots.flagged_slots(session, code, clock.now())
    return FlaggedList(items=[FlaggedOut.model_validate(row) for row in rows])


@router.put("/service-points/{code}/groups/{group}/capacity", responses=problems(NoSuchPoint, NotAllowed))
async def put_group_capacity(
    code: Code, group: Code, body: CapacityIn, caller: Manager, uow: Uow, clock: ClockDep, guide: Guide
) -> ResizedOut:
    """Set the capacity of a group's slots from now on; where more are taken, that many stay."""
    caller.check_point(code)
    command = commands.ResizeGroup(code, group, body.capacity, caller.subject)
    resized = await commands.resize_group(command, uow=uow, clock=clock)
    guide.forget()
    return ResizedOut.model_validate(resized)


@router.put("/slots/{slot_id}/capacity", responses=problems(NoSuchSlot, CapacityBelowTaken, NotAllowed))
async def put_slot_capacity(
    slot_id: UUID, body: CapacityIn, caller: Manager, uow: Uow, clock: ClockDep, guide: Guide
) -> CapacityOut:
    """Change how many places a slot has, live, never below what is taken."""
    slot = await guide.slot(slot_id)
    caller.check_point(slot.service_point)
    command = commands.ResizeSlot(slot_id, body.capacity, caller.subject)
    await commands.resize_slot(command, slot, uow=uow, clock=clock)
    guide.forget()
    return CapacityOut(slot_id=slot_id, capacity=body.capacity)


@router.get("/booking-rules")
async def list_rules(
    caller: Annotated[Caller, requires("hall_manager", "clerk")],
    session: ReadSession,
    city: Annotated[str | None, Query(max_length=12)] = None,
) -> RuleList:
    """List the layers of booking rules, far ones first (预约规则)."""
    return RuleList(items=[RuleOut.of(row) for row in await rules.all_rules(session, city)])


@router.put("/booking-rules")
async def put_rule(body: RuleIn, caller: Admin, uow: Uow, clock: ClockDep, guide: Guide) -> RuleOut:
    """Write the layer of a scope in place of the one that is there."""
    command = commands.PutRule(body.scope.scope(), body.values.given(), caller.subject)
    row = await commands.put_rule(command, uow=uow, clock=clock)
    guide.forget()
    return RuleOut.of(row)


@router.delete("/booking-rules/{rule_id}", status_code=204, responses=problems(NoSuchRule))
async def delete_rule(rule_id: UUID, caller: Admin, uow: Uow, clock: ClockDep, guide: Guide) -> Response:
    """Delete a layer; what is farther away holds again."""
    await commands.drop_rule(rule_id, by=caller.subject, uow=uow, clock=clock)
    guide.forget()
    return Response(status_code=204)


@router.get("/service-points/{code}/booking-rule", responses=problems(NoSuchPoint))
async def get_effective_rule(
    code: Code,
    caller: AnyCaller,
    session: ReadSession,
    clock: ClockDep,
    group: Annotated[str, Query(max_length=40)],
) -> EffectiveRule:
    """Show the rule that holds for a group at a point (预约须知)."""
    terms = await slots.terms_of(session, code, group, clock.now())
    return EffectiveRule.of(code, group, terms.rule)
