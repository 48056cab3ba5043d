"""Any order of steps on the real database against a simple model: never overbooked, lost or miscounted."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from booking_city import ITEM
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from places_model import HOLD_FOR, MISSED_AFTER, Claim, Model
from places_world import HALL, World

from lib_kernel import DomainError
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
from svc_booking.appointment.desk import Desk
from svc_booking.appointment.domain import Appointment, Wish
from svc_booking.hall_day.duties import close_missed
from svc_booking.hold.commands import HoldPlaces, ReleaseHold, hold_places, release_hold
from svc_booking.plan.commands import ResizeSlot, resize_slot
from svc_booking.queue_ticket.arrival import CheckIn, check_in
from svc_booking.slot.domain import Slot
from svc_booking.waitlist.commands import JoinWaitlist, LeaveWaitlist, join_waitlist, leave_waitlist
from svc_booking.waitlist.duties import close_lines, expire_holds

T = TypeVar("T")

CLERK = Clerk("s_clerk", lambda point: None)
PERSONS = [f"p_{number}" for number in range(5)]
SLOTS = 2
EXAMPLES, STEPS, SLOTS_PASS_AFTER = 60, 35, 15
# How often the whole run must have done each thing at least, so that no step falls asleep unnoticed.
AT_LEAST = {
    "booked": 5,
    "held": 5,
    "confirmed": 5,
    "released": 5,
    "expired": 5,
    "waited": 5,
    "offered": 5,
    "accepted": 5,
    "lapsed": 5,
    "left": 5,
    "cancelled": 5,
    "moved": 5,
    "resized": 5,
    "checked_in": 5,
    "no_show": 5,
    "refused": 5,
}

number = st.integers(0, 11)
slot = st.integers(0, SLOTS - 1)
size = st.sampled_from([1, 1, 1, 2])


def having(*statuses: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a step be taken only when something stands so."""
    return precondition(lambda self: bool(self.model.of(*statuses)))


class Steps(RuleBasedStateMachine):
    """Steps that people, staff and time take, each checked against the model."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.model = Model([one.starts_at for one in self.world.slots], FixedClock().now())
        self.steps = 0

    @initialize(capacities=st.tuples(*[st.sampled_from([1, 1, 2])] * SLOTS))
    def the_slots_are_full(self, capacities: tuple[int, ...]) -> None:
        self.world.run(self.world.start_over(list(capacities)))
        self.model.capacity = list(capacities)
        for at, capacity in enumerate(capacities):
            self.try_to_book(PERSONS[at], at, capacity, by_clerk=False)

    def attempt(self, what: str, step: Awaitable[T], *, possible: bool) -> T | None:
        """Take a step; it must succeed exactly when the model says so."""
        try:
            done = self.world.run(step)
        except DomainError as refused:
            if possible:
                raise AssertionError(f"this should have been possible: {what}") from refused
            self.world.done["refused"] += 1
            return None
        assert possible, f"this should have been refused: {what}"
        self.world.done[what] += 1
        return done

    def one_of(self, picked: int, *statuses: str) -> Claim:
        found = self.model.of(*statuses)
        return found[picked % len(found)]

    def roomy(self, at: int, places: int) -> int:
        """Return the slot, or the next that has room, or the slot itself when all are full."""
        near = [at, *range(SLOTS)]
        return next((n for n in near if self.model.is_open(n) and self.model.fits(n, places)), at)

    def without_appointment(self, picked: int) -> str:
        """Return somebody, if possible one who has no open appointment."""
        busy = {claim.who for claim in self.model.of("booked")}
        found = [who for who in PERSONS if who not in busy] or PERSONS
        return found[picked % len(found)]

    def slot_id(self, at: int) -> UUID:
        return self.world.slots[at].id

    async def alternatives(self, full: Slot, wanted: int) -> list[dict[str, object]]:
        return []

    def add(self, kind: str, made: Any, who: str, at: int, places: int, status: str, **more: Any) -> None:
        self.model.claims.append(Claim(kind, made.id, who, at, places, status, **more))

    def try_to_book(self, who: str, at: int, places: int, *, by_clerk: bool) -> None:
        wish = Wish(who, "mobile", (ITEM,), places)
        before = deepcopy(self.model)
        possible = self.model.may_book(who, at) and self.model.make_room(at, places)
        step: Awaitable[Appointment]
        if by_clerk:
            step = book_for_person(
                BookForPerson(self.slot_id(at), wish, CLERK),
                uow=self.world.work(),
                clock=self.world.clock,
                alternatives=self.alternatives,
            )
        else:
            desk = Desk(self.world.desk.supplies)
            step = book_slot(BookSlot(wish, self.slot_id(at)), desk=desk, clock=self.world.clock)
        booked = self.attempt("booked", step, possible=possible)
        if booked is not None:
            self.add("appointment", booked, who, at, places, "booked")
        elif by_clerk:
            self.model = before  # All in one transaction: holds that ran out are as they were.

    @rule(picked=number, at=slot, places=size, by_clerk=st.booleans())
    def book(self, picked: int, at: int, places: int, by_clerk: bool) -> None:
        at = self.roomy(at, places)
        self.try_to_book(self.without_appointment(picked), at, places, by_clerk=by_clerk)

    @having("booked")
    @rule(picked=number, by_clerk=st.booleans())
    def cancel(self, picked: int, by_clerk: bool) -> None:
        self.try_to_cancel(self.one_of(picked, "booked"), by_clerk=by_clerk)

    def try_to_cancel(self, claim: Claim, *, by_clerk: bool = False) -> None:
        command = CancelAppointment(claim.id, claim.who, CLERK if by_clerk else None)
        step = cancel_appointment(command, uow=self.world.work(), clock=self.world.clock)
        if self.attempt("cancelled", step, possible=claim.status == "booked") is not None:
            self.model.end(claim, "cancelled")

    @having("booked")
    @rule(picked=number, at=slot)
    def reschedule(self, picked: int, at: int) -> None:
        self.try_to_move(self.one_of(picked, "booked"), at)

    @having("booked")
    @rule(picked=number)
    def somebody_moves_to_a_new_place(self, picked: int) -> None:
        claim = self.one_of(picked, "booked")
        to = SLOTS - 1 - claim.slot
        self.resize(to, claim.places)
        self.try_to_move(claim, to)

    def try_to_move(self, claim: Claim, at: int) -> None:
        before = deepcopy(self.model)
        possible = (
            claim.slot != at
            and self.model.is_open(claim.slot)
            and self.model.is_open(at)
            and self.model.make_room(at, claim.places)
        )
        step = reschedule_appointment(
            RescheduleAppointment(claim.id, self.slot_id(at), claim.who),
            uow=self.world.work(),
            clock=self.world.clock,
            alternatives=self.alternatives,
        )
        if self.attempt("moved", step, possible=possible) is not None:
            self.model.move(claim, at)
        else:
            self.model = before

    @rule(picked=number, at=slot, places=size)
    def hold(self, picked: int, at: int, places: int) -> None:
        at, who, before = self.roomy(at, places), self.without_appointment(picked), deepcopy(self.model)
        possible = self.model.may_book(who, at) and self.model.make_room(at, places)
        step = hold_places(
            HoldPlaces(self.slot_id(at), who, "mobile", None, places),
            uow=self.world.work(),
            clock=self.world.clock,
            alternatives=self.alternatives,
        )
        held = self.attempt("held", step, possible=possible)
        if held is not None:
            self.add("hold", held, who, at, places, "held", until=self.model.until(at, HOLD_FOR))
        else:
            self.model = before

    @rule(picked=number, at=slot, then=st.sampled_from(["confirm", "confirm twice", "release", "run out"]))
    def somebody_holds_a_new_place(self, picked: int, at: int, then: str) -> None:
        self.resize(at, 1)
        self.hold(picked, at, 1)
        held = self.model.claims[-1] if self.model.claims else None
        if held is None or held.kind != "hold":
            return
        if then == "run out":
            self.let_time_pass(6, worker=True)
        if then in ("release", "run out"):
            self.try_to_let_go(held)
            return
        self.try_to_confirm(held)
        if then == "confirm twice" and held.status == "confirmed":
            self.try_to_cancel(self.model.claims[-1])
            self.try_to_confirm(held)

    @having("held", "offered")
    @rule(picked=number)
    def confirm(self, picked: int) -> None:
        found = self.model.of("held", "offered")
        found = [claim for claim in found if self.model.can_confirm(claim)] or found
        self.try_to_confirm(found[picked % len(found)])

    @having("confirmed", "accepted")
    @rule(picked=number)
    def confirm_twice(self, picked: int) -> None:
        """Confirm again what was confirmed, with the appointment given back in between."""
        claim = self.one_of(picked, "confirmed", "accepted")
        for own in self.model.of("booked"):
            if own.who == claim.who:
                self.try_to_cancel(own)
        self.try_to_confirm(claim)

    def try_to_confirm(self, claim: Claim) -> None:
        possible = self.model.can_confirm(claim)
        hold_id = claim.id if claim.kind == "hold" else self.world.run(self.world.hold_of(claim.id))
        command = BookSlot(Wish(claim.who, "mobile", (ITEM,)), hold_id=hold_id)
        what = "confirmed" if claim.kind == "hold" else "accepted"
        step = book_slot(command, desk=Desk(self.world.desk.supplies), clock=self.world.clock)
        booked = self.attempt(what, step, possible=possible)
        if booked is not None:
            claim.status = what
            self.add("appointment", booked, claim.who, claim.slot, claim.places, "booked")

    @having("held")
    @rule(picked=number)
    def release(self, picked: int) -> None:
        self.try_to_let_go(self.one_of(picked, "held"))

    @having("waiting", "offered")
    @rule(picked=number)
    def leave(self, picked: int) -> None:
        self.try_to_let_go(self.one_of(picked, "waiting", "offered"))

    def try_to_let_go(self, claim: Claim) -> None:
        possible = claim.status in ("held", "waiting", "offered")
        uow, clock = self.world.work(), self.world.clock
        step: Awaitable[object]
        if claim.kind == "hold":
            what, end = "released", "released"
            step = release_hold(ReleaseHold(claim.id, claim.who), uow=uow, clock=clock)
        else:
            what, end = "left", "cancelled"
            step = leave_waitlist(LeaveWaitlist(claim.id, claim.who), uow=uow, clock=clock)
        if self.attempt(what, step, possible=possible) is not None:
            self.model.end(claim, end)

    @rule(picked=number, at=slot, places=size)
    def wait(self, picked: int, at: int, places: int) -> None:
        who = self.without_appointment(picked)
        command = JoinWaitlist(self.slot_id(at), who, "mobile", places)
        step = join_waitlist(command, uow=self.world.work(), clock=self.world.clock)
        entry = self.attempt("waited", step, possible=self.model.can_wait(who, at, places))
        if entry is not None:
            self.add("entry", entry, who, at, places, "waiting")
            self.pass_time(timedelta(milliseconds=1))  # No two join at the same moment.

    @having("booked")
    @rule(picked=number, other=number, then=st.sampled_from(["accept", "leave", "lapse", "think"]))
    def wait_and_then_somebody_cancels(self, picked: int, other: int, then: str) -> None:
        claim = self.one_of(picked, "booked")
        self.wait(other, claim.slot, 1)
        self.try_to_cancel(claim)
        offered = self.model.of("offered", slot=claim.slot)
        if offered and then == "accept":
            self.try_to_confirm(offered[-1])
        elif offered and then == "leave":
            self.try_to_let_go(offered[-1])
        elif offered and then == "lapse":
            self.let_time_pass(16, worker=True)

    @rule(at=slot, more=st.sampled_from([-1, 0, 1]))
    def resize(self, at: int, more: int) -> None:
        capacity = max(1, self.model.taken(at) + more)
        command = ResizeSlot(self.slot_id(at), capacity, "s_admin")
        step = resize_slot(command, self.world.slots[at], uow=self.world.work(), clock=self.world.clock)
        if self.attempt("resized", step, possible=capacity >= self.model.taken(at)) is not None:
            self.model.capacity[at] = capacity
            self.model.offer(at)

    @having("booked")
    @rule(picked=number)
    def arrive(self, picked: int) -> None:
        self.try_to_arrive(self.one_of(picked, "booked"))

    def try_to_arrive(self, claim: Claim) -> None:
        today = (claim.who, self.model.today)
        in_time = self.model.now <= self.model.starts[claim.slot] + MISSED_AFTER
        possible = claim.status == "booked" and in_time and today not in self.model.arrived
        command = CheckIn(claim.id, HALL, claim.who)
        step = check_in(command, uow=self.world.work(), clock=self.world.clock)
        if self.attempt("checked_in", step, possible=possible) is not None:
            claim.status = "checked_in"
            self.model.arrived.add(today)

    @having("cancelled", "checked_in", "no_show", "released", "expired", "lapsed")
    @rule(picked=number)
    def try_again_what_is_over(self, picked: int) -> None:
        claim = self.one_of(picked, "cancelled", "checked_in", "no_show", "released", "expired", "lapsed")
        if claim.kind != "appointment":
            self.try_to_let_go(claim)
        elif picked % 2:
            self.try_to_cancel(claim)
        else:
            self.try_to_arrive(claim)

    def pass_time(self, by: timedelta) -> None:
        self.world.clock.advance(by)
        self.model.now = self.world.clock.now()

    @rule(minutes=st.sampled_from([3, 6, 16]), worker=st.booleans())
    def let_time_pass(self, minutes: int, worker: bool) -> None:
        self.pass_time(timedelta(minutes=minutes))
        if worker:
            self.work_off()

    @precondition(lambda self: self.steps > SLOTS_PASS_AFTER)
    @rule(picked=number, late=st.sampled_from([timedelta(0), MISSED_AFTER + timedelta(minutes=1)]))
    def let_the_next_slot_pass(self, picked: int, late: timedelta) -> None:
        ahead = [at for at, starts in enumerate(self.model.starts) if starts + late > self.model.now]
        if ahead:
            self.try_to_book(self.without_appointment(picked), ahead[0], 1, by_clerk=True)
            self.pass_time(self.model.starts[ahead[0]] + late - self.model.now)
            self.work_off()

    def work_off(self) -> None:
        duties: list[Callable[[Any, FixedClock], Awaitable[int]]] = [expire_holds, close_lines, close_missed]
        for duty in duties:
            self.world.run(duty(self.world.work, self.world.clock))
        self.model.work_off()

    def teardown(self) -> None:
        """Count what nobody did by a step of their own."""
        for what in ("expired", "lapsed", "no_show"):
            self.world.done[what] += len(self.model.of(what))
        self.world.done["offered"] += sum(c.kind == "entry" and bool(c.until) for c in self.model.claims)

    @invariant()
    def everything_is_as_in_the_model(self) -> None:
        self.steps += 1
        slots, claims, told = self.world.run(self.world.seen())
        free: tuple[int, int] = (0, 1)
        expected = {self.slot_id(n): (self.model.taken(n), self.model.capacity[n]) for n in range(SLOTS)}
        assert slots == dict.fromkeys(slots, free) | expected
        assert claims == {
            claim.id: (
                claim.kind,
                claim.who,
                self.slot_id(claim.slot),
                claim.places,
                claim.status,
                claim.until,
            )
            for claim in self.model.claims
        }
        assert told == self.model.told()


def test_no_order_of_steps_overbooks_loses_or_miscounts(database: str) -> None:
    world = World(database)
    try:
        run_state_machine_as_test(
            type("StepsHere", (Steps,), {"world": world}),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                derandomize=True,
                phases=(Phase.generate, Phase.shrink),
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
    rare = {what: world.done[what] for what, least in AT_LEAST.items() if world.done[what] < least}
    assert rare == {}, f"too seldom: {rare} of {world.done}"
