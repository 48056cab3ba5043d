"""Booking and cancelling, against hand-written fakes."""

from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

import pytest

from lib_contracts import Event
from lib_contracts.booking import AppointmentBooked
from lib_kernel import new_id
from lib_testing import FixedClock
from svc_booking.appointment.commands import BookSlot, CancelAppointment, book_slot, cancel_appointment
from svc_booking.appointment.domain import (
    Appointment,
    NoSuchAppointment,
    Reminder,
    SlotFull,
    Status,
)
from svc_booking.slot.domain import BookingClosed, BookingWindow, Slot

IN_TWO_DAYS = FixedClock().now() + timedelta(days=2)


class FakeDesk:
    """A desk with one slot."""

    def __init__(self, places: int = 1) -> None:
        self.known = Slot(new_id(), "410422-HALL", "叶县政务服务中心", "business", IN_TWO_DAYS)
        self.places = places
        self.booked: list[tuple[Appointment, AppointmentBooked, Sequence[Reminder]]] = []

    async def slot(self, slot_id: UUID) -> Slot:
        return self.known

    async def window(self, slot: Slot) -> BookingWindow:
        return BookingWindow(IN_TWO_DAYS - timedelta(days=1), IN_TWO_DAYS + timedelta(days=1))

    async def take_place(
        self, appointment: Appointment, event: AppointmentBooked, reminders: Sequence[Reminder]
    ) -> bool:
        if len(self.booked) >= self.places:
            return False
        self.booked.append((appointment, event, reminders))
        return True

    async def alternatives(self, full: Slot, window: BookingWindow) -> list[dict[str, object]]:
        return [{"service_point": "410402-HALL"}]


class FakeUnitOfWork:
    """Appointments in a dictionary."""

    def __init__(self, *known: Appointment) -> None:
        self._known = {appointment.id: appointment for appointment in known}
        self.given_back: list[Appointment] = []
        self.events: list[Event] = []
        self.committed = False

    @property
    def appointments(self) -> Self:
        return self

    @property
    def outbox(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def lock(self, appointment_id: UUID) -> Appointment:
        return self._known[appointment_id]

    async def give_place_back(self, appointment: Appointment) -> None:
        self.given_back.append(appointment)

    def add(self, event: Event) -> None:
        self.events.append(event)

    async def commit(self, answer: object = None) -> None:
        self.committed = True


def an_order(desk: FakeDesk, person: str = "p_a") -> BookSlot:
    return BookSlot(desk.known.id, person, "410131016000", "mobile")


async def test_booking_writes_the_appointment_with_its_event_and_reminders() -> None:
    desk = FakeDesk()
    appointment = await book_slot(an_order(desk), desk=desk, clock=FixedClock())
    [(written, event, reminders)] = desk.booked
    assert written is appointment
    assert event.appointment_id == appointment.id
    assert event.service_point_name == "叶县政务服务中心"
    assert [r.ahead for r in reminders] == ["day", "hour"]


async def test_a_full_slot_is_refused_with_the_nearest_free_places() -> None:
    desk = FakeDesk(places=0)
    with pytest.raises(SlotFull) as refused:
        await book_slot(an_order(desk), desk=desk, clock=FixedClock())
    assert refused.value.facts["alternatives"] == [{"service_point": "410402-HALL"}]


async def test_a_slot_outside_the_window_takes_no_place() -> None:
    desk = FakeDesk()
    desk.known = Slot(new_id(), "410422-HALL", "x", "business", IN_TWO_DAYS + timedelta(days=3))
    with pytest.raises(BookingClosed):
        await book_slot(an_order(desk), desk=desk, clock=FixedClock())
    assert desk.booked == []


async def test_cancelling_gives_the_place_back_and_tells() -> None:
    desk = FakeDesk()
    appointment = await book_slot(an_order(desk), desk=desk, clock=FixedClock())
    uow = FakeUnitOfWork(appointment)
    cancelled = await cancel_appointment(CancelAppointment(appointment.id, "p_a"), uow=uow)
    assert cancelled.status is Status.CANCELLED
    assert uow.committed
    assert uow.given_back == [appointment]
    assert [event.type for event in uow.events] == ["booking.appointment.cancelled.v1"]


async def test_nobody_cancels_another_persons_appointment() -> None:
    desk = FakeDesk()
    appointment = await book_slot(an_order(desk), desk=desk, clock=FixedClock())
    uow = FakeUnitOfWork(appointment)
    with pytest.raises(NoSuchAppointment):
        await cancel_appointment(CancelAppointment(appointment.id, "p_b"), uow=uow)
    assert not uow.committed
    assert appointment.status is Status.BOOKED
