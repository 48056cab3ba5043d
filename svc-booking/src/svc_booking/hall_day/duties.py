"""What time does to a hall's day: appointments are missed, days are closed."""

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from lib_contracts.booking import AppointmentNoShow
from lib_kernel import Clock
from lib_messaging import SqlUnitOfWork
from svc_booking.appointment.events import event_of
from svc_booking.hall_day.commands import CloseDay, close_day
from svc_booking.hall_day.domain import DayAlreadyClosed, StillArriving, closes_at, is_over
from svc_booking.hall_day.ports import UnitOfWork
from svc_booking.hall_day.store import OpenDay, claim_missed, open_days
from svc_booking.hall_policy.store import policy_of
from svc_booking.queue_ticket.domain import city_day
from svc_booking.slot.calendar import state_calendar
from svc_booking.slot.store import hours_of

BATCH = 200

OpenWork = Callable[[], SqlUnitOfWork]


async def close_missed(open_work: OpenWork, clock: Clock) -> int:
    """Close appointments whose person did not come in the time that their hall gives; return how many."""
    async with open_work() as uow:
        missed = await claim_missed(uow.session, clock.now(), BATCH)
        for gone in missed:
            gone.miss()
            uow.outbox.add(event_of(AppointmentNoShow, gone))
        await uow.commit()
    return len(missed)


async def close_days(open_work: OpenWork, clock: Clock) -> int:
    """Close every hall's day that is over; return how many.

    Also days that passed while no worker ran. A day is closed in one transaction by whoever claims it, so
    several workers, or a kill in between, close it once.
    """
    async with open_work() as looking:
        candidates = await open_days(looking.session, city_day(clock.now()))
        over = [day for day in candidates if await _is_over(day, looking, clock)]
    closed = 0
    for day in over:
        # Another worker was faster, or somebody drew a number just now: the next round will see.
        with suppress(DayAlreadyClosed, StillArriving):
            uow = cast(UnitOfWork, open_work())
            await close_day(CloseDay(day.service_point, day.day), uow=uow, clock=clock)
            closed += 1
    return closed


async def _is_over(day: OpenDay, uow: SqlUnitOfWork, clock: Clock) -> bool:
    hours = await hours_of(uow.session, day.service_point)
    policy = await policy_of(uow.session, day.service_point)
    return is_over(
        closes_at(hours, state_calendar, day.day),
        clock.now(),
        somebody_is_served=day.is_serving,
        unfinished_after=policy.unfinished_after,
    )
