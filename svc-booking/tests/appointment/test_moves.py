"""Moving, repeated requests after their time, conduct limits: over HTTP on a real database."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from booking_city import ITEM, book, miscounted, person, resize, rule, slots, told
from sqlalchemy import select, update

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, FixedClock
from svc_booking.appointment.store import appointment, reminder


async def move(service: Clients, who: Any, appointment_id: str, slot_id: str) -> Any:
    path = f"/v1/appointments/{appointment_id}/rescheduling"
    return await service.as_(who).post(path, json={"slot_id": slot_id})


async def test_moving_changes_places_reminders_and_tells_once(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    found = await slots(service.as_(CITIZEN), hall)
    booked = (await book(service.as_(CITIZEN), found[-1]["slot_id"])).json()
    moved = await move(service, CITIZEN, booked["id"], found[-3]["slot_id"])
    assert moved.status_code == 200, moved.text
    assert (moved.json()["starts_at"], moved.json()["reschedules"]) == (found[-3]["starts_at"], 1)
    [event] = await told(sessions, "booking.appointment.rescheduled.v1")
    assert event["from_starts_at"] == "2026-03-05T08:30:00Z"
    async with sessions() as session:
        due = set(await session.scalars(select(reminder.c.due_at)))
    assert {moment.isoformat() for moment in due} == {
        "2026-03-04T07:30:00+00:00",
        "2026-03-05T06:30:00+00:00",
    }
    assert await miscounted(sessions) == []


async def test_the_old_place_stays_when_the_new_slot_is_full(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    found = await slots(service.as_(CITIZEN), hall)
    booked = (await book(service.as_(CITIZEN), found[-1]["slot_id"])).json()
    await resize(sessions, found[-3]["slot_id"], 0)
    refused = await move(service, CITIZEN, booked["id"], found[-3]["slot_id"])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/slot-full")
    assert refused.json()["alternatives"]
    kept = (await service.as_(CITIZEN).get(f"/v1/appointments/{booked['id']}")).json()
    assert kept == booked
    assert await miscounted(sessions) == []


async def test_people_who_swap_slots_at_once_neither_wait_for_ever_nor_lose_a_place(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    found = await slots(service.as_(CITIZEN), hall)
    one, other = found[-1]["slot_id"], found[-2]["slot_id"]
    booked = [
        (await book(service.as_(person(number)), one if number % 2 else other)).json() for number in range(6)
    ]
    answers = await asyncio.gather(
        *(
            move(service, person(number), booked[number]["id"], other if number % 2 else one)
            for number in range(6)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await miscounted(sessions) == []


async def test_moving_too_often_is_refused(service: Clients, hall: str) -> None:
    await rule(service, reschedules=1)
    found = await slots(service.as_(CITIZEN), hall)
    booked = (await book(service.as_(CITIZEN), found[-1]["slot_id"])).json()
    await move(service, CITIZEN, booked["id"], found[-2]["slot_id"])
    refused = (await move(service, CITIZEN, booked["id"], found[-1]["slot_id"])).json()
    assert (refused["type"], refused["rule"]) == ("/problems/reschedule-limit", "reschedules")


async def test_one_visit_for_several_items_is_one_appointment(service: Clients, hall: str) -> None:
    free = (await slots(service.as_(CITIZEN), hall))[-1]
    items = ["410131016001", ITEM, "410131016002"]
    booked = (await book(service.as_(CITIZEN), free["slot_id"], item_codes=items, is_home_visit=True)).json()
    assert booked["item_codes"] == [ITEM, "410131016001", "410131016002"]
    assert booked["is_home_visit"]
    assert (await slots(service.as_(CITIZEN), hall))[-1]["free"] == free["free"] - 1


async def test_missed_appointments_block_for_a_while(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    await rule(service, no_shows=2)
    for days in (10, 20):
        free = (await slots(service.as_(CITIZEN), hall))[-1]
        booked = (await book(service.as_(CITIZEN), free["slot_id"])).json()
        async with sessions.begin() as session:
            await session.execute(
                update(appointment)
                .where(appointment.c.id == booked["id"])
                .values(status="no_show", starts_at=clock.now() - timedelta(days=days))
            )
    refused = (await book(service.as_(CITIZEN), free["slot_id"])).json()
    assert (refused["type"], refused["possible_at"]) == (
        "/problems/no-show-block",
        "2026-03-24T09:00:00+08:00",
    )


async def test_late_cancellations_block_for_a_while(service: Clients, hall: str, clock: FixedClock) -> None:
    await rule(service, late_cancels=1)
    soon = (await slots(service.as_(CITIZEN), hall))[0]
    booked = (await book(service.as_(CITIZEN), soon["slot_id"])).json()
    await service.as_(CITIZEN).post(f"/v1/appointments/{booked['id']}/cancellation")
    refused = (await book(service.as_(CITIZEN), soon["slot_id"])).json()
    assert (refused["type"], refused["rule"]) == ("/problems/late-cancel-block", "late_cancel_block")
    assert refused["possible_at"] == "2026-03-11T09:00:00+08:00"


async def test_a_request_sent_again_after_its_slot_began_gets_its_first_answer(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    client = service.as_(CITIZEN)
    order = {"slot_id": (await slots(client, hall))[0]["slot_id"], "item_code": ITEM}
    key = {"Idempotency-Key": uuid4().hex}
    first = await client.post("/v1/appointments", json=order, headers=key)
    clock.advance(timedelta(hours=3))
    again = await client.post("/v1/appointments", json=order, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


async def test_nobody_books_in_anothers_name(service: Clients, hall: str) -> None:
    free = (await slots(service.as_(CITIZEN), hall))[-1]
    refused = await book(service.as_(CITIZEN), free["slot_id"], person_id="p_other")
    assert refused.status_code == 403
