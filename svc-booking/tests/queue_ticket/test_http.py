"""A hall's day over HTTP, on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_booking.database import MESSAGES

CLERK = staff("s_clerk", "clerk", points=("410422-HALL",))
STRANGER = staff("s_clerk_2", "clerk", points=("410402-HALL",))
CALLS = "/v1/service-points/410422-HALL/windows/1号窗口/calls"
OTHER_CALLS = "/v1/service-points/410422-HALL/windows/2号窗口/calls"


def at_kiosk(person: Caller) -> Caller:
    """Return the citizen at the hall's terminal."""
    return Caller(
        CallerKind.CITIZEN, person.subject, "kiosk", points=frozenset({"410422-HALL"}), device="K001"
    )


async def book(service: Clients, hall: str, person: Caller, index: int = 1) -> dict[str, Any]:
    client = service.as_(person)
    slots = (await client.get(f"/v1/service-points/{hall}/slots", params={"group": "business"})).json()[
        "items"
    ]
    order = {"slot_id": slots[index]["slot_id"], "item_code": "410131016000"}
    answer: dict[str, Any] = (await client.post("/v1/appointments", json=order)).json()
    return answer


async def draw(service: Clients, person: str, **more: Any) -> dict[str, Any]:
    body = {
        "service_point": "410422-HALL",
        "group": "business",
        "item_code": "410131016000",
        "person_id": person,
        **more,
    }
    answer = await service.as_(CLERK).post("/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_from_check_in_to_finish(service: Clients, hall: str, sessions: Sessions) -> None:
    booked = await book(service, hall, CITIZEN)
    kiosk = service.as_(at_kiosk(CITIZEN))
    arrived = await kiosk.post("/v1/check-ins", json={"appointment_id": booked["id"]})
    assert arrived.status_code == 201, arrived.text
    ticket = arrived.json()
    assert (ticket["number"], ticket["status"], ticket["priority"]) == ("A001", "waiting", "booked")

    clerk = service.as_(CLERK)
    called = (await clerk.post(CALLS)).json()
    assert (called["id"], called["status"], called["window"]) == (ticket["id"], "called", "1号窗口")
    board = (await service.as_(PUBLIC).get(f"/v1/service-points/{hall}/board")).json()
    [shown] = board["calls"]
    assert (shown["number"], shown["window"], shown["status"]) == ("A001", "1号窗口", "called")
    assert board["groups"] == [{"group": "business", "name": "business", "waiting": 0}]

    assert (await clerk.post(f"/v1/tickets/{ticket['id']}/start")).json()["status"] == "serving"
    assert (await clerk.post(f"/v1/tickets/{ticket['id']}/finish")).json()["status"] == "finished"
    done = (await service.as_(CITIZEN).get(f"/v1/appointments/{booked['id']}")).json()
    assert done["status"] == "completed"
    async with sessions() as session:
        kinds = list(await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq)))
    assert kinds == [
        "booking.appointment.booked.v1",
        "booking.ticket.drawn.v1",
        "booking.appointment.checked_in.v1",
        "booking.ticket.called.v1",
        "booking.ticket.finished.v1",
    ]


async def test_check_in_twice_or_as_another_person_is_refused(service: Clients, hall: str) -> None:
    booked = await book(service, hall, CITIZEN)
    body = {"appointment_id": booked["id"]}
    stranger = await service.as_(at_kiosk(OTHER_CITIZEN)).post("/v1/check-ins", json=body)
    assert stranger.json()["type"] == "/problems/appointment-not-found"
    kiosk = service.as_(at_kiosk(CITIZEN))
    assert (await kiosk.post("/v1/check-ins", json=body)).status_code == 201
    assert (await kiosk.post("/v1/check-ins", json=body)).json()["type"] == "/problems/illegal-move"


async def test_check_in_away_from_any_point_is_refused(service: Clients, hall: str) -> None:
    booked = await book(service, hall, CITIZEN)
    answer = await service.as_(CITIZEN).post("/v1/check-ins", json={"appointment_id": booked["id"]})
    assert answer.status_code == 403


async def test_check_in_long_before_the_slot_says_when_it_opens(service: Clients, hall: str) -> None:
    booked = await book(service, hall, CITIZEN, index=-1)
    answer = await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={"appointment_id": booked["id"]})
    assert answer.json()["type"] == "/problems/check-in-not-open"
    assert "opens" in answer.json()


async def test_booked_people_are_called_before_walk_ins(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    walk_in = await draw(service, "p_walk_in")
    clock.advance(timedelta(minutes=5))
    booked = await book(service, hall, CITIZEN)
    arrived = await service.as_(at_kiosk(CITIZEN)).post(
        "/v1/check-ins", json={"appointment_id": booked["id"]}
    )
    waiting = (await service.as_(CLERK).get(f"/v1/tickets/{walk_in['id']}")).json()
    assert waiting["ahead"] == 1
    first = (await service.as_(CLERK).post(CALLS)).json()
    second = (await service.as_(CLERK).post(OTHER_CALLS)).json()
    assert [first["id"], second["id"]] == [arrived.json()["id"], walk_in["id"]]


async def test_a_window_serves_one_number_at_a_time(service: Clients, hall: str) -> None:
    await draw(service, "p_1")
    await draw(service, "p_2")
    clerk = service.as_(CLERK)
    called = await asyncio.gather(*(clerk.post(CALLS) for _ in range(4)))
    assert sorted(answer.status_code for answer in called) == [201, 409, 409, 409]


async def test_two_windows_never_call_the_same_number(service: Clients, hall: str) -> None:
    await draw(service, "p_1")
    clerk = service.as_(CLERK)
    called = await asyncio.gather(clerk.post(CALLS), clerk.post(OTHER_CALLS))
    assert sorted(answer.status_code for answer in called) == [201, 404]


async def test_numbers_are_drawn_without_gaps_or_doubles(service: Clients, hall: str) -> None:
    drawn = await asyncio.gather(*(draw(service, f"p_{number}") for number in range(12)))
    assert sorted(ticket["number"] for ticket in drawn) == [f"A{n:03d}" for n in range(1, 13)]


async def test_a_skipped_number_comes_back(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1", is_green=True)
    clerk = service.as_(CLERK)
    await clerk.post(CALLS)
    assert (await clerk.post(f"/v1/tickets/{ticket['id']}/skip")).json()["status"] == "skipped"
    assert (await clerk.post(CALLS)).json()["type"] == "/problems/nobody-waiting"
    assert (await clerk.post(f"/v1/tickets/{ticket['id']}/return")).json()["status"] == "waiting"
    assert (await clerk.post(CALLS)).json()["id"] == ticket["id"]


async def test_a_clerk_of_another_hall_may_not_call_or_finish(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1")
    stranger = service.as_(STRANGER)
    assert (await stranger.post(CALLS)).status_code == 403
    await service.as_(CLERK).post(CALLS)
    assert (await stranger.post(f"/v1/tickets/{ticket['id']}/start")).status_code == 403


async def test_a_citizen_may_not_call(service: Clients, hall: str) -> None:
    assert (await service.as_(CITIZEN).post(CALLS)).status_code == 403


async def test_an_unknown_window_is_named(service: Clients, hall: str) -> None:
    answer = await service.as_(CLERK).post("/v1/service-points/410422-HALL/windows/9号窗口/calls")
    assert answer.status_code == 404
    assert "9号窗口" in answer.json()["detail"]
