"""Booking over HTTP, on a real database."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import func, select, text

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, FixedClock
from lib_web import Caller, CallerKind
from svc_booking.appointment.store import appointment, reminder
from svc_booking.database import MESSAGES
from svc_booking.slot.store import slot

ITEM = "410131016000"


async def first_slot(client: httpx.AsyncClient, hall: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/service-points/{hall}/slots", params={"group": "business"})
    found: dict[str, Any] = answer.json()["items"][0]
    return found


def order(slot_id: str) -> dict[str, str]:
    return {"slot_id": slot_id, "item_code": ITEM}


async def test_anyone_sees_free_slots_of_today_and_the_next_opening_day(service: Clients, hall: str) -> None:
    answer = await service.as_(PUBLIC).get(f"/v1/service-points/{hall}/slots", params={"group": "business"})
    items = answer.json()["items"]
    assert answer.status_code == 200
    # It is 09:00 on a Wednesday: the slot that has begun is not offered.
    assert items[0]["starts_at"] == "2026-03-04T09:30:00+08:00"
    assert items[-1]["starts_at"] == "2026-03-05T16:30:00+08:00"
    assert {item["free"] for item in items} == {3}


async def test_a_day_can_be_asked_for(service: Clients, hall: str) -> None:
    query = {"group": "business", "on": "2026-03-05"}
    answer = await service.as_(PUBLIC).get(f"/v1/service-points/{hall}/slots", params=query)
    assert len(answer.json()["items"]) == 13


async def test_an_unknown_hall_or_group_is_a_problem_that_says_so(service: Clients, hall: str) -> None:
    client = service.as_(PUBLIC)
    for point, group in (("NOWHERE", "business"), (hall, "x")):
        answer = await client.get(f"/v1/service-points/{point}/slots", params={"group": group})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/service-point-not-found"


async def test_a_booking_holds_a_place_and_leaves_event_and_reminder(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    answer = await client.post("/v1/appointments", json=order(free["slot_id"]))
    assert answer.status_code == 201, answer.text
    booked = answer.json()
    assert booked["status"] == "booked"
    assert booked["service_point_name"] == "叶县政务服务中心"
    assert (await first_slot(client, hall))["free"] == 2
    async with sessions() as session:
        assert await session.scalar(select(MESSAGES.outbox.c.type)) == "booking.appointment.booked.v1"
        # The slot begins in half an hour, so neither reminder lies ahead.
        assert await session.scalar(select(func.count()).select_from(reminder)) == 0
    assert (await client.get(f"/v1/appointments/{booked['id']}")).json() == booked
    assert (await client.get("/v1/appointments")).json() == {"items": [booked], "next": None}


async def test_appointments_come_in_pages(service: Clients, hall: str) -> None:
    client = service.as_(CITIZEN)
    slots = (await client.get(f"/v1/service-points/{hall}/slots", params={"group": "business"})).json()[
        "items"
    ]
    for free in slots[:3]:
        booked = (await client.post("/v1/appointments", json=order(free["slot_id"]))).json()
        await client.post(f"/v1/appointments/{booked['id']}/cancellation")
    first = (await client.get("/v1/appointments", params={"limit": 2})).json()
    rest = (await client.get("/v1/appointments", params={"limit": 2, "cursor": first["next"]})).json()
    starts = [item["starts_at"] for item in first["items"] + rest["items"]]
    assert starts == sorted((free["starts_at"] for free in slots[:3]), reverse=True)
    assert rest["next"] is None


async def test_a_forged_cursor_is_refused(service: Clients) -> None:
    answer = await service.as_(CITIZEN).get("/v1/appointments", params={"cursor": "bm9uc2Vuc2U"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/cursor-invalid"


async def test_one_open_appointment_per_person_and_group(service: Clients, hall: str) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    assert (await client.post("/v1/appointments", json=order(free["slot_id"]))).status_code == 201
    again = await client.post("/v1/appointments", json=order(free["slot_id"]))
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/already-booked"
    assert (await first_slot(client, hall))["free"] == 2


async def test_a_cancelled_place_is_free_again(service: Clients, hall: str) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    booked = (await client.post("/v1/appointments", json=order(free["slot_id"]))).json()
    answer = await client.post(f"/v1/appointments/{booked['id']}/cancellation")
    assert answer.json()["status"] == "cancelled"
    assert (await first_slot(client, hall))["free"] == 3
    twice = await client.post(f"/v1/appointments/{booked['id']}/cancellation")
    assert twice.status_code == 409
    assert twice.json()["type"] == "/problems/illegal-move"


async def test_others_do_not_see_my_appointment(service: Clients, hall: str) -> None:
    client, other = service.as_(CITIZEN), service.as_(OTHER_CITIZEN)
    free = await first_slot(client, hall)
    booked = (await client.post("/v1/appointments", json=order(free["slot_id"]))).json()
    assert (await other.get(f"/v1/appointments/{booked['id']}")).status_code == 404
    assert (await other.post(f"/v1/appointments/{booked['id']}/cancellation")).status_code == 404


async def test_twenty_people_race_for_three_places(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    free = await first_slot(service.as_(PUBLIC), hall)
    people = [Caller(CallerKind.CITIZEN, f"p_{number}", "mobile") for number in range(20)]
    answers = await asyncio.gather(
        *(service.as_(person).post("/v1/appointments", json=order(free["slot_id"])) for person in people)
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 17
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["type"] == "/problems/slot-full"
    assert [place["service_point"] for place in refused["alternatives"][:3]] == [hall, hall, "410402-HALL"]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(appointment)) == 3
        assert await session.scalar(select(func.count()).select_from(MESSAGES.outbox)) == 3
        assert await session.scalar(select(slot.c.taken).where(slot.c.id == free["slot_id"])) == 3


async def test_the_database_itself_refuses_a_place_too_many(sessions: Sessions, hall: str) -> None:
    async with sessions() as session:
        try:
            await session.execute(text("UPDATE slot SET taken = capacity + 1"))
        except Exception as error:
            assert "ck_slot_never_overbooked" in str(error)  # noqa: PT017 - any driver's class will do
        else:
            raise AssertionError("the CHECK is missing")


async def test_a_repeated_request_gets_the_first_answer(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    key = {"Idempotency-Key": uuid4().hex}
    first = await client.post("/v1/appointments", json=order(free["slot_id"]), headers=key)
    again = await client.post("/v1/appointments", json=order(free["slot_id"]), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(appointment)) == 1


async def test_the_same_request_sent_many_times_at_once_books_once(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    key = {"Idempotency-Key": uuid4().hex}
    answers = await asyncio.gather(
        *(client.post("/v1/appointments", json=order(free["slot_id"]), headers=key) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(appointment)) == 1


async def test_a_key_used_for_another_request_is_refused(service: Clients, hall: str) -> None:
    client = service.as_(CITIZEN)
    free = await first_slot(client, hall)
    key = {"Idempotency-Key": uuid4().hex}
    await client.post("/v1/appointments", json=order(free["slot_id"]), headers=key)
    other = await client.post(
        "/v1/appointments", json={**order(free["slot_id"]), "item_code": "x"}, headers=key
    )
    assert other.status_code == 400
    assert other.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_failed_request_leaves_its_key_unused(service: Clients, hall: str) -> None:
    client = service.as_(CITIZEN)
    key = {"Idempotency-Key": uuid4().hex}
    missing = await client.post("/v1/appointments", json=order(str(uuid4())), headers=key)
    assert missing.status_code == 404
    free = await first_slot(client, hall)
    answer = await client.post("/v1/appointments", json=order(free["slot_id"]), headers=key)
    assert answer.status_code == 201


async def test_unknown_and_missing_fields_are_named(service: Clients) -> None:
    answer = await service.as_(CITIZEN).post(
        "/v1/appointments", json={"slot": "secret-input", "slot_id": str(uuid4())}
    )
    problem = answer.json()
    assert answer.status_code == 422
    assert {(error["field"], error["message"]) for error in problem["errors"]} == {
        ("item_code", "必填"),
        ("slot", "没有这个字段，请删去"),
    }
    assert "secret-input" not in answer.text


async def test_nobody_gets_in_past_the_gateway(service: Clients) -> None:
    answer = await service.bare().get("/v1/appointments")
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/internal-token-missing"
    forged = await service.bare({"X-Internal-Token": "a.b.c"}).get("/v1/appointments")
    assert forged.json()["type"] == "/problems/internal-token-invalid"
    stranger = await service.as_(CITIZEN, issuer="stranger").get("/v1/appointments")
    assert stranger.status_code == 401


async def test_the_public_cannot_book(service: Clients, hall: str) -> None:
    client = service.as_(PUBLIC)
    free = await first_slot(client, hall)
    answer = await client.post("/v1/appointments", json=order(free["slot_id"]))
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/not-allowed"
