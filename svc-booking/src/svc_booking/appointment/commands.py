"""Book, move and cancel."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from lib_contracts.booking import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled
from lib_kernel import CITY_ZONE, Clock, DomainError
from svc_booking.appointment.domain import (
    Appointment,
    NoSuchAppointment,
    Wish,
    reminders_for,
)
from svc_booking.appointment.events import event_of
from svc_booking.appointment.ports import Alternatives, BookingDesk, Order, Outcome, UnitOfWork
from svc_booking.hold.commands import take_places
from svc_booking.rule.domain import BookingClosed, Standing
from svc_booking.slot.domain import Slot, SlotState, WrongSlot, refusal


@dataclass(frozen=True)
class Clerk:
    """A staff member who acts for a person at their own points; what they do is noted."""

    staff_id: str
    check_point: Callable[[str], None]


@dataclass(frozen=True)
class BookSlot:
    """Take places in a slot for a person; with `hold_id`, those that are held for them."""

    wish: Wish
    slot_id: UUID | None = None
    hold_id: UUID | None = None


async def book_slot(cmd: BookSlot, *, desk: BookingDesk, clock: Clock) -> Appointment:
    """Book places at the desk that serves everybody at once.

    Raises:
        NoSuchSlot, BookingClosed, NotOpenYet, PartyTooLarge: see there.
        NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
        AdmissionRefused, AdmissionUnavailable: see there.
        NoSuchHold, HoldOver: with `hold_id`.
        SlotFull, QuotaFull: with the nearest free places as `alternatives`.
    """
    try:
        order, slot = await _order(cmd, desk, clock.now())
    except DomainError:
        # A request sent again after its time gets its first answer, not a refusal.
        await desk.stop_if_repeated()
        raise
    outcome = await desk.take_place(order)
    if outcome is not Outcome.BOOKED:
        raise await desk.refused(order, outcome, slot)
    return order.appointment


async def _order(cmd: BookSlot, desk: BookingDesk, now: datetime) -> tuple[Order, Slot]:
    wish, slot_id = cmd.wish, cmd.slot_id
    if cmd.hold_id is not None:
        held = await desk.hold(cmd.hold_id, wish.person_id)
        if slot_id not in (None, held.slot_id):
            raise WrongSlot(field="slot_id")
        slot_id = held.slot_id
        wish = replace(
            wish,
            party_size=held.places,
            is_green=held.is_green,
            channel=held.channel,
            partner=held.partner,
        )
    if slot_id is None:
        raise WrongSlot("请填写 slot_id 或 hold_id", field="slot_id")
    slot = await desk.slot(slot_id)
    terms = await desk.terms(slot, now)
    terms.check_time(slot.starts_at, now, await desk.window(slot, terms, now))
    terms.check_party(wish.party_size)
    if terms.rule.asks_admission:
        await desk.admit(wish.person_id)
    appointment = Appointment.in_slot(slot, wish, now)
    event, reminders = event_of(AppointmentBooked, appointment), tuple(reminders_for(appointment, now))
    return Order(appointment, event, reminders, terms.rule, now, cmd.hold_id), slot


@dataclass(frozen=True)
class BookForPerson:
    """A clerk books for a person who is named."""

    slot_id: UUID
    wish: Wish
    clerk: Clerk


async def book_for_person(
    cmd: BookForPerson, *, uow: UnitOfWork, clock: Clock, alternatives: Alternatives
) -> Appointment:
    """Book places for a person at one of the clerk's points.

    Raises as `book_slot` does, and NotAllowed, BookedMeanwhile.
    """
    now, wish = clock.now(), cmd.wish
    async with uow:
        slot = await uow.places.slot(cmd.slot_id)
        cmd.clerk.check_point(slot.service_point)
        standing = await _check(uow, slot, wish.person_id, wish.party_size, now)
        appointment = Appointment.in_slot(slot, wish, now)
        appointment.day_number = standing.free_number
        missing = await _take(uow, appointment, slot, now)
        if missing is None:
            await uow.appointments.add(appointment, reminders_for(appointment, now))
            uow.outbox.add(event_of(AppointmentBooked, appointment))
            await _note(uow, cmd.clerk, "appointment.book", appointment, now)
            await uow.commit(answer=appointment)
            return appointment
    raise refusal(missing, wish.party_size, now, await alternatives(slot, wish.party_size))


@dataclass(frozen=True)
class RescheduleAppointment:
    """Move an appointment to another slot, of the person's own or by a clerk of its point."""

    appointment_id: UUID
    slot_id: UUID
    person_id: str | None = None
    clerk: Clerk | None = None


async def reschedule_appointment(
    cmd: RescheduleAppointment, *, uow: UnitOfWork, clock: Clock, alternatives: Alternatives
) -> Appointment:
    """Take the new places and give the old back in one transaction; if the new ones fail, the old stay.

    Raises:
        NoSuchAppointment, IllegalMove, OtherGroup, SameSlot, RescheduleLimit: see there.
        NoSuchSlot, BookingClosed, NotOpenYet, NoShowBlock, LateCancelBlock, DailyLimit: see there.
        BookedMeanwhile: see there.
        SlotFull, QuotaFull: with the nearest free places as `alternatives`.
    """
    now = clock.now()
    async with uow:
        appointment = await _locked(uow, cmd.appointment_id, cmd.person_id, cmd.clerk)
        slot = await uow.places.slot(cmd.slot_id)
        if cmd.clerk is not None:
            cmd.clerk.check_point(slot.service_point)
        appointment.check_move(slot)
        day_number = await _check_move(uow, slot, appointment, now)
        old = Before.of(appointment)
        await uow.places.lock([old.slot_id, slot.id])
        missing = await _take(uow, appointment, slot, now)
        if missing is None:
            await _leave(uow, appointment, old, slot, day_number, now)
            if cmd.clerk is not None:
                await _note(uow, cmd.clerk, "appointment.reschedule", appointment, now)
            await uow.commit()
            return appointment
    # Rolled back: the old places are still the person's.
    raise refusal(missing, appointment.party_size, now, await alternatives(slot, appointment.party_size))


@dataclass(frozen=True)
class CancelAppointment:
    """Give places back: the person's own, or by a clerk of the point."""

    appointment_id: UUID
    person_id: str | None = None
    clerk: Clerk | None = None


async def cancel_appointment(cmd: CancelAppointment, *, uow: UnitOfWork, clock: Clock) -> Appointment:
    """Cancel an appointment; the places go to who waits for them, or are free at once.

    Raises:
        NoSuchAppointment: it is not the person's, or there is none.
        IllegalMove: it is not open any more.
    """
    now = clock.now()
    async with uow:
        appointment = await _locked(uow, cmd.appointment_id, cmd.person_id, cmd.clerk)
        rule = (await uow.places.terms(await uow.places.slot(appointment.slot_id), now)).rule
        appointment.cancel(now, late_before=rule.late_cancel_before)
        if cmd.clerk is not None:
            appointment.is_late_cancel = False  # The office cancelled, not the person.
        await uow.places.give_back(appointment.slot_id, appointment.party_size, appointment.place_class, now)
        await uow.appointments.drop_reminders(appointment)
        uow.outbox.add(event_of(AppointmentCancelled, appointment))
        if cmd.clerk is not None:
            await _note(uow, cmd.clerk, "appointment.cancel", appointment, now)
        await uow.commit()
    return appointment


@dataclass(frozen=True)
class Before:
    """Where an appointment was before it moved."""

    slot_id: UUID
    starts_at: datetime
    service_point: str
    service_point_name: str

    @classmethod
    def of(cls, appointment: Appointment) -> "Before":
        """Return where an appointment is now."""
        return cls(
            appointment.slot_id,
            appointment.starts_at,
            appointment.service_point,
            appointment.service_point_name,
        )

    def told(self) -> dict[str, object]:
        """Return it as the event's members."""
        return {
            "from_starts_at": self.starts_at,
            "from_service_point": self.service_point,
            "from_service_point_name": self.service_point_name,
        }


async def _locked(
    uow: UnitOfWork, appointment_id: UUID, person_id: str | None, clerk: Clerk | None
) -> Appointment:
    appointment = await uow.appointments.lock(appointment_id)
    if clerk is not None:
        clerk.check_point(appointment.service_point)
    elif appointment.person_id != person_id:
        raise NoSuchAppointment
    return appointment


async def _check(uow: UnitOfWork, slot: Slot, person_id: str, party: int, now: datetime) -> Standing:
    terms = await uow.places.terms(slot, now)
    terms.check_time(slot.starts_at, now)
    terms.check_party(party)
    day = slot.starts_at.astimezone(CITY_ZONE).date()
    standing = await uow.standings.of(person_id, slot.group, day, terms.rule, now)
    standing.check(terms.rule, slot.starts_at, now)
    return standing


async def _check_move(uow: UnitOfWork, slot: Slot, appointment: Appointment, now: datetime) -> int | None:
    """Return the appointment's number on the new day. Raises what stands against the move."""
    terms = await uow.places.terms(slot, now)
    if appointment.starts_at < now + terms.rule.closes_before:
        raise BookingClosed("原预约即将开始或已经开始，不能改约", rule="closes_before", possible_at=None)
    terms.check_time(slot.starts_at, now)
    terms.check_reschedules(appointment.reschedules)
    day = slot.starts_at.astimezone(CITY_ZONE).date()
    same_day = day == appointment.starts_at.astimezone(CITY_ZONE).date()
    standing = await uow.standings.of(appointment.person_id, slot.group, day, terms.rule, now)
    # The appointment that moves stands in its own way neither as the open one nor on its day.
    others = replace(standing.without_open(), on_day=standing.on_day - same_day)
    others.check(terms.rule, slot.starts_at, now)
    return appointment.day_number if same_day else standing.free_number


async def _take(uow: UnitOfWork, appointment: Appointment, slot: Slot, now: datetime) -> SlotState | None:
    """Take an appointment's places in a slot; return how it stands if there are none."""
    return await take_places(uow, slot.id, appointment.party_size, appointment.place_class, now)


async def _leave(
    uow: UnitOfWork, appointment: Appointment, old: Before, slot: Slot, day_number: int | None, now: datetime
) -> None:
    """Give the old places back and write down where the appointment is now."""
    await uow.places.give_back(old.slot_id, appointment.party_size, appointment.place_class, now)
    appointment.move_to(slot, day_number)
    await uow.appointments.keep_moved(appointment, reminders_for(appointment, now))
    uow.outbox.add(event_of(AppointmentRescheduled, appointment, **old.told()))


async def _note(uow: UnitOfWork, clerk: Clerk, action: str, appointment: Appointment, now: datetime) -> None:
    facts = {"service_point": appointment.service_point, "starts_at": appointment.starts_at.isoformat()}
    await uow.audit.note(clerk.staff_id, action, str(appointment.id), now, facts)
