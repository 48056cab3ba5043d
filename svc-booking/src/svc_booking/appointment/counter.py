"""The counter where many orders are settled at once: waiting ones are gathered into one statement.

An order waits only while the orders before it are being written, so a lone one goes through at once and a
rush is written in large groups: what a transaction costs is shared. Within a slot the order of arrival
decides. This is the hot path, so it goes to asyncpg directly. The CHECK on `slot.taken` and the partial
unique indexes on a person's appointments stand behind it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from lib_db import KeptAnswer
from lib_kernel import CITY_ZONE, Unavailable
from lib_web import KeyedRequest, KeyReused, RepeatedRequest
from svc_booking.appointment.ports import Order, Outcome
from svc_booking.appointment.statements import CONFIRM, FACTS, TAKE
from svc_booking.appointment.store import ONE_OPEN, collision, day_at
from svc_booking.rule.domain import Standing

log = structlog.get_logger(__name__)

AT_ONCE = 128
# How often a lone order is tried when somebody else's crosses it each time.
TRIES = 5
# Somebody else booked the same person, or two processes met crosswise: each order alone will tell.
COLLISIONS = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)
# No connection, a server that is shutting down, or one so busy that locks and statements run out of time.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
)


class DatabaseAway(Unavailable):
    """The database does not answer; whether the order was written is told by sending it again."""

    code = "booking-unavailable"
    title = "预约服务暂时不可用，请用同一 Idempotency-Key 稍后重试"


@dataclass(frozen=True)
class Written:
    """What is written with an order beside its appointment: event and kept answer."""

    event_id: Any
    event_type: str
    envelope: str
    keyed: KeyedRequest | None
    kept: KeptAnswer | None


@dataclass(eq=False)
class _Waiting:
    order: Order
    written: Written
    done: "asyncio.Future[Outcome]"

    @property
    def marks(self) -> set[str]:
        """Return what no two orders settled at once may share: the person, and the key."""
        person = self.order.appointment.person_id
        keyed = self.written.keyed
        return {person} if keyed is None else {person, f"{keyed.scope} {keyed.key}"}


class Counter:
    """Settles orders in the order they come. `confirming` ones have places held for them already."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, confirming: bool = False) -> None:
        self._pool = pool
        self._statement = CONFIRM if confirming else TAKE
        self._confirming = confirming
        self._queue: deque[_Waiting] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def settle(self, order: Order, written: Written) -> Outcome:
        """Return what became of the order.

        Raises:
            RepeatedRequest, KeyReused: the key was used before.
            NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
            DatabaseAway: see there.
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(order, written, done))
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await done

    async def _serve(self) -> None:
        try:
            while batch := self._next_batch():
                try:
                    await self._settle(batch)
                except COLLISIONS:
                    for waiting in batch:
                        await self._settle_alone(waiting)
                except Exception as error:
                    _fail(batch, error)
        finally:
            self._serving = None

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        passed_over: list[_Waiting] = []
        marks: set[str] = set()
        while self._queue and len(batch) < AT_ONCE:
            waiting = self._queue.popleft()
            if waiting.done.done():
                continue  # The client left before its turn.
            if marks.isdisjoint(waiting.marks):
                marks |= waiting.marks
                batch.append(waiting)
            else:
                passed_over.append(waiting)
        self._queue.extendleft(reversed(passed_over))
        return batch

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        async with self._pool.acquire() as connection:
            fit = _check(batch, await connection.fetch(FACTS, *_facts(batch)))
            if not fit:
                return
            rows = await connection.fetch(self._statement, *_orders(fit))
        self._tell(fit, rows)

    async def _settle_alone(self, waiting: _Waiting) -> None:
        """Settle an order after a collision: what crossed it is seen by now, or crosses it no more."""
        for is_last in [*[False] * (TRIES - 1), True]:
            if waiting.done.done():
                return
            try:
                return await self._settle([waiting])
            except COLLISIONS as error:
                told = _told(error, waiting)
                if told is not None or is_last:
                    _fail([waiting], told or DatabaseAway())
            except Exception as error:
                _fail([waiting], error)

    def _tell(self, batch: Sequence[_Waiting], rows: Sequence[Any]) -> None:
        """Tell everybody; who could still fit into what is left waits in front for the next turn."""
        if self._confirming:
            for waiting, row in zip(batch, rows, strict=True):
                _done(waiting, Outcome.BOOKED if row["is_booked"] else Outcome.HOLD_OVER)
            return
        left: dict[Any, int] = {}
        for waiting, row in zip(batch, rows, strict=True):
            appointment = waiting.order.appointment
            left.setdefault(appointment.slot_id, row["free"] or 0)
            left[appointment.slot_id] -= appointment.party_size * row["is_booked"]
        again: list[_Waiting] = []
        for waiting, row in zip(batch, rows, strict=True):
            appointment = waiting.order.appointment
            outcome = _outcome(row, left[appointment.slot_id], appointment.party_size)
            if outcome is None:
                again.append(waiting)
            else:
                _done(waiting, outcome)
        self._queue.extendleft(reversed(again))


def _outcome(row: Any, free: int, wanted: int) -> Outcome | None:
    """Return what became of an order when `free` places are left; None when it may fit the next time."""
    if row["is_booked"]:
        return Outcome.BOOKED
    if free >= wanted:
        may_fit = not row["is_first"] or free - row["kept"] >= wanted
        return None if may_fit else Outcome.QUOTA
    if row["is_closed"]:
        return Outcome.CLOSED
    return Outcome.HAS_EXPIRED if row["has_expired"] else Outcome.FULL


def _check(batch: Sequence[_Waiting], rows: Sequence[Any]) -> list[_Waiting]:
    """Tell those whom a rule stands against, or who asked before; return the others."""
    fit = []
    for waiting, row in zip(batch, rows, strict=True):
        order, keyed = waiting.order, waiting.written.keyed
        earlier, *standing = row.values()
        try:
            if earlier is not None and keyed is not None:
                raise RepeatedRequest(keyed) if earlier == keyed.request_hash else KeyReused
            known = Standing(*standing)
            known.check(order.rule, order.appointment.starts_at, order.now)
            order.appointment.day_number = known.free_number
        except Exception as refusal:
            _fail([waiting], refusal)
        else:
            fit.append(waiting)
    return fit


def _facts(batch: Sequence[_Waiting]) -> list[list[Any]]:
    """Return the columns of the first statement: whose standing is asked for."""
    rows = []
    for waiting in batch:
        order, keyed = waiting.order, waiting.written.keyed
        appointment, rule = order.appointment, order.rule
        rows.append(
            (
                appointment.person_id,
                appointment.group,
                day_at(appointment.starts_at.astimezone(CITY_ZONE).date()),
                order.now - rule.no_show_window,
                order.now - rule.late_cancel_window,
                keyed.scope if keyed else None,
                keyed.key if keyed else None,
            )
        )
    return [list(column) for column in zip(*rows, strict=True)]


def _orders(batch: Sequence[_Waiting]) -> list[Any]:
    """Return the columns of the second statement, the reminders' after them."""
    rows = []
    reminders: list[tuple[Any, ...]] = []
    for waiting in batch:
        order, written = waiting.order, waiting.written
        a, kept, keyed = order.appointment, written.kept, written.keyed
        rows.append(
            (
                a.id,
                a.slot_id,
                a.person_id,
                a.item_code,
                "\n".join(a.item_codes),
                a.service_point,
                a.service_point_name,
                a.group,
                a.starts_at,
                a.channel,
                a.booked_at,
                a.party_size,
                a.place_class,
                a.is_green,
                a.is_home_visit,
                a.is_extended,
                a.booked_by,
                order.hold_id,
                order.now,
                written.event_id,
                written.event_type,
                written.envelope,
                keyed.scope if keyed else None,
                keyed.key if keyed else None,
                kept.request_hash if kept else None,
                kept.status if kept else None,
                kept.body if kept else None,
                a.partner,
                a.day_number,
            )
        )
        reminders += [(r.id, r.appointment_id, r.ahead, r.due_at) for r in order.reminders]
    columns = [list(column) for column in zip(*rows, strict=True)]
    told = [list(column) for column in zip(*reminders, strict=True)] if reminders else [[], [], [], []]
    return [*columns, *told]


def _told(error: Exception, waiting: _Waiting) -> Exception | None:
    """Return what a collision means for a lone order; None: it may go through when tried again."""
    constraint = getattr(error, "constraint_name", None)
    if constraint == "pk_idempotency_key" and waiting.written.keyed is not None:
        return RepeatedRequest(waiting.written.keyed)
    return collision(constraint) if constraint == ONE_OPEN else None


def _done(waiting: _Waiting, outcome: Outcome) -> None:
    if not waiting.done.done():
        waiting.done.set_result(outcome)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    if isinstance(error, AWAY):
        log.warning("counter.database_away", error=type(error).__name__, orders=len(batch))
        error = DatabaseAway()
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(error)
