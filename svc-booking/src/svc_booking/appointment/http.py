"""Routes of appointments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import (
    Citizen,
    Cursor,
    Keyed,
    KeyReused,
    Limit,
    Page,
    Recorder,
    problems,
    read_cursor,
    write_cursor,
)
from svc_booking.appointment import store
from svc_booking.appointment.commands import BookSlot, CancelAppointment, book_slot, cancel_appointment
from svc_booking.appointment.desk import Desk, DeskSupplies
from svc_booking.appointment.domain import AlreadyBooked, NoSuchAppointment, SlotFull
from svc_booking.appointment.ports import UnitOfWork
from svc_booking.appointment.schemas import AppointmentCreate, AppointmentOut
from svc_booking.slot.domain import BookingClosed, NoSuchSlot

router = APIRouter(prefix="/v1/appointments", tags=["预约"])

BOOKING_PROBLEMS = problems(NoSuchSlot, SlotFull, AlreadyBooked, BookingClosed, KeyReused)
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]


def booking_desk(keyed: Keyed, supplies: Annotated[DeskSupplies, component(DeskSupplies)]) -> Desk:
    """Return the desk for one request."""
    return Desk(supplies, keyed, Recorder(keyed, AppointmentOut, 201).kept if keyed else None)


@router.post("", status_code=201, responses=BOOKING_PROBLEMS)
async def create_appointment(
    body: AppointmentCreate, caller: Citizen, desk: Annotated[Desk, Depends(booking_desk)], clock: ClockDep
) -> AppointmentOut:
    """Book one place in a slot for the caller (预约)."""
    command = BookSlot(body.slot_id, caller.person_id, body.item_code, caller.channel)
    return AppointmentOut.model_validate(await book_slot(command, desk=desk, clock=clock))


@router.get("")
async def list_appointments(
    caller: Citizen, session: ReadSession, limit: Limit = 20, cursor: Cursor = None
) -> Page[AppointmentOut]:
    """List the caller's appointments, the latest first (我的预约)."""
    position = read_cursor(cursor, datetime, UUID)
    rows = await store.of_person(session, caller.person_id, before=position, limit=limit + 1)
    items = [AppointmentOut.model_validate(row) for row in rows[:limit]]
    last = write_cursor(rows[limit - 1].starts_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=last)


@router.get("/{appointment_id}", responses=problems(NoSuchAppointment))
async def get_appointment(appointment_id: UUID, caller: Citizen, session: ReadSession) -> AppointmentOut:
    """Return one of the caller's appointments."""
    found = await store.one_of_person(session, appointment_id, caller.person_id)
    return AppointmentOut.model_validate(found)


@router.post("/{appointment_id}/cancellation", responses=problems(NoSuchAppointment, IllegalMove))
async def cancel(appointment_id: UUID, caller: Citizen, uow: Uow) -> AppointmentOut:
    """Give the place back (取消预约)."""
    command = CancelAppointment(appointment_id, caller.person_id)
    return AppointmentOut.model_validate(await cancel_appointment(command, uow=uow))
