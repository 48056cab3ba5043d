"""Holding places, over HTTP on a real database."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from booking_city import ITEM, book, miscounted, person, resize, rule, run_out, slots

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_booking.uow import BookingUnitOfWork
from svc_booking.waitlist.duties import expire_holds

FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
async def last(service: Clients, hall: str, sessions: Sessions) -> str:
    """Return a slot with one place."""
    slot_id: str = (await slots(service.as_(CITIZEN), hall))[5]["slot_id"]
    await resize(sessions, slot_id, 1)
    return slot_id


async def held(service: Clients, slot_id: str, who: str = "a") -> str:
    answer = await service.as_(person(who)).post("/v1/holds", json={"slot_id": slot_id})
    assert answer.status_code == 201, answer.text
    hold_id: str = answer.json()["id"]
    return hold_id


async def test_a_held_place_is_nobody_elses_until_it_is_confirmed(
    service: Clients, last: str, sessions: Sessions
) -> None:
    hold_id = await held(service, last)
    refused = await book(service.as_(person("b")), last)
    assert refused.json()["type"] == "/problems/slot-full"
    order = {"hold_id": hold_id, "item_code": ITEM}
    booked = await service.as_(person("a")).post("/v1/appointments", json=order)
    assert booked.status_code == 201, booked.text
    assert booked.json()["slot_id"] == last
    assert await miscounted(sessions) == []


async def test_two_confirmations_of_one_hold_make_one_appointment(
    service: Clients, last: str, sessions: Sessions
) -> None:
    hold_id = await held(service, last)
    client = service.as_(person("a"))
    order = {"hold_id": hold_id, "item_code": ITEM}
    answers = await asyncio.gather(*(client.post("/v1/appointments", json=order) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert await miscounted(sessions) == []


async def test_expiry_and_confirmation_at_once_give_the_place_to_one(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    """The service confirms while its clock says there is time; a worker with a later clock lets it expire."""
    found = await slots(service.as_(CITIZEN), hall)
    later = FixedClock(clock.now() + FIVE_MINUTES)
    for number, free in enumerate(found[3:11]):
        await resize(sessions, free["slot_id"], 1)
        hold_id = await held(service, free["slot_id"], f"r{number}")
        order = {"hold_id": hold_id, "item_code": ITEM}
        confirmed, expired = await asyncio.gather(
            service.as_(person(f"r{number}")).post("/v1/appointments", json=order),
            expire_holds(lambda: BookingUnitOfWork(sessions), later),
        )
        assert (confirmed.status_code, expired) in [(201, 0), (409, 1)], confirmed.text
    assert await miscounted(sessions) == []


async def test_a_hold_runs_out_by_itself_and_cannot_be_confirmed_any_more(
    service: Clients, last: str, sessions: Sessions, clock: FixedClock
) -> None:
    hold_id = await held(service, last)
    assert await run_out(sessions, clock, FIVE_MINUTES - timedelta(seconds=1)) == 0
    assert await run_out(sessions, clock, timedelta(seconds=1)) == 1
    order = {"hold_id": hold_id, "item_code": ITEM}
    refused = await service.as_(person("a")).post("/v1/appointments", json=order)
    assert refused.json()["type"] == "/problems/hold-over"
    assert (await book(service.as_(person("b")), last)).status_code == 201
    assert await miscounted(sessions) == []


async def test_a_hold_that_ran_out_is_given_away_even_when_no_worker_runs(
    service: Clients, last: str, sessions: Sessions, clock: FixedClock
) -> None:
    await held(service, last)
    clock.advance(FIVE_MINUTES)
    assert (await book(service.as_(person("b")), last)).status_code == 201
    assert await miscounted(sessions) == []


async def test_a_released_place_is_free_at_once(service: Clients, last: str, sessions: Sessions) -> None:
    hold_id = await held(service, last)
    stranger = await service.as_(person("b")).post(f"/v1/holds/{hold_id}/release")
    assert stranger.status_code == 404
    released = await service.as_(person("a")).post(f"/v1/holds/{hold_id}/release")
    assert released.json()["status"] == "released"
    assert (await book(service.as_(person("b")), last)).status_code == 201
    assert await miscounted(sessions) == []


async def test_twenty_people_race_to_hold_one_place(service: Clients, last: str, sessions: Sessions) -> None:
    answers = await asyncio.gather(
        *(service.as_(person(number)).post("/v1/holds", json={"slot_id": last}) for number in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await miscounted(sessions) == []


async def test_many_holds_from_one_person_or_device_are_refused_with_when(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    found = await slots(service.as_(CITIZEN), hall)
    first, second, third = (free["slot_id"] for free in found[5:8])
    await held(service, first)
    await held(service, second)
    refused = await service.as_(person("a")).post("/v1/holds", json={"slot_id": third})
    problem = refused.json()
    assert (problem["type"], problem["rule"]) == ("/problems/too-many-holds", "holds")
    assert problem["possible_at"] == "2026-03-04T09:05:00+08:00"
    await rule(service, holds_a_device=1)
    answers = [
        await service.as_(person(f"d{number}")).post(
            "/v1/holds", json={"slot_id": third, "device_id": "one-phone"}
        )
        for number in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 409]


async def test_a_repeated_hold_request_holds_once(service: Clients, hall: str, sessions: Sessions) -> None:
    slot_id = (await slots(service.as_(CITIZEN), hall))[5]["slot_id"]
    key = {"Idempotency-Key": uuid4().hex}
    answers = [
        await service.as_(CITIZEN).post("/v1/holds", json={"slot_id": slot_id}, headers=key) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    seen = await service.as_(CITIZEN).get(f"/v1/holds/{answers[0].json()['id']}")
    assert seen.json()["status"] == "held"
    assert (await service.as_(OTHER_CITIZEN).get(f"/v1/holds/{answers[0].json()['id']}")).status_code == 404
    assert await miscounted(sessions) == []
