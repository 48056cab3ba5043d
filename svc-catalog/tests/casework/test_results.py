"""The licences of a bundle: each department's own, kept with the application, delivered with the last."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from catalog_cases import CLERK, FIRE, FIRE_OFFICER, MARKET, OFFICER, kinds, step, submitted
from sqlalchemy import select

from lib_contracts.catalog import ApplicationApproved
from lib_contracts.license import LicenseIssued
from lib_db import Sessions
from lib_messaging import InboxProcessor, wrap
from lib_testing import CITIZEN, Clients, FixedClock
from lib_web import Caller, CallerKind
from svc_catalog.application.consumers import keep_license
from svc_catalog.database import MESSAGES
from svc_catalog.uow import CatalogUnitOfWork

FORM = {"operator_name": "李记", "area": 80}
LICENSE_SERVICE = Caller(CallerKind.SERVICE, "svc-license", "internal")


async def approved_bundle(service: Clients, **changes: Any) -> dict[str, Any]:
    """Return a bundle's application that both departments granted."""
    shop = {"bundle_code": "open-shop", "item_code": None, "form": FORM, **changes}
    filed = await submitted(service, **shop)
    path = f"applications/{filed['id']}"
    await step(service, CLERK, f"{path}/acceptance")
    await step(service, FIRE_OFFICER, f"{path}/approval")
    return await step(service, OFFICER, f"{path}/approval")


async def tell(
    sessions: Sessions, clock: FixedClock, done: dict[str, Any], kind: str, times: int = 1
) -> None:
    """Tell that a licence of a kind was issued."""
    event = LicenseIssued(
        license_id=uuid4(),
        license_number=f"N-{kind}",
        license_type=kind,
        license_name=f"证照 {kind}",
        person_id=CITIZEN.subject,
        application_id=UUID(done["id"]),
        issued_at=datetime(2026, 3, 4, tzinfo=UTC),
    )
    envelope = wrap(event, source="svc-license", now=clock.now())
    processor = InboxProcessor(keep_license.given(clock=clock), lambda: CatalogUnitOfWork(sessions))
    for _ in range(times):
        await processor.process(envelope)


async def shown(service: Clients, done: dict[str, Any]) -> dict[str, Any]:
    """Return the application as the citizen sees it."""
    found: dict[str, Any] = (await service.as_(CITIZEN).get(f"/v1/applications/{done['id']}")).json()
    return found


async def test_the_approval_names_the_licence_of_each_department(
    service: Clients, sessions: Sessions
) -> None:
    await approved_bundle(service)
    async with sessions() as session:
        wanted = MESSAGES.outbox.c.type == ApplicationApproved.type
        envelope = await session.scalar(select(MESSAGES.outbox.c.envelope).where(wanted))
    assert envelope is not None
    event = ApplicationApproved.model_validate(json.loads(envelope)["data"])
    assert {(each.license_type, each.department) for each in event.results} == {
        ("LT1", MARKET),
        ("LT2", FIRE),
    }


async def test_each_licence_says_what_its_own_item_asked(service: Clients) -> None:
    done = await approved_bundle(service)
    client = service.as_(LICENSE_SERVICE, issuer="svc-license")
    path = f"/v1/applications/{done['id']}/license-subject"
    said = {}
    for kind in ("LT1", "LT2"):
        subject = (await client.get(path, params={"license_type": kind})).json()
        said[kind] = (subject["license_type"], subject["department"], subject["fields"])
    assert said == {
        "LT1": ("LT1", MARKET, {"operator_name": "李记"}),
        "LT2": ("LT2", FIRE, {"area": "80"}),
    }
    assert (await client.get(path, params={"license_type": "LT3"})).status_code == 404
    assert (await client.get(path)).json()["license_type"] == "LT2"  # As the release before asks.


async def test_a_bundle_is_delivered_with_its_last_licence_however_often_each_is_told(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    done = await approved_bundle(service)
    assert {(each["license_type"], each["license_number"]) for each in done["results"]} == {
        ("LT1", None),
        ("LT2", None),
    }
    await tell(sessions, clock, done, "LT2", times=2)
    await tell(sessions, clock, done, "LT2")
    half = await shown(service, done)
    assert (half["status"], half["steps"][-1]["note"]) == ("approved", "电子证照“证照 LT2”已签发：N-LT2")
    assert len(half["steps"]) == len(done["steps"]) + 1
    await tell(sessions, clock, done, "LT1", times=2)
    whole = await shown(service, done)
    assert (whole["status"], whole["steps"][-1]["note"]) == ("delivered", "电子证照 N-LT2、N-LT1")
    assert {(each["item_name"], each["license_number"]) for each in whole["results"]} == {
        ("食品经营许可（新办）", "N-LT1"),
        ("公众聚集场所消防安全检查", "N-LT2"),
    }
    assert (await kinds(sessions)).count("catalog.application.delivered.v1") == 1


async def test_licences_told_at_once_deliver_once(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    done = await approved_bundle(service)
    await asyncio.gather(*(tell(sessions, clock, done, kind) for kind in ("LT1", "LT2", "LT1", "LT2")))
    assert (await shown(service, done))["status"] == "delivered"
    assert (await kinds(sessions)).count("catalog.application.delivered.v1") == 1


async def test_who_wants_paper_sees_the_licences_and_fetches_the_paper(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    done = await approved_bundle(service, delivery="pickup")
    for kind in ("LT1", "LT2"):
        await tell(sessions, clock, done, kind)
    found = await shown(service, done)
    assert found["status"] == "approved"
    assert [step["note"] for step in found["steps"][-2:]] == [
        "电子证照“证照 LT1”已签发：N-LT1",
        "电子证照“证照 LT2”已签发：N-LT2",
    ]
