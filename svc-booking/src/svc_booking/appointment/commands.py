"""Book and cancel."""

from dataclasses import dataclass
from uuid import UUID

from lib_contracts.booking import AppointmentBooked, AppointmentCancelled
from lib_kernel import Clock
from svc_booking.appointment.domain import Appointment, NoSuchAppointment, SlotFull, reminders_for
from svc_booking.appointment.events import event_of
from svc_booking.appointment.ports import BookingDesk, UnitOfWork


@dataclass(frozen=True)
class BookSlot:
    """Take one place in a slot for a person."""

    slot_id: UUID
    person_id: str
    item_code: str
    channel: str


async def book_slot(cmd: BookSlot, *, desk: BookingDesk, clock: Clock) -> Appointment:
    """Book one place.

    Raises:
        NoSuchSlot, BookingClosed, AlreadyBooked: see there.
        SlotFull: with the nearest free places as `alternatives`.
    """
    now = clock.now()
    slot = await desk.slot(cmd.slot_id)
    window = await desk.window(slot)
    window.check(slot)
    appointment = Appointment.in_slot(
        slot, person_id=cmd.person_id, item_code=cmd.item_code, channel=cmd.channel, now=now
    )
    reminders = list(reminders_for(appointment, now))
    if not await desk.take_place(appointment, event_of(AppointmentBooked, appointment), reminders):
        raise SlotFull(
            "该时段已无余号，可选择下列时段或网点", alternatives=await desk.alternatives(slot, window)
        )
    return appointment


@dataclass(frozen=True)
class CancelAppointment:
    """Give a place back."""

    appointment_id: UUID
    person_id: str


async def cancel_appointment(cmd: CancelAppointment, *, uow: UnitOfWork) -> Appointment:
    """Cancel the person's own appointment; the place is free at once.

    Raises:
        NoSuchAppointment: it is not the person's, or there is none.
        IllegalMove: it is not open any more.
    """
    async with uow:
        appointment = await uow.appointments.lock(cmd.appointment_id)
        if appointment.person_id != cmd.person_id:
            raise NoSuchAppointment
        appointment.cancel()
        await uow.appointments.give_place_back(appointment)
        uow.outbox.add(event_of(AppointmentCancelled, appointment))
        await uow.commit()
    return appointment
