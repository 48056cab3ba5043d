"""Results on paper over HTTP and by the carrier."""

from datetime import timedelta

import httpx
from catalog_cases import ADDRESS, BODY, CLERK, OFFICER, PLAIN, STRANGER, approved, kinds, step, submitted

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_catalog.delivery.carriers import HttpCarrier, NoCarrier
from svc_catalog.handover.duties import follow_parcels
from svc_catalog.uow import CatalogUnitOfWork


async def test_a_result_is_handed_over_against_the_code(service: Clients, sessions: Sessions) -> None:
    done = await approved(service, PLAIN, delivery="pickup")
    assert done["status"] == "approved"
    path = f"applications/{done['id']}/delivery"
    assert (await service.as_(OTHER_CITIZEN).post(f"/v1/{path}/pickup-code")).status_code == 404
    code = (await step(service, CITIZEN, f"{path}/pickup-code"))["code"]
    wrong = {"code": f"{(int(code) + 1) % 10**6:06d}"}
    assert (await service.as_(CLERK).post(f"/v1/{path}/pickup", json=wrong)).status_code == 403
    assert (await service.as_(STRANGER).post(f"/v1/{path}/pickup", json={"code": code})).status_code == 403
    handed = await step(service, CLERK, f"{path}/pickup", {"code": code})
    assert handed["status"] == "delivered"
    assert (await kinds(sessions))[-1] == "catalog.application.delivered.v1"


async def test_guessing_the_code_locks_it_until_the_applicant_fetches_a_new_one(service: Clients) -> None:
    done = await approved(service, PLAIN, delivery="pickup")
    path = f"applications/{done['id']}/delivery"
    code = (await step(service, CITIZEN, f"{path}/pickup-code"))["code"]
    wrong = {"code": f"{(int(code) + 1) % 10**6:06d}"}
    client = service.as_(CLERK)
    assert [(await client.post(f"/v1/{path}/pickup", json=wrong)).status_code for _ in range(5)] == [403] * 5
    locked = await client.post(f"/v1/{path}/pickup", json={"code": code})
    assert (locked.status_code, locked.json()["type"]) == (409, "/problems/pickup-locked")
    fresh = (await step(service, CITIZEN, f"{path}/pickup-code"))["code"]
    assert (await step(service, CLERK, f"{path}/pickup", {"code": fresh}))["status"] == "delivered"


async def test_a_parcel_is_followed_until_it_arrives(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    done = await approved(service, PLAIN, delivery="post", address=ADDRESS)
    path = f"applications/{done['id']}/delivery"
    label = await step(service, OFFICER, f"{path}/label")
    assert label["address"]["receiver"] == "李明"
    sent = await step(service, OFFICER, f"{path}/parcel", {"carrier": "ems", "tracking_number": "EA123CN"})
    assert sent["status"] == "sent"
    arrived = {"told": False}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/parcels/ems/EA123CN"
        return httpx.Response(200, json={"text": "已到达叶县", "delivered": arrived["told"]})

    carrier = HttpCarrier("http://post", httpx.MockTransport(answer))

    async def look() -> int:
        return await follow_parcels(lambda: CatalogUnitOfWork(sessions), sessions, carrier, clock)

    assert await follow_parcels(lambda: CatalogUnitOfWork(sessions), sessions, NoCarrier(), clock) == 0
    assert [await look(), await look()] == [0, 0]
    shown = (await service.as_(CITIZEN).get(f"/v1/{path}")).json()
    assert (shown["tracked"], shown["tracking_number"]) == ("已到达叶县", "EA123CN")
    arrived["told"] = True
    clock.advance(timedelta(minutes=31))
    assert [await look(), await look()] == [1, 0]
    assert (await kinds(sessions)).count("catalog.application.delivered.v1") == 1
    await carrier.aclose()


async def test_the_applicant_may_say_that_the_parcel_came(service: Clients) -> None:
    done = await approved(service, PLAIN, delivery="post", address=ADDRESS)
    path = f"applications/{done['id']}/delivery"
    assert (await service.as_(CITIZEN).post(f"/v1/{path}/receipt")).status_code == 409
    await step(service, OFFICER, f"{path}/parcel", {"carrier": "ems", "tracking_number": "EA123CN"})
    assert (await step(service, CITIZEN, f"{path}/receipt"))["status"] == "delivered"


async def test_post_needs_an_address_and_only_post(service: Clients) -> None:
    client = service.as_(CITIZEN)
    for changes in ({"delivery": "post"}, {"delivery": "pickup", "address": ADDRESS}):
        assert (await client.post("/v1/applications", json={**BODY, **changes})).status_code == 422
    filed = await submitted(service)
    assert (await client.get(f"/v1/applications/{filed['id']}/delivery")).status_code == 404
