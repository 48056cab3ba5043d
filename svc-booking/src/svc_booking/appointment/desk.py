"""The booking desk on PostgreSQL: one statement takes the place and writes all that belongs to it.

This is the hot path, so it goes to asyncpg directly. The CHECK on `slot.taken` and the partial
unique index on open appointments stand behind it.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from lib_contracts.booking import AppointmentBooked
from lib_db import KeptAnswer, Sessions
from lib_kernel import CITY_ZONE, Clock
from lib_messaging import wrap
from lib_web import KeyedRequest, RepeatedRequest
from svc_booking.appointment.domain import AlreadyBooked, Appointment, Reminder
from svc_booking.appointment.store import ONE_OPEN
from svc_booking.settings import Settings
from svc_booking.slot import store as slots
from svc_booking.slot.calendar import state_calendar
from svc_booking.slot.domain import BookingWindow, OpeningHours, Slot, booking_window

REMEMBERED_SLOTS = 20_000

TAKE_PLACE = """
WITH place AS (
    UPDATE slot SET taken = taken + 1 WHERE id = $2 AND taken < capacity RETURNING id
), booked AS (
    INSERT INTO appointment (id, slot_id, person_id, item_code, service_point, service_point_name,
                             group_code, starts_at, channel, booked_at, status)
    SELECT $1, place.id, $3, $4, $5, $6, $7, $8, $9, $10, 'booked' FROM place RETURNING id
), reminded AS (
    INSERT INTO reminder (id, appointment_id, ahead, due_at)
    SELECT r.id, booked.id, r.ahead, r.due_at
    FROM booked, unnest($11::uuid[], $12::text[], $13::timestamptz[]) AS r (id, ahead, due_at)
), told AS (
    INSERT INTO outbox (id, type, envelope, created_at) SELECT $14, $15, $16, $17 FROM booked
), kept AS (
    INSERT INTO idempotency_key (scope, key, request_hash, status, body, created_at)
    SELECT $18::text, $19::text, $20::bytea, $21::smallint, $22::bytea, $17
    FROM booked WHERE $19::text IS NOT NULL
)
SELECT id FROM booked
"""

Answer = Callable[[Appointment], KeptAnswer]


class SlotFacts:
    """Facts of slots and hours of points, remembered in the process: they do not change while it runs."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._slots: OrderedDict[UUID, Slot] = OrderedDict()
        self._hours: dict[str, tuple[datetime, OpeningHours]] = {}

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        known = self._slots.get(slot_id)
        if known is None:
            async with self.sessions() as session:
                known = await slots.one_slot(session, slot_id)
            self._slots[slot_id] = known
            if len(self._slots) > REMEMBERED_SLOTS:
                self._slots.popitem(last=False)
        return known

    async def hours(self, point: str, now: datetime) -> OpeningHours:
        """Return a point's opening hours, at most a minute old."""
        known = self._hours.get(point)
        if known is not None and abs((now - known[0]).total_seconds()) < 60:
            return known[1]
        async with self.sessions() as session:
            hours = await slots.hours_of(session, point)
        self._hours[point] = (now, hours)
        return hours


@dataclass(frozen=True)
class DeskSupplies:
    """What every desk of this process works with. `nudge` wakes the relay."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    facts: SlotFacts
    settings: Settings
    clock: Clock
    nudge: Callable[[], None]


@dataclass(frozen=True)
class Desk:
    """One request at the desk; `keyed` and `answer` belong to its Idempotency-Key, if it has one."""

    supplies: DeskSupplies
    keyed: KeyedRequest | None = None
    answer: Answer | None = None

    async def slot(self, slot_id: UUID) -> Slot:
        """Return the facts of a slot. Raises NoSuchSlot."""
        return await self.supplies.facts.slot(slot_id)

    async def window(self, slot: Slot) -> BookingWindow:
        """Return what may be booked now at the slot's point."""
        now = self.supplies.clock.now()
        return booking_window(
            await self.supplies.facts.hours(slot.service_point, now),
            state_calendar,
            now,
            days_ahead=self.supplies.settings.days_ahead,
            closes_before=self.supplies.settings.closes_before,
        )

    async def take_place(
        self, appointment: Appointment, event: AppointmentBooked, reminders: Sequence[Reminder]
    ) -> bool:
        """Take a place and write everything that belongs to it; return False when the slot is full.

        Raises:
            AlreadyBooked: the person has an open appointment for the group.
            RepeatedRequest: this very request was answered before.
        """
        try:
            booked = await self.supplies.pool.fetchval(
                TAKE_PLACE,
                *_place(appointment),
                *_reminded(reminders),
                *_told(event),
                *self._kept(appointment),
            )
        except asyncpg.UniqueViolationError as error:
            await self._stop_if_repeated()
            if error.constraint_name == ONE_OPEN:
                raise AlreadyBooked("同一业务同时只能有一个未办理的预约，请先取消原预约") from None
            raise
        if booked is None:
            await self._stop_if_repeated()
            return False
        self.supplies.nudge()
        return True

    async def alternatives(self, full: Slot, window: BookingWindow) -> list[dict[str, object]]:
        """Return the nearest free places, as they stand in the problem body."""
        async with self.supplies.facts.sessions() as session:
            found = await slots.alternatives(session, full, window)
        return [
            {**row._asdict(), "starts_at": row.starts_at.astimezone(CITY_ZONE).isoformat()} for row in found
        ]

    async def _stop_if_repeated(self) -> None:
        # A repeated request fails like any other that wants the same place: only then it is worth a look.
        if self.keyed is not None and await self.keyed.earlier(self.supplies.facts.sessions):
            raise RepeatedRequest(self.keyed)

    def _kept(self, appointment: Appointment) -> tuple[object, ...]:
        if self.keyed is None or self.answer is None:
            return (None, None, None, None, None)
        kept = self.answer(appointment)
        return (self.keyed.scope, self.keyed.key, kept.request_hash, kept.status, kept.body)


def _place(appointment: Appointment) -> tuple[object, ...]:
    return (
        appointment.id,
        appointment.slot_id,
        appointment.person_id,
        appointment.item_code,
        appointment.service_point,
        appointment.service_point_name,
        appointment.group,
        appointment.starts_at,
        appointment.channel,
        appointment.booked_at,
    )


def _reminded(reminders: Sequence[Reminder]) -> tuple[object, ...]:
    return ([r.id for r in reminders], [r.ahead for r in reminders], [r.due_at for r in reminders])


def _told(event: AppointmentBooked) -> tuple[object, ...]:
    trace = structlog.contextvars.get_contextvars().get("traceparent")
    envelope = wrap(event, source="svc-booking", now=datetime.now(UTC), traceparent=trace)
    return (envelope.id, envelope.type, envelope.model_dump_json(), envelope.time)
