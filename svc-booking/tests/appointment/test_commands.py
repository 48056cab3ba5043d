"""Booking, moving and cancelling, against hand-written fakes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

import pytest

from lib_contracts import Event
from lib_kernel import CITY_ZONE, NotAllowed, new_id
from lib_testing import FixedClock
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
from svc_booking.appointment.domain import Appointment, NoSuchAppointment, Reminder, Status, Wish
from svc_booking.appointment.ports import Order, Outcome
from svc_booking.calendar.domain import CityCalendar, OpeningHours, PointCalendar
from svc_booking.hold.domain import Hold, HoldOver, HoldsBefore, NoSuchHold
from svc_booking.rule.domain import (
    BookingRule,
    BookingWindow,
    NotOpenYet,
    RescheduleLimit,
    Standing,
    Terms,
)
from svc_booking.slot.domain import Slot, SlotFull, SlotState, WrongSlot, refusal

CLOCK = FixedClock()
IN_TWO_DAYS = CLOCK.now() + timedelta(days=2)
TERMS = Terms(
    BookingRule(days_ahead=3), PointCalendar(OpeningHours({}, always_open=True), CityCalendar({}, {}))
)
OFFERED: list[dict[str, object]] = [{"service_point": "410402-HALL"}]
ITEMS = ("410131016000",)


def a_slot(starts_at: datetime = IN_TWO_DAYS) -> Slot:
    return Slot(new_id(), "410422-HALL", "叶县政务服务中心", "business", starts_at)


async def alternatives(full: Slot, wanted: int) -> list[dict[str, object]]:
    return list(OFFERED)


class FakeDesk:
    """A desk with one slot."""

    def __init__(self, places: int = 1) -> None:
        self.known = a_slot()
        self.places = places
        self.orders: list[Order] = []
        self.held: Hold | None = None

    async def slot(self, slot_id: UUID) -> Slot:
        return self.known

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        return TERMS

    async def window(self, slot: Slot, terms: Terms, now: datetime) -> BookingWindow:
        return terms.rule.window(terms.calendar, now)

    async def hold(self, hold_id: UUID, person_id: str) -> Hold:
        if self.held is None or self.held.person_id != person_id:
            raise NoSuchHold
        return self.held

    async def admit(self, person_id: str) -> None:
        return None

    async def take_place(self, order: Order) -> Outcome:
        if order.hold_id is not None and len(self.orders) >= self.places:
            return Outcome.HOLD_OVER
        if len(self.orders) >= self.places:
            return Outcome.FULL
        self.orders.append(order)
        return Outcome.BOOKED

    async def refused(self, order: Order, outcome: Outcome, slot: Slot) -> Exception:
        if outcome is Outcome.HOLD_OVER:
            return HoldOver()
        return refusal(SlotState(0, False, None), 1, order.now, await alternatives(slot, 1))

    async def stop_if_repeated(self) -> None:
        return None


class FakeWork:
    """One transaction over dictionaries."""

    def __init__(self, *slots: Slot, known: Iterable[Appointment] = (), free: Mapping[UUID, int]) -> None:
        self.slots = {slot.id: slot for slot in slots}
        self.known = {appointment.id: appointment for appointment in known}
        self.free = dict(free)
        self.events: list[Event] = []
        self.notes: list[tuple[str, str]] = []
        self.reminders: list[Reminder] = []
        self.committed = False

    @property
    def appointments(self) -> "FakeAppointments":
        return FakeAppointments(self)

    @property
    def places(self) -> "FakePlaces":
        return FakePlaces(self)

    @property
    def holds(self) -> "FakeHolds":
        return FakeHolds()

    @property
    def standings(self) -> "FakeStandings":
        return FakeStandings(self)

    @property
    def outbox(self) -> "FakeOutbox":
        return FakeOutbox(self)

    @property
    def audit(self) -> "FakeAudit":
        return FakeAudit(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def commit(self, answer: object = None) -> None:
        self.committed = True


class FakePart:
    """A part of the transaction."""

    def __init__(self, work: FakeWork) -> None:
        self.work = work


class FakeOutbox(FakePart):
    """Where events go."""

    def add(self, event: Event) -> None:
        self.work.events.append(event)


class FakeAudit(FakePart):
    """Where decisions are noted."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        self.work.notes.append((actor, action))


class FakeAppointments(FakePart):
    """Appointments in a dictionary."""

    async def add(self, booked: Appointment, reminders: Iterable[Reminder]) -> None:
        self.work.known[booked.id] = booked
        self.work.reminders += reminders

    async def lock(self, appointment_id: UUID) -> Appointment:
        return self.work.known[appointment_id]

    async def drop_reminders(self, gone: Appointment) -> None:
        self.work.reminders.clear()

    async def keep_moved(self, moved: Appointment, reminders: Iterable[Reminder]) -> None:
        self.work.reminders = list(reminders)


class FakePlaces(FakePart):
    """Places in a dictionary."""

    async def lock(self, slot_ids: Iterable[UUID]) -> None:
        return None

    async def take(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> bool:
        if self.work.free[slot_id] < places:
            return False
        self.work.free[slot_id] -= places
        return True

    async def give_back(self, slot_id: UUID, places: int, place_class: str, now: datetime) -> None:
        self.work.free[slot_id] += places

    async def state(self, slot_id: UUID) -> SlotState:
        return SlotState(self.work.free[slot_id], False, None)

    async def slot(self, slot_id: UUID) -> Slot:
        return self.work.slots[slot_id]

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        return TERMS

    async def expire_holds(self, slot_id: UUID, now: datetime) -> int:
        return 0


class FakeHolds:
    """Nobody holds anything."""

    def add(self, hold: Hold) -> None:
        raise NotImplementedError

    async def lock(self, hold_id: UUID) -> Hold:
        raise NoSuchHold

    async def before(self, *, person_id: str | None, device: str | None, now: datetime) -> HoldsBefore:
        return HoldsBefore()


class FakeStandings(FakePart):
    """What follows from the known appointments."""

    async def of(self, person_id: str, group: str, day: date, rule: BookingRule, now: datetime) -> Standing:
        own = [a for a in self.work.known.values() if a.person_id == person_id]
        opened = next((a for a in own if a.status is Status.BOOKED), None)
        on_day = sum(a.starts_at.astimezone(CITY_ZONE).date() == day for a in own)
        return Standing(opened.id if opened else None, opened.starts_at if opened else None, on_day)


def an_order(desk: FakeDesk, person: str = "p_a") -> BookSlot:
    return BookSlot(Wish(person, "mobile", ITEMS), desk.known.id)


def an_appointment(slot: Slot, person: str = "p_a") -> Appointment:
    return Appointment.in_slot(slot, Wish(person, "mobile", ITEMS), CLOCK.now())


async def test_booking_writes_the_appointment_with_its_event_and_reminders() -> None:
    desk = FakeDesk()
    appointment = await book_slot(an_order(desk), desk=desk, clock=CLOCK)
    [order] = desk.orders
    assert order.appointment is appointment
    assert order.event.appointment_id == appointment.id
    assert order.event.service_point_name == "叶县政务服务中心"
    assert [r.ahead for r in order.reminders] == ["day", "hour"]


async def test_a_full_slot_is_refused_with_the_nearest_free_places() -> None:
    desk = FakeDesk(places=0)
    with pytest.raises(SlotFull) as refused:
        await book_slot(an_order(desk), desk=desk, clock=CLOCK)
    assert refused.value.facts["alternatives"] == OFFERED


async def test_a_slot_outside_the_window_takes_no_place() -> None:
    desk = FakeDesk()
    desk.known = a_slot(IN_TWO_DAYS + timedelta(days=3))
    with pytest.raises(NotOpenYet):
        await book_slot(an_order(desk), desk=desk, clock=CLOCK)
    assert desk.orders == []


async def test_a_held_place_is_booked_as_it_was_held() -> None:
    desk = FakeDesk()
    desk.held = Hold.of(
        desk.known,
        person_id="p_a",
        channel="kiosk",
        device="k1",
        is_green=True,
        places=2,
        now=CLOCK.now(),
        expires_at=CLOCK.now() + timedelta(minutes=5),
    )
    command = BookSlot(Wish("p_a", "mobile", ITEMS), hold_id=desk.held.id)
    appointment = await book_slot(command, desk=desk, clock=CLOCK)
    assert (appointment.party_size, appointment.is_green, appointment.channel) == (2, True, "kiosk")
    with pytest.raises(HoldOver):
        await book_slot(command, desk=desk, clock=CLOCK)
    with pytest.raises(NoSuchHold):
        await book_slot(replace(command, wish=Wish("p_b", "mobile", ITEMS)), desk=desk, clock=CLOCK)
    with pytest.raises(WrongSlot):
        await book_slot(replace(command, slot_id=new_id()), desk=desk, clock=CLOCK)


async def test_cancelling_gives_the_place_back_and_tells() -> None:
    slot = a_slot()
    appointment = an_appointment(slot)
    work = FakeWork(slot, known=[appointment], free={slot.id: 0})
    cancelled = await cancel_appointment(CancelAppointment(appointment.id, "p_a"), uow=work, clock=CLOCK)
    assert (cancelled.status, cancelled.is_late_cancel) == (Status.CANCELLED, False)
    assert work.committed
    assert work.free[slot.id] == 1
    assert [event.type for event in work.events] == ["booking.appointment.cancelled.v1"]


async def test_nobody_cancels_another_persons_appointment() -> None:
    slot = a_slot()
    appointment = an_appointment(slot)
    work = FakeWork(slot, known=[appointment], free={slot.id: 0})
    with pytest.raises(NoSuchAppointment):
        await cancel_appointment(CancelAppointment(appointment.id, "p_b"), uow=work, clock=CLOCK)
    assert not work.committed
    assert appointment.status is Status.BOOKED


async def test_moving_takes_the_new_place_gives_the_old_one_back_and_reminds_anew() -> None:
    old, new = a_slot(), a_slot(IN_TWO_DAYS + timedelta(hours=2))
    appointment = an_appointment(old)
    work = FakeWork(old, new, known=[appointment], free={old.id: 0, new.id: 1})
    command = RescheduleAppointment(appointment.id, new.id, "p_a")
    moved = await reschedule_appointment(command, uow=work, clock=CLOCK, alternatives=alternatives)
    assert (moved.slot_id, moved.starts_at, moved.reschedules) == (new.id, new.starts_at, 1)
    assert work.free == {old.id: 1, new.id: 0}
    assert {reminder.due_at for reminder in work.reminders} == {
        new.starts_at - timedelta(days=1),
        new.starts_at - timedelta(hours=1),
    }
    [told] = work.events
    assert told.type == "booking.appointment.rescheduled.v1"


async def test_the_old_place_is_kept_when_the_new_one_is_full_or_the_limit_is_reached() -> None:
    old, new = a_slot(), a_slot(IN_TWO_DAYS + timedelta(hours=2))
    appointment = an_appointment(old)
    work = FakeWork(old, new, known=[appointment], free={old.id: 0, new.id: 0})
    command = RescheduleAppointment(appointment.id, new.id, "p_a")
    with pytest.raises(SlotFull):
        await reschedule_appointment(command, uow=work, clock=CLOCK, alternatives=alternatives)
    appointment.reschedules = 3
    with pytest.raises(RescheduleLimit):
        await reschedule_appointment(command, uow=work, clock=CLOCK, alternatives=alternatives)
    assert (appointment.slot_id, work.free[old.id], work.committed) == (old.id, 0, False)


async def test_a_clerk_books_for_a_person_at_their_own_point_and_it_is_noted() -> None:
    slot = a_slot()
    work = FakeWork(slot, free={slot.id: 1})
    wish = Wish("p_a", "staff", ITEMS, booked_by="s_clerk")
    clerk = Clerk("s_clerk", lambda point: None)
    command = BookForPerson(slot.id, wish, clerk)
    booked = await book_for_person(command, uow=work, clock=CLOCK, alternatives=alternatives)
    assert (booked.booked_by, work.notes) == ("s_clerk", [("s_clerk", "appointment.book")])
    assert len(work.reminders) == 2


async def test_a_clerk_of_another_point_does_nothing() -> None:
    def refuse(point: str) -> None:
        raise NotAllowed

    slot = a_slot()
    work = FakeWork(slot, free={slot.id: 1})
    command = BookForPerson(slot.id, Wish("p_a", "staff", ITEMS), Clerk("s_clerk", refuse))
    with pytest.raises(NotAllowed):
        await book_for_person(command, uow=work, clock=CLOCK, alternatives=alternatives)
    assert work.free[slot.id] == 1
