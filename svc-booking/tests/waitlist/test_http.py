"""Waiting for a place, over HTTP on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from booking_city import ADMIN, ITEM, book, miscounted, person, resize, rule, run_out, slots, told

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, FixedClock

QUARTER = timedelta(minutes=15)


@pytest.fixture
async def full(service: Clients, hall: str, sessions: Sessions) -> dict[str, Any]:
    """Return an appointment that has a slot's only place."""
    slot_id = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    await resize(sessions, slot_id, 1)
    booked: dict[str, Any] = (await book(service.as_(person("first")), slot_id)).json()
    return booked


async def wait(service: Clients, slot_id: str, who: str, **more: Any) -> httpx.Response:
    return await service.as_(person(who)).post("/v1/waitlist-entries", json={"slot_id": slot_id, **more})


async def standing(service: Clients, who: str) -> dict[str, Any]:
    listed = (await service.as_(person(who)).get("/v1/waitlist-entries")).json()
    entry: dict[str, Any] = listed["items"][0]
    return entry


async def cancel(service: Clients, booked: dict[str, Any]) -> None:
    answer = await service.as_(person("first")).post(f"/v1/appointments/{booked['id']}/cancellation")
    assert answer.status_code == 200, answer.text


async def test_a_cancelled_place_goes_to_who_waited_longest_and_to_nobody_else(
    service: Clients, full: dict[str, Any], sessions: Sessions
) -> None:
    for who in ("a", "b"):
        assert (await wait(service, full["slot_id"], who)).status_code == 201
    assert (await standing(service, "b"))["ahead"] == 1
    await cancel(service, full)
    # The place was never free for all: the offer is in the cancellation's own transaction.
    assert (await book(service.as_(person("quick")), full["slot_id"])).status_code == 409
    offer = await standing(service, "a")
    assert (offer["status"], offer["offered_until"]) == ("offered", "2026-03-04T09:15:00+08:00")
    [event] = await told(sessions, "booking.waitlist.offered.v1")
    assert (event["person_id"], event["hold_id"]) == ("p_a", offer["hold_id"])
    order = {"hold_id": offer["hold_id"], "item_code": ITEM}
    assert (await service.as_(person("b")).post("/v1/appointments", json=order)).status_code == 404
    assert (await service.as_(person("a")).post("/v1/appointments", json=order)).status_code == 201
    assert (await standing(service, "a"))["status"] == "accepted"
    assert await miscounted(sessions) == []


async def test_an_offer_not_taken_goes_to_the_next(
    service: Clients, full: dict[str, Any], sessions: Sessions, clock: FixedClock
) -> None:
    for who in ("a", "b"):
        await wait(service, full["slot_id"], who)
    await cancel(service, full)
    assert await run_out(sessions, clock, QUARTER) == 1
    assert (await standing(service, "a"))["status"] == "lapsed"
    assert (await standing(service, "b"))["status"] == "offered"
    assert [event["person_id"] for event in await told(sessions, "booking.waitlist.lapsed.v1")] == ["p_a"]
    # Nobody else waits: when this offer runs out too, the place is for all.
    assert await run_out(sessions, clock, QUARTER) == 1
    assert (await book(service.as_(person("c")), full["slot_id"])).status_code == 201
    assert await miscounted(sessions) == []


async def test_who_declines_an_offer_makes_room_for_the_next(
    service: Clients, full: dict[str, Any], sessions: Sessions
) -> None:
    for who in ("a", "b"):
        await wait(service, full["slot_id"], who)
    await cancel(service, full)
    entry = await standing(service, "a")
    left = await service.as_(person("a")).post(f"/v1/waitlist-entries/{entry['id']}/cancellation")
    assert left.json()["status"] == "cancelled"
    assert (await standing(service, "b"))["status"] == "offered"
    assert await miscounted(sessions) == []


async def test_more_capacity_is_offered_to_all_who_fit_in_order(
    service: Clients, full: dict[str, Any], sessions: Sessions
) -> None:
    for who, size in (("a", 3), ("b", 1), ("c", 1)):
        await wait(service, full["slot_id"], who, party_size=size)
    changed = await service.as_(ADMIN).put(f"/v1/slots/{full['slot_id']}/capacity", json={"capacity": 3})
    assert changed.status_code == 200, changed.text
    found = [(await standing(service, who))["status"] for who in ("a", "b", "c")]
    # Two places came: a party of three is passed over, the two after it get them.
    assert found == ["waiting", "offered", "offered"]
    assert await miscounted(sessions) == []


async def test_waiting_is_for_full_slots_once_a_person_and_up_to_a_limit(
    service: Clients, hall: str, full: dict[str, Any]
) -> None:
    free = (await slots(service.as_(CITIZEN), hall))[3]["slot_id"]
    assert (await wait(service, free, "a")).json()["type"] == "/problems/waitlist-not-needed"
    assert (await wait(service, full["slot_id"], "a")).status_code == 201
    assert (await wait(service, full["slot_id"], "a")).json()["type"] == "/problems/already-waiting"
    await rule(service, waitlist_size=1)
    refused = (await wait(service, full["slot_id"], "b")).json()
    assert (refused["type"], refused["rule"]) == ("/problems/waitlist-full", "waitlist_size")


async def test_cancelling_many_at_once_gives_each_place_to_one_who_waits(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    slot_id = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    booked = [(await book(service.as_(person(f"h{number}")), slot_id)).json() for number in range(3)]
    for number in range(5):
        await wait(service, slot_id, f"w{number}")
    await asyncio.gather(
        *(
            service.as_(person(f"h{number}")).post(f"/v1/appointments/{one['id']}/cancellation")
            for number, one in enumerate(booked)
        )
    )
    found = [(await standing(service, f"w{number}"))["status"] for number in range(5)]
    assert found == ["offered"] * 3 + ["waiting"] * 2
    assert await miscounted(sessions) == []
