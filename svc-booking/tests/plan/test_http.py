"""Planning over HTTP: calendars, exceptions, capacity, rules, quotas."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from booking_city import ADMIN, GROUP, ITEM, book, miscounted, person, resize, rule, slots
from sqlalchemy import select

from lib_audit import records, verify_chain
from lib_db import Sessions
from lib_testing import CITIZEN, PUBLIC, Clients, FixedClock, staff
from svc_booking.database import AUDIT
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import slot

TOMORROW = "2026-03-05"
CLERK = staff("s_clerk", "clerk", points=("410422-HALL",))
MANAGER = staff("s_manager", "hall_manager", points=("410422-HALL",))


async def exception(service: Clients, hall: str, **body: Any) -> httpx.Response:
    path = f"/v1/service-points/{hall}/exceptions/{TOMORROW}"
    return await service.as_(MANAGER).put(path, json={"reason": "设备检修", **body})


async def starts(service: Clients, hall: str, day: str = TOMORROW) -> list[str]:
    return [
        found["starts_at"][11:16]
        for found in await slots(service.as_(PUBLIC), hall)
        if found["starts_at"].startswith(day)
    ]


async def test_a_day_that_closes_keeps_and_flags_slots_with_bookings_and_closes_the_others(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    last = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    booked = (await book(service.as_(CITIZEN), last)).json()
    closed = (await exception(service, hall, kind="closed")).json()
    assert (closed["closed"], closed["flagged"]) == (13, [last])
    assert await starts(service, hall) == []
    refused = await book(service.as_(person("b")), last)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/booking-closed")
    flagged = (await service.as_(CLERK).get(f"/v1/service-points/{hall}/flagged-slots")).json()
    assert [(row["slot_id"], row["taken"]) for row in flagged["items"]] == [(last, 1)]
    assert (await service.as_(CITIZEN).get(f"/v1/appointments/{booked['id']}")).json()["status"] == "booked"
    opened = await service.as_(MANAGER).delete(f"/v1/service-points/{hall}/exceptions/{TOMORROW}")
    assert opened.json()["opened"] == 13
    assert len(await starts(service, hall)) == 13
    assert await miscounted(sessions) == []


async def test_other_and_longer_hours_make_slots_at_once_and_longer_ones_count_as_extended(
    service: Clients, hall: str
) -> None:
    await exception(service, hall, kind="other_hours", periods=[["10:00", "11:00"]])
    assert await starts(service, hall) == ["10:00", "10:30"]
    await exception(service, hall, kind="extended_hours", periods=[["17:00", "18:00"]])
    assert (await starts(service, hall))[-2:] == ["17:00", "17:30"]
    late = (await slots(service.as_(CITIZEN), hall))[-1]
    assert late["is_extended"]
    assert (await book(service.as_(CITIZEN), late["slot_id"])).json()["is_extended"]
    shown = (
        await service.as_(PUBLIC).get(f"/v1/service-points/{hall}/opening?from={TOMORROW}&days=1")
    ).json()
    assert shown["items"][0]["extended_slots"] == ["17:00:00", "17:30:00"]


async def test_a_local_holiday_reaches_all_points_with_the_next_duty(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    path = f"/v1/calendars/410400000000/days/{TOMORROW}"
    body = {"kind": "holiday", "name": "本地假日"}
    assert (await service.as_(MANAGER).put(path, json=body)).status_code == 403
    assert (await service.as_(ADMIN).put(path, json=body)).json()["source"] == "local"
    assert await make_slots_ahead(sessions, clock) > 0
    assert await starts(service, hall) == []
    # The day after is the next opening day now.
    assert len(await starts(service, hall, "2026-03-06")) == 13
    assert (await service.as_(ADMIN).delete(path)).status_code == 204
    await make_slots_ahead(sessions, clock)
    assert len(await starts(service, hall)) == 13


async def test_a_year_without_a_published_arrangement_is_flagged(service: Clients, hall: str) -> None:
    client = service.as_(PUBLIC)
    found = {
        year: (await client.get(f"/v1/calendars/410400000000?year={year}")).json() for year in (2026, 2027)
    }
    assert {year: calendar["source"] for year, calendar in found.items()} == {
        2026: "official",
        2027: "by_rule",
    }
    assert {day["source"] for day in found[2027]["days"]} == {"by_rule"}
    shown = (await client.get(f"/v1/service-points/{hall}/opening?from=2027-10-01&days=1")).json()
    assert (shown["items"][0]["is_open"], shown["items"][0]["source"]) == (False, "by_rule")
    assert {free["calendar_source"] for free in await slots(client, hall)} == {"official"}


async def test_capacity_never_goes_below_what_is_taken(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    last = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    for number in range(2):
        await book(service.as_(person(number)), last)
    client = service.as_(MANAGER)
    refused = (await client.put(f"/v1/slots/{last}/capacity", json={"capacity": 1})).json()
    assert (refused["type"], refused["smallest"]) == ("/problems/capacity-below-taken", 2)
    assert (await client.put(f"/v1/slots/{last}/capacity", json={"capacity": 2})).status_code == 200
    path = f"/v1/service-points/{hall}/groups/{GROUP}/capacity"
    resized = (await client.put(path, json={"capacity": 1})).json()
    assert resized["kept_above"] == [last]
    async with sessions() as session:
        found = set(
            await session.scalars(select(slot.c.capacity).where(slot.c.service_point == hall).distinct())
        )
    assert {1, 2} <= found
    assert await miscounted(sessions) == []
    stranger = staff("s_other", "hall_manager", points=("410402-HALL",))
    assert (await service.as_(stranger).put(path, json={"capacity": 9})).status_code == 403


async def test_places_kept_for_the_green_channel_are_for_all_shortly_before(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    await rule(service, green_share=0.34, release_before=3600)
    await make_slots_ahead(sessions, clock)
    last = (await slots(service.as_(CITIZEN), hall))[-1]
    assert last["free"] == 2
    for number in range(2):
        assert (await book(service.as_(person(number)), last["slot_id"])).status_code == 201
    refused = (await book(service.as_(person("c")), last["slot_id"])).json()
    assert (refused["type"], refused["possible_at"]) == ("/problems/quota-full", "2026-03-05T15:30:00+08:00")
    assert refused["alternatives"]
    green = await book(service.as_(person("old")), last["slot_id"], is_green=True)
    assert (green.status_code, green.json()["is_green"]) == (201, True)
    await service.as_(person("old")).post(f"/v1/appointments/{green.json()['id']}/cancellation")
    assert (await book(service.as_(person("c")), last["slot_id"])).status_code == 409
    clock.set(clock.now() + timedelta(days=1, hours=6, minutes=30))
    assert (await book(service.as_(person("c")), last["slot_id"])).status_code == 201
    assert await miscounted(sessions) == []


async def test_quotas_set_on_slots_with_bookings_count_these(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    last = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    await book(service.as_(person(1)), last, is_green=True)
    await book(service.as_(person(2)), last)
    await rule(service, green_share=0.34, channel_shares={"bank": 0.34})
    await make_slots_ahead(sessions, clock)
    assert await miscounted(sessions) == []
    # The green place is used and one is kept for the bank: nothing is left for the mobile app.
    assert (await book(service.as_(person(3)), last)).json()["type"] == "/problems/quota-full"


async def test_rules_are_data_in_layers_and_each_refusal_names_its_rule(service: Clients, hall: str) -> None:
    await rule(service, per_day=1, largest_party=2, opens_at="10:00")
    last = (await slots(service.as_(CITIZEN), hall))[-1]
    assert last["starts_at"].startswith("2026-03-04"), "tomorrow opens at ten"
    await rule(service, per_day=1, largest_party=2, opens_at="08:00")
    client = service.as_(CITIZEN)
    last = (await slots(client, hall))[-1]["slot_id"]
    large = (await book(client, last, party_size=3)).json()
    assert (large["type"], large["rule"], large["most"]) == ("/problems/party-too-large", "largest_party", 2)
    assert (await book(client, last, party_size=2)).json()["party_size"] == 2
    effective = (await client.get(f"/v1/service-points/{hall}/booking-rule?group={GROUP}")).json()
    assert effective["values"]["opens_at"] == "08:00"
    [layer] = (await service.as_(CLERK).get("/v1/booking-rules")).json()["items"]
    assert (await service.as_(ADMIN).delete(f"/v1/booking-rules/{layer['id']}")).status_code == 204
    assert (await service.as_(CLERK).put("/v1/booking-rules", json={})).status_code == 403


@pytest.mark.parametrize(
    "values", [{"per_day": 0}, {"green_share": 0.6, "channel_shares": {"bank": 0.5}}, {"unknown": 1}]
)
async def test_senseless_rules_are_refused(service: Clients, values: dict[str, Any]) -> None:
    body = {"scope": {"city": "410400000000"}, "values": values}
    assert (await service.as_(ADMIN).put("/v1/booking-rules", json=body)).status_code == 422


async def test_every_change_by_staff_is_on_the_audit_trail(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    last = (await slots(service.as_(CITIZEN), hall))[-1]["slot_id"]
    order = {"slot_id": last, "item_code": ITEM, "person_id": "p_visitor"}
    booked = (await service.as_(CLERK).post("/v1/appointments", json=order)).json()
    listed = await service.as_(CLERK).get("/v1/appointments", params={"person_id": "p_visitor"})
    assert [row["id"] for row in listed.json()["items"]] == [booked["id"]]
    await service.as_(CLERK).post(f"/v1/appointments/{booked['id']}/cancellation")
    await exception(service, hall, kind="closed")
    await resize(sessions, last, 1)
    async with sessions() as session:
        noted = [(record.actor, record.action) for record in await records(session, AUDIT)]
        assert (await verify_chain(session, AUDIT)).is_whole
    assert noted == [
        ("s_clerk", "appointment.book"),
        ("s_clerk", "appointment.read"),
        ("s_clerk", "appointment.cancel"),
        ("s_manager", "exception.set"),
    ]
    other = staff("s_other", "clerk", points=("410402-HALL",))
    assert (await service.as_(other).post("/v1/appointments", json=order)).status_code == 403
    unnamed = await service.as_(CLERK).post("/v1/appointments", json={"slot_id": last, "item_code": ITEM})
    assert unnamed.status_code == 403
