"""Any order of steps on the real database against a simple model: never overbooked, never lost."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from booking_city import GROUP, ITEM, MISCOUNTED, a_point
from booking_replica import Replica, replica
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text

from lib_db import Sessions, make_engine, make_sessions
from lib_kernel import DomainError
from lib_testing import FixedClock
from svc_booking.appointment.commands import (
    BookSlot,
    CancelAppointment,
    RescheduleAppointment,
    book_slot,
    cancel_appointment,
    reschedule_appointment,
)
from svc_booking.appointment.desk import Desk
from svc_booking.appointment.domain import Wish
from svc_booking.hold.commands import HoldPlaces, ReleaseHold, hold_places, release_hold
from svc_booking.plan.commands import ResizeSlot, resize_slot
from svc_booking.rule.domain import Scope
from svc_booking.rule.store import put_rule
from svc_booking.slot import store
from svc_booking.slot.domain import Slot
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.uow import BookingUnitOfWork
from svc_booking.waitlist.commands import JoinWaitlist, LeaveWaitlist, join_waitlist, leave_waitlist
from svc_booking.waitlist.duties import expire_holds

T = TypeVar("T")

PERSONS = [f"p_{number}" for number in range(4)]
SLOTS = 2
LENIENT = {
    "days_ahead": 3,
    "per_day": 100,
    "no_shows": 100,
    "late_cancels": 100,
    "reschedules": 100,
    "holds": 100,
    "holds_an_hour": 1000,
}
FRESH = text(
    """
TRUNCATE waitlist_entry, hold, reminder, appointment, outbox, audit_record, audit_head CASCADE
"""
)

person = st.sampled_from(PERSONS)
slot = st.integers(0, SLOTS - 1)
size = st.sampled_from([1, 1, 1, 2])


@dataclass
class Held:
    """Places held in the model; `waited` when they are an offer."""

    person: str
    slot: int
    places: int
    until: datetime
    waited: bool = False


@dataclass
class Model:
    """What should be there."""

    capacity: list[int] = field(default_factory=lambda: [1] * SLOTS)
    opened: dict[str, tuple[int, int]] = field(default_factory=dict)
    over: list[tuple[int, int]] = field(
        default_factory=list
    )  # Checked in or missed: their places stay taken.
    held: list[Held] = field(default_factory=list)
    waiting: list[list[tuple[str, int]]] = field(default_factory=lambda: [[] for _ in range(SLOTS)])

    def taken(self, number: int) -> int:
        """Return the places taken in a slot."""
        booked = [places for at, places in [*self.opened.values(), *self.over] if at == number]
        return sum(booked) + sum(held.places for held in self.held if held.slot == number)

    def fits(self, number: int, places: int) -> bool:
        """Return whether there is room."""
        return self.taken(number) + places <= self.capacity[number]

    def offer(self, number: int, now: datetime) -> None:
        """Offer what is free to who waits, in order."""
        for waiting in list(self.waiting[number]):
            if self.fits(number, waiting[1]):
                self.waiting[number].remove(waiting)
                self.held.append(Held(waiting[0], number, waiting[1], now + timedelta(minutes=15), True))

    def has_entry(self, who: str, number: int) -> bool:
        """Return whether the person waits for the slot or has an offer there."""
        offered = any(held.waited and held.person == who and held.slot == number for held in self.held)
        return offered or any(waiting[0] == who for waiting in self.waiting[number])


class World:
    """The real thing: one database, one desk, one clock for all examples."""

    def __init__(self, database: str) -> None:
        self.runner = asyncio.Runner()
        self.engine = make_engine(database, pool_size=4)
        self.sessions: Sessions = make_sessions(self.engine)
        self.clock = FixedClock()
        self._replica = replica(database, self.sessions, self.clock)
        self.desk: Replica = self.run(self._replica.__aenter__())
        self.slots: list[Slot] = self.run(self._prepare())

    def run(self, step: Awaitable[T]) -> T:
        """Run to the end."""

        async def whole() -> T:
            return await step

        return self.runner.run(whole())

    def close(self) -> None:
        """Close everything."""
        self.run(self._replica.__aexit__(None, None, None))
        self.run(self.engine.dispose())
        self.runner.close()

    async def _prepare(self) -> list[Slot]:
        async with self.sessions.begin() as session:
            await store.load_points(session, [a_point()])
            scope = Scope("410400000000")
            await put_rule(session, scope, LENIENT, by="test", now=self.clock.now())
        await make_slots_ahead(self.sessions, self.clock)
        begin = self.clock.now() + timedelta(days=1)
        async with self.sessions() as session:
            rows = await store.slots_between(
                session, "410422-HALL", GROUP, begin, begin + timedelta(hours=2), begin
            )
            return [await store.one_slot(session, row.id) for row in rows[:SLOTS]]

    async def start_over(self) -> None:
        """Empty the tables and give each slot one place."""
        self.clock.set(FixedClock().now())
        async with self.sessions.begin() as session:
            await session.execute(FRESH)
            await session.execute(store.slot.update().values(taken=0, capacity=1))


class Steps(RuleBasedStateMachine):
    """Steps that people, staff and time take, each checked against the model."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.appointments: dict[str, UUID] = {}
        self.holds: dict[int, UUID] = {}
        self.world.run(self.world.start_over())

    def work(self) -> BookingUnitOfWork:
        return BookingUnitOfWork(self.world.sessions)

    def slot_id(self, number: int) -> UUID:
        return self.world.slots[number].id

    def attempt(self, step: Callable[[], Awaitable[T]], *, possible: bool) -> T | None:
        """Take a step; it must succeed exactly when the model says so."""
        try:
            done = self.world.run(step())
        except DomainError as refused:
            if possible:
                raise AssertionError("this should have been possible") from refused
            return None
        assert possible, "this should have been refused"
        return done

    async def alternatives(self, full: Slot, wanted: int) -> list[dict[str, object]]:
        return []

    @rule(who=person, number=slot, places=size)
    def book(self, who: str, number: int, places: int) -> None:
        possible = who not in self.model.opened and self.model.fits(number, places)
        command = BookSlot(Wish(who, "mobile", (ITEM,), places), self.slot_id(number))
        desk = Desk(self.world.desk.supplies)
        booked = self.attempt(
            lambda: book_slot(command, desk=desk, clock=self.world.clock), possible=possible
        )
        if booked is not None:
            self.model.opened[who] = (number, places)
            self.appointments[who] = booked.id

    @rule(who=person)
    def cancel(self, who: str) -> None:
        if who in self.model.opened:
            number, _ = self.model.opened.pop(who)
            command = CancelAppointment(self.appointments.pop(who), who)
            self.attempt(
                lambda: cancel_appointment(command, uow=self.work(), clock=self.world.clock), possible=True
            )
            self.model.offer(number, self.world.clock.now())

    @rule(who=person, number=slot)
    def reschedule(self, who: str, number: int) -> None:
        if who not in self.model.opened:
            return
        old, places = self.model.opened[who]
        possible = old != number and self.model.fits(number, places)
        command = RescheduleAppointment(self.appointments[who], self.slot_id(number), who)
        moved = self.attempt(
            lambda: reschedule_appointment(
                command, uow=self.work(), clock=self.world.clock, alternatives=self.alternatives
            ),
            possible=possible,
        )
        if moved is not None:
            self.model.opened[who] = (number, places)
            self.model.offer(old, self.world.clock.now())

    @rule(who=person, number=slot, places=size)
    def hold(self, who: str, number: int, places: int) -> None:
        possible = who not in self.model.opened and self.model.fits(number, places)
        command = HoldPlaces(self.slot_id(number), who, "mobile", None, places)
        held = self.attempt(
            lambda: hold_places(
                command, uow=self.work(), clock=self.world.clock, alternatives=self.alternatives
            ),
            possible=possible,
        )
        if held is not None:
            until = self.world.clock.now() + timedelta(minutes=5)
            self.model.held.append(Held(who, number, places, until))

    @rule(who=person, confirm=st.booleans())
    def confirm_or_release(self, who: str, confirm: bool) -> None:
        own = next((held for held in self.model.held if held.person == who), None)
        if own is None:
            return
        hold_id = self.world.run(self.hold_of(own))
        if confirm:
            possible = who not in self.model.opened
            command = BookSlot(Wish(who, "mobile", (ITEM,)), hold_id=hold_id)
            desk = Desk(self.world.desk.supplies)
            booked = self.attempt(
                lambda: book_slot(command, desk=desk, clock=self.world.clock), possible=possible
            )
            if booked is not None:
                self.model.held.remove(own)
                self.model.opened[who] = (own.slot, own.places)
                self.appointments[who] = booked.id
        elif not own.waited:
            self.attempt(
                lambda: release_hold(ReleaseHold(hold_id, who), uow=self.work(), clock=self.world.clock),
                possible=True,
            )
            self.model.held.remove(own)
            self.model.offer(own.slot, self.world.clock.now())

    async def hold_of(self, held: Held) -> UUID:
        """Return the id of a hold that is as the model's."""
        query = text(
            """SELECT h.id FROM hold h LEFT JOIN waitlist_entry w ON w.hold_id = h.id
               WHERE h.status = 'held' AND h.person_id = :who AND h.slot_id = :slot AND h.places = :places
                 AND h.expires_at = :until AND (w.id IS NOT NULL) = :waited LIMIT 1"""
        )
        row = {
            "who": held.person,
            "slot": self.slot_id(held.slot),
            "places": held.places,
            "until": held.until,
            "waited": held.waited,
        }
        async with self.world.sessions() as session:
            found: UUID | None = await session.scalar(query, row)
        assert found is not None, "a hold is lost"
        return found

    @rule(who=person, number=slot, places=size)
    def wait(self, who: str, number: int, places: int) -> None:
        possible = (
            who not in self.model.opened
            and not self.model.fits(number, places)
            and not self.model.has_entry(who, number)
        )
        command = JoinWaitlist(self.slot_id(number), who, "mobile", places)
        joined = self.attempt(
            lambda: join_waitlist(command, uow=self.work(), clock=self.world.clock), possible=possible
        )
        if joined is not None:
            self.model.waiting[number].append((who, places))
            self.world.clock.advance(timedelta(milliseconds=1))  # No two join at the same moment.

    @rule(number=slot)
    def leave(self, number: int) -> None:
        if self.model.waiting[number]:
            who, places = self.model.waiting[number][0]
            entry_id = self.world.run(self.entry_of(who, number))
            self.attempt(
                lambda: leave_waitlist(LeaveWaitlist(entry_id, who), uow=self.work(), clock=self.world.clock),
                possible=True,
            )
            self.model.waiting[number].remove((who, places))

    async def entry_of(self, who: str, number: int) -> UUID:
        """Return the id of a waiting entry."""
        query = text(
            "SELECT id FROM waitlist_entry WHERE status = 'waiting' AND person_id = :who AND slot_id = :slot"
        )
        async with self.world.sessions() as session:
            found: UUID | None = await session.scalar(query, {"who": who, "slot": self.slot_id(number)})
        assert found is not None, "an entry is lost"
        return found

    @rule(number=slot, capacity=st.integers(1, 3))
    def change_capacity(self, number: int, capacity: int) -> None:
        possible = capacity >= self.model.taken(number)
        command = ResizeSlot(self.slot_id(number), capacity, "s_admin")
        done = self.attempt(
            lambda: resize_slot(command, self.world.slots[number], uow=self.work(), clock=self.world.clock),
            possible=possible,
        )
        if done is not None:
            self.model.capacity[number] = capacity
            self.model.offer(number, self.world.clock.now())

    @rule(who=person, comes=st.booleans())
    def come_or_miss(self, who: str, comes: bool) -> None:
        if who in self.model.opened:
            self.world.run(self.end(self.appointments.pop(who), comes))
            self.model.over.append(self.model.opened.pop(who))

    async def end(self, appointment_id: UUID, comes: bool) -> None:
        """Check in, or miss the appointment."""
        async with self.work() as uow:
            found = await uow.appointments.lock(appointment_id)
            if comes:
                none = timedelta()
                found.check_in(found.service_point, found.starts_at, early=none, late=none)
            else:
                found.miss()
            await uow.commit()

    @rule(minutes=st.sampled_from([3, 6, 16]))
    def let_time_pass(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        now = self.world.clock.now()
        self.world.run(expire_holds(self.work, self.world.clock))
        gone = [held for held in self.model.held if held.until <= now]
        self.model.held = [held for held in self.model.held if held.until > now]
        for number in sorted({held.slot for held in gone}):
            self.model.offer(number, now)

    @invariant()
    def counters_equal_rows_and_the_model(self) -> None:
        rows, wrong = self.world.run(self.counts())
        assert wrong == []
        assert rows == [(self.model.taken(n), self.model.capacity[n]) for n in range(SLOTS)]

    async def counts(self) -> tuple[list[tuple[int, int]], list[Any]]:
        """Return taken and capacity of each slot, and the slots whose counter differs from the rows."""
        async with self.world.sessions() as session:
            found = await session.execute(select(store.slot.c.id, store.slot.c.taken, store.slot.c.capacity))
            known = {slot_id: (taken, capacity) for slot_id, taken, capacity in found}
            wrong = list((await session.execute(MISCOUNTED)).all())
        return [known[self.slot_id(number)] for number in range(SLOTS)], wrong


def test_no_order_of_steps_overbooks_loses_or_miscounts(database: str) -> None:
    world = World(database)
    try:
        run_state_machine_as_test(
            type("StepsHere", (Steps,), {"world": world}),
            settings=settings(
                max_examples=60,
                stateful_step_count=50,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
