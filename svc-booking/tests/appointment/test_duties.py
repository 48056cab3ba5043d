"""Reminders, on a real database."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from lib_db import Sessions
from lib_messaging import Envelope
from lib_testing import CITIZEN, Clients, FixedClock
from svc_booking.appointment.duties import send_due_reminders
from svc_booking.database import MESSAGES
from svc_booking.uow import BookingUnitOfWork


async def booked_tomorrow(service: Clients, hall: str) -> dict[str, str]:
    client = service.as_(CITIZEN)
    slots = (await client.get(f"/v1/service-points/{hall}/slots", params={"group": "business"})).json()[
        "items"
    ]
    order = {"slot_id": slots[-1]["slot_id"], "item_code": "410131016000"}
    answer: dict[str, str] = (await client.post("/v1/appointments", json=order)).json()
    return answer


async def events(sessions: Sessions, kind: str) -> list[Envelope]:
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.envelope)
            .where(MESSAGES.outbox.c.type == kind)
            .order_by(MESSAGES.outbox.c.seq)
        )
        return [Envelope.model_validate_json(row) for row in rows]


async def test_each_reminder_is_sent_once_however_many_workers_look(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    await booked_tomorrow(service, hall)
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 0
    clock.advance(timedelta(hours=8))
    await asyncio.gather(*(send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) for _ in range(5)))
    [told] = await events(sessions, "booking.reminder.due.v1")
    assert told.data["ahead"] == "day"
    clock.advance(timedelta(hours=23))
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 1
    assert [e.data["ahead"] for e in await events(sessions, "booking.reminder.due.v1")] == ["day", "hour"]


async def test_a_reminder_found_after_the_slot_began_is_dropped(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    await booked_tomorrow(service, hall)
    clock.advance(timedelta(days=3))
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 2
    assert await events(sessions, "booking.reminder.due.v1") == []
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 0


async def test_a_cancelled_appointment_sends_no_reminder(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    booked = await booked_tomorrow(service, hall)
    await service.as_(CITIZEN).post(f"/v1/appointments/{booked['id']}/cancellation")
    clock.advance(timedelta(hours=31))
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 0
