"""Makes the digests that are due and tells the subscribers, each day once."""

from datetime import date, time, timedelta
from typing import Any

from lib_contracts.complaint import DigestReady
from lib_kernel import CITY_ZONE, Clock
from lib_messaging import SqlUnitOfWork
from svc_complaint.digest import store
from svc_complaint.digest.domain import missing


async def make_due(uow: SqlUnitOfWork, clock: Clock, at: time, days_back: int) -> bool:
    """Make the earliest missing digest; return whether there may be more.

    The digest's row and the subscribers' events are one transaction: none is sent twice, none is left out.
    """
    now = clock.now()
    today = now.astimezone(CITY_ZONE).date()
    async with uow:
        session = uow.session
        known = await store.made(session, today - timedelta(days=days_back + 2))
        due = missing(now, at, known, await store.first_day(session), days_back)
        if not due or not await store.only_one(session):
            return False
        facts = await store.compute(session, due[0])
        if await store.keep(session, due[0], facts, now):
            await _tell(uow, due[0], facts, clock)
        await uow.commit()
    return len(due) > 1


async def _tell(uow: SqlUnitOfWork, day: date, facts: dict[str, Any], clock: Clock) -> None:
    for person in await store.subscribers(uow.session):
        uow.outbox.add(
            DigestReady(
                day=day,
                person_id=person,
                received=facts["received"],
                closed=facts["closed"],
                open=facts["open"],
                overdue=facts["overdue"],
                happened_at=clock.now(),
            )
        )
