"""Routes of appointments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import AuditTrail
from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, TraceSession, component, unit_of_work
from lib_web import (
    Caller,
    CallerKind,
    Cursor,
    Keyed,
    KeyReused,
    Limit,
    Page,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_booking.admission.domain import AdmissionRefused, AdmissionUnavailable
from svc_booking.appointment import store
from svc_booking.appointment.commands import (
    BookForPerson,
    BookSlot,
    CancelAppointment,
    Clerk,
    RescheduleAppointment,
    book_for_person,
    book_slot,
    cancel_appointment,
    reschedule_appointment,
)
from svc_booking.appointment.desk import Desk, DeskSupplies
from svc_booking.appointment.domain import NoSuchAppointment, OtherGroup, SameSlot
from svc_booking.appointment.express import BookingRoute
from svc_booking.appointment.ports import UnitOfWork
from svc_booking.appointment.schemas import AppointmentCreate, AppointmentMove, AppointmentOut
from svc_booking.database import AUDIT
from svc_booking.hold.domain import HoldOver, NoSuchHold
from svc_booking.rule.domain import (
    AlreadyBooked,
    BookedMeanwhile,
    BookingClosed,
    DailyLimit,
    LateCancelBlock,
    NoShowBlock,
    NotOpenYet,
    PartyTooLarge,
    RescheduleLimit,
)
from svc_booking.slot.domain import NoSuchSlot, QuotaFull, SlotFull, WrongSlot
from svc_booking.slot.guide import SlotGuide

router = APIRouter(prefix="/v1/appointments", tags=["预约"])
express = APIRouter(prefix="/v1/appointments", tags=["预约"], route_class=BookingRoute)

TIME_PROBLEMS = (NoSuchSlot, BookingClosed, NotOpenYet, SlotFull, QuotaFull)
CONDUCT_PROBLEMS = (NoShowBlock, LateCancelBlock, DailyLimit, BookedMeanwhile)
BOOKING_PROBLEMS = problems(
    *TIME_PROBLEMS,
    *CONDUCT_PROBLEMS,
    AlreadyBooked,
    PartyTooLarge,
    NoSuchHold,
    HoldOver,
    WrongSlot,
    AdmissionRefused,
    AdmissionUnavailable,
    NotAllowed,
    KeyReused,
)
MOVE_PROBLEMS = problems(
    *TIME_PROBLEMS,
    *CONDUCT_PROBLEMS,
    NoSuchAppointment,
    IllegalMove,
    OtherGroup,
    SameSlot,
    RescheduleLimit,
)
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Person = Annotated[Caller, requires("citizen", "clerk")]
Guide = Annotated[SlotGuide, component(SlotGuide)]


async def booking_desk(keyed: Keyed, supplies: Annotated[DeskSupplies, component(DeskSupplies)]) -> Desk:
    """Return the desk for one request."""
    return Desk(supplies, keyed)


def _clerk(caller: Caller) -> Clerk | None:
    """Return the clerk when it is one; None when a citizen acts for themselves."""
    return None if caller.kind is CallerKind.CITIZEN else Clerk(caller.subject, caller.check_point)


def _own(caller: Caller) -> str | None:
    return caller.person_id if caller.kind is CallerKind.CITIZEN else None


@express.post("", status_code=201, responses=BOOKING_PROBLEMS, response_model=AppointmentOut)
async def create_appointment(
    body: AppointmentCreate,
    caller: Person,
    desk: Annotated[Desk, Depends(booking_desk)],
    clock: ClockDep,
) -> Response:
    """Book places in a slot, for the caller or, by a clerk, for the person named (预约)."""
    if (clerk := _clerk(caller)) is None:
        wish = body.own_wish(caller.person_id, caller.channel, caller.partner)
        command = BookSlot(wish, body.slot_id, body.hold_id)
        return desk.answer(await book_slot(command, desk=desk, clock=clock))
    await desk.stop_if_repeated()
    named = BookForPerson(body.named_slot(), body.wish_for(clerk.staff_id, caller.channel), clerk)
    booked = await book_for_person(named, uow=desk.work(), clock=clock, alternatives=desk.alternatives)
    return desk.answer(booked)


@router.get("")
async def list_appointments(
    caller: Person,
    session: TraceSession,
    clock: ClockDep,
    limit: Limit = 20,
    cursor: Cursor = None,
    person_id: Annotated[str | None, Query(max_length=64, description="窗口人员查询时填写")] = None,
) -> Page[AppointmentOut]:
    """List the caller's appointments, the latest first (我的预约); for a clerk, those at their points."""
    position = read_cursor(cursor, datetime, UUID)
    person = caller.person_id if caller.kind is CallerKind.CITIZEN else person_id
    if person is None:
        raise NotAllowed("请指明办事人 person_id")
    points = None if caller.kind is CallerKind.CITIZEN or "admin" in caller.roles else caller.points
    rows = await store.of_person(session, person, before=position, limit=limit + 1, points=points)
    if caller.kind is CallerKind.STAFF:
        await _note_read(session, caller, person, clock.now())
    items = [AppointmentOut.model_validate(row) for row in rows[:limit]]
    last = write_cursor(rows[limit - 1].starts_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=last)


@router.get("/{appointment_id}", responses=problems(NoSuchAppointment))
async def get_appointment(
    appointment_id: UUID, caller: Person, session: TraceSession, clock: ClockDep
) -> AppointmentOut:
    """Return one of the caller's appointments; for a clerk, one at their points."""
    found = await store.one_of_person(session, appointment_id, _own(caller))
    if caller.kind is CallerKind.STAFF:
        caller.check_point(found.service_point)
        await _note_read(session, caller, found.person_id, clock.now())
    return AppointmentOut.model_validate(found)


@router.post("/{appointment_id}/rescheduling", responses=MOVE_PROBLEMS)
async def reschedule(
    appointment_id: UUID, body: AppointmentMove, caller: Person, uow: Uow, clock: ClockDep, guide: Guide
) -> AppointmentOut:
    """Move to another slot (改约): the new places are taken and the old given back at once, or nothing is."""
    command = RescheduleAppointment(appointment_id, body.slot_id, _own(caller), _clerk(caller))
    moved = await reschedule_appointment(command, uow=uow, clock=clock, alternatives=guide.alternatives)
    return AppointmentOut.model_validate(moved)


@router.post("/{appointment_id}/cancellation", responses=problems(NoSuchAppointment, IllegalMove))
async def cancel(appointment_id: UUID, caller: Person, uow: Uow, clock: ClockDep) -> AppointmentOut:
    """Give the places back (取消预约)."""
    command = CancelAppointment(appointment_id, _own(caller), _clerk(caller))
    return AppointmentOut.model_validate(await cancel_appointment(command, uow=uow, clock=clock))


async def _note_read(session: AsyncSession, caller: Caller, person: str, now: datetime) -> None:
    """Note that a clerk read a person's appointments."""
    await AuditTrail(session, AUDIT).note(caller.subject, "appointment.read", person, now)
    await session.commit()
