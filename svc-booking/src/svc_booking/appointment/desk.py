"""The booking desk: what one request needs to get its places, or to learn why not and where else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from fastapi import Response

from lib_db import KeptAnswer, Sessions
from lib_kernel import Clock
from lib_messaging import wrap
from lib_web import KeyedRequest, Recorder, RepeatedRequest
from svc_booking.admission.domain import AdmissionCheck
from svc_booking.appointment.counter import Counter, Written
from svc_booking.appointment.domain import Appointment
from svc_booking.appointment.ports import Order, Outcome
from svc_booking.appointment.schemas import AppointmentOut
from svc_booking.hold.domain import Hold, HoldOver
from svc_booking.hold.store import one_of_person
from svc_booking.rule.domain import BookingClosed, BookingWindow, Terms
from svc_booking.slot.domain import Slot, SlotState, refusal
from svc_booking.slot.guide import SlotGuide
from svc_booking.slot.places import SlotPlaces

CREATED = 201


@dataclass(frozen=True)
class DeskSupplies:
    """What every desk of this process works with. `nudge` wakes the relay."""

    counter: Counter
    confirming: Counter
    guide: SlotGuide
    admission: AdmissionCheck
    sessions: Sessions
    open_work: Callable[..., Any]
    clock: Clock
    nudge: Callable[[], None]


class Desk:
    """One request at the desk; `keyed` is the request under its Idempotency-Key, if it has one."""

    def __init__(self, supplies: DeskSupplies, keyed: KeyedRequest | None = None) -> None:
        self.supplies = supplies
        self.keyed = keyed
        self.alternatives = supplies.guide.alternatives
        self._body: bytes | None = None

    def answer(self, booked: Appointment) -> Response:
        """Return the answer to a booking: the bytes that are kept under the key, if there is one."""
        return Response(self._written_out(booked), CREATED, media_type="application/json")

    def work(self) -> Any:
        """Return a unit of work that keeps its answer under the request's key."""
        recorder = Recorder(self.keyed, AppointmentOut, CREATED) if self.keyed else None
        return self.supplies.open_work(recorder)

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        return await self.supplies.guide.slot(slot_id)

    async def terms(self, slot: Slot, now: datetime) -> Terms:
        """Return rule and calendar of the slot's group at its point."""
        return await self.supplies.guide.terms(slot, now)

    async def window(self, slot: Slot, terms: Terms, now: datetime) -> BookingWindow:
        """Return what may be booked now at the slot's point."""
        return await self.supplies.guide.window(slot, terms, now)

    async def hold(self, hold_id: UUID, person_id: str) -> Hold:
        """Return the person's hold. Raises NoSuchHold."""
        async with self.supplies.sessions() as session:
            return await one_of_person(session, hold_id, person_id)

    async def admit(self, person_id: str) -> None:
        """Return when the person may come. Raises AdmissionRefused, AdmissionUnavailable."""
        await self.supplies.admission.check(person_id)

    async def take_place(self, order: Order) -> Outcome:
        """Take the places and write everything that belongs to them, or say why not.

        Places whose hold ran out come back here too, not only by the worker's duty.

        Raises:
            NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
            RepeatedRequest, KeyReused: the key was used before.
        """
        counter = self.supplies.counter if order.hold_id is None else self.supplies.confirming
        written = self._written(order)
        outcome = await counter.settle(order, written)
        if outcome is Outcome.HAS_EXPIRED:
            await self._expire_holds(order.appointment.slot_id, order.now)
            outcome = await counter.settle(order, written)
        if outcome is Outcome.BOOKED:
            self.supplies.nudge()
        return outcome

    async def refused(self, order: Order, outcome: Outcome, slot: Slot) -> Exception:
        """Return what to raise for an order that was not booked."""
        if outcome is Outcome.HOLD_OVER:
            return HoldOver("保留已到期、已放弃或已确认，请重新选择时段", possible_at=None)
        if outcome is Outcome.CLOSED:
            return BookingClosed("该时段已停止办理，请选择其他时段", rule="calendar", possible_at=None)
        places = order.appointment.party_size
        alternatives = await self.supplies.guide.alternatives(slot, places)
        state = await self._state(slot) if outcome is Outcome.QUOTA else SlotState(0, False, None)
        return refusal(state, places, order.now, alternatives)

    async def stop_if_repeated(self) -> None:
        """Return unless this very request was answered before: then its first answer is sent again."""
        if self.keyed is not None and await self.keyed.earlier(self.supplies.sessions):
            raise RepeatedRequest(self.keyed)

    async def _state(self, slot: Slot) -> SlotState:
        async with self.supplies.sessions() as session:
            return await SlotPlaces(session).state(slot.id)

    async def _expire_holds(self, slot_id: UUID, now: datetime) -> None:
        async with self.supplies.open_work() as uow:
            await uow.places.expire_holds(slot_id, now)
            await uow.commit()

    def _written(self, order: Order) -> Written:
        trace = structlog.contextvars.get_contextvars().get("traceparent")
        envelope = wrap(order.event, source="svc-booking", now=datetime.now(UTC), traceparent=trace)
        keyed = self.keyed
        kept = None
        if keyed is not None:
            kept = KeptAnswer(keyed.request_hash, CREATED, self._written_out(order.appointment))
        return Written(envelope.id, envelope.type, envelope.model_dump_json(), keyed, kept)

    def _written_out(self, booked: Appointment) -> bytes:
        if self._body is None:
            answer = AppointmentOut.model_validate(booked)
            self._body = answer.__pydantic_serializer__.to_json(answer)
        return self._body
