"""What was begun at a bank stays that bank's, through every later event."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import hall_people
from booking_city import ITEM, book, person, resize, run_out, slots, told

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, FixedClock
from lib_web import Caller


def at_bank(who: Caller, partner: str = "psbc") -> Caller:
    return replace(who, channel="bank", partner=partner, consent="c-1")


async def partners(sessions: Sessions, kind: str) -> list[str | None]:
    return [event["partner"] for event in await told(sessions, kind)]


async def test_an_appointment_made_at_a_bank_is_its_own_and_nobody_elses(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    free = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    await book(service.as_(at_bank(person("a"))), free)
    await book(service.as_(at_bank(person("b"), "ccb")), free)
    await book(service.as_(person("c")), free)
    assert await partners(sessions, "booking.appointment.booked.v1") == ["psbc", "ccb", None]


async def test_later_events_name_the_bank_also_when_the_person_acts_elsewhere(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    found = await slots(service.as_(CITIZEN), hall)
    booked = (await book(service.as_(at_bank(CITIZEN)), found[-1]["slot_id"])).json()
    path = f"/v1/appointments/{booked['id']}"
    moved = {"slot_id": found[-2]["slot_id"]}
    assert (await service.as_(CITIZEN).post(f"{path}/rescheduling", json=moved)).status_code == 200
    assert (await service.as_(CITIZEN).post(f"{path}/cancellation")).status_code == 200
    for kind in ("rescheduled", "cancelled"):
        assert await partners(sessions, f"booking.appointment.{kind}.v1") == ["psbc"]


async def test_the_queue_number_of_a_banks_appointment_names_it_and_a_walk_in_names_nobody(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    await hall_people.book(service, at_bank(CITIZEN))
    arrived = await service.as_(hall_people.at_kiosk(CITIZEN)).post("/v1/check-ins", json={})
    assert arrived.status_code == 201, arrived.text
    await hall_people.draw(service, "p_walk_in")
    await hall_people.serve(service)
    await hall_people.serve(service)
    assert await partners(sessions, "booking.appointment.checked_in.v1") == ["psbc"]
    for kind in ("drawn", "called", "finished"):
        assert await partners(sessions, f"booking.ticket.{kind}.v1") == ["psbc", None]


async def test_a_place_a_bank_held_or_waited_for_is_booked_as_the_banks(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    slot_id = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    await resize(sessions, slot_id, 1)
    first = (await book(service.as_(person("first")), slot_id)).json()
    for who in ("a", "b"):
        waiting = service.as_(at_bank(person(who)))
        assert (await waiting.post("/v1/waitlist-entries", json={"slot_id": slot_id})).status_code == 201
    await service.as_(person("first")).post(f"/v1/appointments/{first['id']}/cancellation")
    await run_out(sessions, clock, timedelta(minutes=15))
    [_, offer] = await told(sessions, "booking.waitlist.offered.v1")
    assert offer["partner"] == "psbc"
    assert await partners(sessions, "booking.waitlist.lapsed.v1") == ["psbc"]
    order: dict[str, Any] = {"hold_id": offer["hold_id"], "item_code": ITEM}
    assert (await service.as_(person("b")).post("/v1/appointments", json=order)).status_code == 201
    assert await partners(sessions, "booking.appointment.booked.v1") == [None, "psbc"]
