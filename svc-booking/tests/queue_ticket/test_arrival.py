"""Arriving at the hall: by code, by ID card, by the clerk, early, in time, late."""

import asyncio
from datetime import timedelta

import pytest
from hall_people import (
    CLERK,
    HALL,
    ITEM,
    MANAGER,
    STRANGER,
    TERMINAL,
    at_kiosk,
    book,
    call,
    citizen,
    draw,
)
from sqlalchemy import select

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_booking.queue_ticket.store import group_letter
from svc_booking.slot.store import load_points

HALF_HOUR = timedelta(minutes=30)


async def test_the_id_card_on_the_terminal_finds_todays_appointment(service: Clients, hall: str) -> None:
    booked = await book(service, CITIZEN)
    arrived = await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})
    assert arrived.status_code == 201, arrived.text
    assert arrived.json()["appointment_id"] == booked["id"]
    nothing = await service.as_(at_kiosk(OTHER_CITIZEN)).post("/v1/check-ins", json={})
    assert nothing.json()["type"] == "/problems/appointment-not-found"


async def test_an_appointment_of_another_day_is_not_todays(service: Clients, hall: str) -> None:
    await book(service, CITIZEN, index=-1)
    answer = await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})
    assert answer.json()["type"] == "/problems/appointment-not-found"


async def test_the_code_on_the_phone_is_a_picture_that_the_terminal_scans(
    service: Clients, hall: str
) -> None:
    booked = await book(service, CITIZEN)
    picture = await service.as_(CITIZEN).get(f"/v1/appointments/{booked['id']}/check-in-code")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")
    stranger = await service.as_(OTHER_CITIZEN).get(f"/v1/appointments/{booked['id']}/check-in-code")
    assert stranger.status_code == 404
    scanned = await service.as_(TERMINAL).post("/v1/check-ins", json={"appointment_id": booked["id"]})
    assert scanned.status_code == 201, scanned.text
    assert scanned.json()["person_id"] == CITIZEN.subject


async def test_a_terminal_without_card_or_code_is_told_what_to_do(service: Clients, hall: str) -> None:
    answer = await service.as_(TERMINAL).post("/v1/check-ins", json={})
    assert answer.status_code == 404
    assert "预约码" in answer.json()["detail"]


async def test_a_clerk_checks_in_whoever_has_neither(service: Clients, hall: str) -> None:
    booked = await book(service, CITIZEN)
    body = {"appointment_id": booked["id"], "service_point": HALL, "item_codes": [ITEM, "410131099000"]}
    assert (await service.as_(STRANGER).post("/v1/check-ins", json=body)).status_code == 403
    ticket = (await service.as_(CLERK).post("/v1/check-ins", json=body)).json()
    assert ticket["item_codes"] == [ITEM, "410131099000"]


@pytest.mark.parametrize(
    ("after_the_slot_began", "priority"),
    [(-HALF_HOUR, "booked"), (HALF_HOUR, "booked"), (timedelta(minutes=31), "walk_in")],
)
async def test_late_ones_go_behind_and_not_away(
    service: Clients, hall: str, clock: FixedClock, after_the_slot_began: timedelta, priority: str
) -> None:
    booked = await book(service, CITIZEN)  # It begins at 10:00; now it is 09:00.
    clock.advance(timedelta(hours=1) + after_the_slot_began)
    arrived = await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})
    assert arrived.status_code == 201, arrived.text
    assert (arrived.json()["appointment_id"], arrived.json()["priority"]) == (booked["id"], priority)


async def test_a_late_one_is_called_after_those_who_came_before(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    await book(service, CITIZEN)
    clock.advance(timedelta(minutes=95))
    walk_in = await draw(service, "p_walk_in")
    clock.advance(timedelta(minutes=1))
    late = (await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})).json()
    assert [(await call(service))["id"], (await call(service, "2号窗口"))["id"]] == [
        walk_in["id"],
        late["id"],
    ]


async def test_after_the_longer_time_the_appointment_is_lost(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    booked = await book(service, CITIZEN)
    clock.advance(timedelta(minutes=121))
    answer = await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={"appointment_id": booked["id"]})
    assert answer.json()["type"] == "/problems/check-in-not-open"


async def test_a_hall_has_rules_of_its_own(service: Clients, hall: str, clock: FixedClock) -> None:
    manager = service.as_(MANAGER)
    policy = (await manager.get(f"/v1/service-points/{HALL}/hall-policy")).json()
    assert policy["late_minutes"] == 30
    changed = {**policy, "late_minutes": 5, "no_show_minutes": 20}
    assert (await manager.put(f"/v1/service-points/{HALL}/hall-policy", json=changed)).status_code == 200
    assert (await manager.get(f"/v1/service-points/{HALL}/hall-policy")).json() == changed
    await book(service, CITIZEN)
    clock.advance(timedelta(minutes=66))
    assert (await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})).json()[
        "priority"
    ] == "walk_in"


async def test_rules_that_contradict_each_other_or_strangers_are_refused(service: Clients, hall: str) -> None:
    manager, path = service.as_(MANAGER), f"/v1/service-points/{HALL}/hall-policy"
    policy = (await manager.get(path)).json()
    wrong = await manager.put(path, json={**policy, "late_minutes": 60, "no_show_minutes": 30})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "no_show_minutes")
    assert (await service.as_(CLERK).put(path, json=policy)).status_code == 403
    elsewhere = "/v1/service-points/410402-HALL/hall-policy"
    assert (await manager.put(elsewhere, json=policy)).status_code == 403


async def test_each_group_has_its_own_letter_and_numbers_are_unique_in_the_hall(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    point = {
        "code": HALL,
        "name": "叶县政务服务中心",
        "kind": "county_hall",
        "division": "410422000000",
        "hours": {},
        "always_open": False,
        "groups": [{"code": f"group_{n:02d}", "capacity": 1, "windows": [f"{n}号窗口"]} for n in range(30)],
    }
    async with sessions.begin() as session:
        await load_points(session, [point])
    drawn = await asyncio.gather(
        *(draw(service, f"p_{n}_{times}", group=f"group_{n:02d}") for n in range(30) for times in range(2))
    )
    numbers = [ticket["number"] for ticket in drawn]
    assert len(set(numbers)) == 60
    async with sessions() as session:
        letters = set(await session.scalars(select(group_letter.c.letter)))
    assert len(letters) == 31
    assert {"Z", "AA", "AE"} <= letters


async def test_a_person_sees_their_numbers_of_the_day_and_may_give_one_up(
    service: Clients, hall: str
) -> None:
    booked = await book(service, CITIZEN)
    ticket = (await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})).json()
    phone = service.as_(CITIZEN)
    assert [mine["number"] for mine in (await phone.get("/v1/tickets")).json()] == [ticket["number"]]
    stranger = await service.as_(OTHER_CITIZEN).post(f"/v1/tickets/{ticket['id']}/leave")
    assert stranger.status_code == 404
    left = (await phone.post(f"/v1/tickets/{ticket['id']}/leave")).json()
    assert (left["status"], left["closing"]) == ("closed", "left")
    assert (await phone.get(f"/v1/appointments/{booked['id']}")).json()["status"] == "unserved"


async def test_who_was_called_cannot_leave_the_queue(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    answer = await service.as_(citizen("p_1")).post(f"/v1/tickets/{ticket['id']}/leave")
    assert answer.status_code == 409
    assert "请到窗口办理" in answer.json()["detail"]


async def test_a_number_without_any_item_is_malformed(service: Clients, hall: str) -> None:
    body = {"service_point": HALL, "group": "business", "person_id": "p_1"}
    answer = await service.as_(CLERK).post("/v1/tickets", json=body)
    assert answer.status_code == 422
    assert "item_code" in answer.text
