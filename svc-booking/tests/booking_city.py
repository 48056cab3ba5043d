"""Steps that the tests of places share."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, text, update

from lib_db import Sessions
from lib_messaging import Envelope
from lib_testing import Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_booking.database import MESSAGES
from svc_booking.slot.store import slot
from svc_booking.uow import BookingUnitOfWork
from svc_booking.waitlist.duties import expire_holds

ITEM = "410131016000"
GROUP = "business"
ADMIN = staff("s_admin", "admin")


WORKDAYS = {day: [["09:00", "12:00"], ["13:30", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def a_point(code: str = "410422-HALL", **changes: Any) -> dict[str, Any]:
    """Return a service point as the city's data file has it."""
    return {
        "code": code,
        "name": "叶县政务服务中心",
        "kind": "county_hall",
        "division": "410422000000",
        "hours": WORKDAYS,
        "always_open": False,
        "groups": [{"code": "business", "capacity": 3, "windows": ["1号窗口", "2号窗口"]}],
        **changes,
    }


def person(number: int | str) -> Caller:
    """Return a citizen."""
    return Caller(CallerKind.CITIZEN, f"p_{number}", "mobile")


async def slots(client: httpx.AsyncClient, hall: str) -> list[dict[str, Any]]:
    """Return what may be booked now."""
    answer = await client.get(f"/v1/service-points/{hall}/slots", params={"group": GROUP})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def book(client: httpx.AsyncClient, slot_id: str, **more: Any) -> httpx.Response:
    """Ask for a place."""
    return await client.post("/v1/appointments", json={"slot_id": slot_id, "item_code": ITEM, **more})


async def resize(sessions: Sessions, slot_id: str, capacity: int) -> None:
    """Give a slot so many places."""
    async with sessions.begin() as session:
        await session.execute(update(slot).where(slot.c.id == slot_id).values(capacity=capacity))


async def rule(service: Clients, **values: Any) -> None:
    """Write a layer of rules for the whole city."""
    body = {"scope": {"city": "410400000000"}, "values": values}
    answer = await service.as_(ADMIN).put("/v1/booking-rules", json=body)
    assert answer.status_code == 200, answer.text


async def told(sessions: Sessions, kind: str) -> list[dict[str, Any]]:
    """Return the facts of the events of a kind that were committed, in order."""
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.envelope)
            .where(MESSAGES.outbox.c.type == kind)
            .order_by(MESSAGES.outbox.c.seq)
        )
        return [Envelope.model_validate_json(row).data for row in rows]


async def run_out(sessions: Sessions, clock: FixedClock, by: timedelta) -> int:
    """Let time pass and the worker's duty look."""
    clock.advance(by)
    return await expire_holds(lambda: BookingUnitOfWork(sessions), clock)


MISCOUNTED = text(
    """
SELECT s.id FROM slot s
LEFT JOIN (SELECT slot_id, sum(party_size) AS n FROM appointment WHERE status <> 'cancelled' GROUP BY 1) a
       ON a.slot_id = s.id
LEFT JOIN (SELECT slot_id, sum(places) AS n FROM hold WHERE status = 'held' GROUP BY 1) h ON h.slot_id = s.id
WHERE s.taken <> coalesce(a.n, 0) + coalesce(h.n, 0) OR s.taken > s.capacity
   OR (s.reserved IS NOT NULL AND s.taken <>
       (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(s.used)))
"""
)


async def miscounted(sessions: Sessions) -> Sequence[Any]:
    """Return the slots whose counter is not what the rows say."""
    async with sessions() as session:
        return (await session.execute(MISCOUNTED)).all()
