"""Applications over HTTP and by events, on a real database."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lib_contracts.license import LicenseIssued
from lib_db import Sessions
from lib_messaging import InboxProcessor, wrap
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_catalog.application.consumers import keep_license
from svc_catalog.application.store import application
from svc_catalog.database import MESSAGES
from svc_catalog.delivery.store import delivery
from svc_catalog.item.domain import State
from svc_catalog.item.store import item
from svc_catalog.uow import CatalogUnitOfWork

MARKET = "114104000051846037"
CLERK = staff("s_clerk", "clerk", points=("410422-HALL",))
OFFICER = staff("s_officer", "officer", orgs=(MARKET,))
STRANGER = staff("s_other", "officer", "clerk", orgs=("other",))
LICENSE_SERVICE = Caller(CallerKind.SERVICE, "svc-license", "internal")

BODY = {
    "item_code": "410131016001",
    "service_point": "410422-HALL",
    "applicant": {"name": "李明", "id_number": "11010519491231002X", "phone": "13812345678"},
    "form": {"operator_name": "李记面馆"},
    "materials": [{"name": "申请书", "proof": "upload:1"}],
}


async def submitted(service: Clients, **changes: Any) -> dict[str, Any]:
    answer = await service.as_(CITIZEN).post("/v1/applications", json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approved(service: Clients) -> dict[str, Any]:
    filed = await submitted(service)
    await service.as_(CLERK).post(f"/v1/applications/{filed['id']}/acceptance")
    answer = await service.as_(OFFICER).post(f"/v1/applications/{filed['id']}/approval")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def kinds(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.type)
            .where(MESSAGES.outbox.c.type.like("catalog.application.%"))
            .order_by(MESSAGES.outbox.c.seq)
        )
        return list(rows)


async def test_from_submission_to_approval(service: Clients, sessions: Sessions) -> None:
    done = await approved(service)
    assert done["status"] == "approved"
    # Accepted on a Wednesday with three promised working days: Monday evening.
    assert done["due_at"] == "2026-03-09T23:59:59+08:00"
    assert [step["status"] for step in done["steps"]] == ["accepted", "approved"]
    assert await kinds(sessions) == [
        "catalog.application.submitted.v1",
        "catalog.application.accepted.v1",
        "catalog.application.approved.v1",
    ]


async def test_what_the_applicant_wrote_is_encrypted_and_not_returned(
    service: Clients, sessions: Sessions
) -> None:
    filed = await submitted(service)
    async with sessions() as session:
        row = (await session.execute(select(application.c.applicant, application.c.form))).one()
        events = "".join((await session.scalars(select(MESSAGES.outbox.c.envelope))).all())
    for secret in ("11010519491231002X", "13812345678", "李记面馆"):
        assert secret not in str(filed) + row.applicant + row.form + events


async def test_a_wrong_form_or_id_number_is_named_without_being_quoted(service: Clients) -> None:
    client = service.as_(CITIZEN)
    form = await client.post("/v1/applications", json={**BODY, "form": {}})
    assert (form.status_code, form.json()["errors"][0]["field"]) == (422, "form.operator_name")
    wrong = {**BODY, "applicant": {**BODY["applicant"], "id_number": "110105194912310021"}}  # type: ignore[dict-item]
    person = await client.post("/v1/applications", json=wrong)
    assert person.json()["errors"] == [
        {"field": "applicant.id_number", "message": "身份证号码格式或校验位不正确"}
    ]
    assert "110105194912310021" not in person.text


async def test_missing_materials_are_told_at_once(service: Clients) -> None:
    answer = await service.as_(CITIZEN).post("/v1/applications", json={**BODY, "materials": []})
    assert (answer.status_code, answer.json()["missing"]) == (409, ["申请书"])


async def test_who_accepts_does_not_decide(service: Clients) -> None:
    filed = await submitted(service)
    both = staff("s_both", "clerk", "officer", orgs=(MARKET,), points=("410422-HALL",))
    await service.as_(both).post(f"/v1/applications/{filed['id']}/acceptance")
    answer = await service.as_(both).post(f"/v1/applications/{filed['id']}/approval")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/four-eyes")


async def test_others_neither_see_nor_touch_it(service: Clients) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}"
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404
    assert (await service.as_(STRANGER).get(path)).status_code == 403
    assert (await service.as_(STRANGER).post(f"{path}/acceptance")).status_code == 403
    assert (await service.as_(CITIZEN).post(f"{path}/acceptance")).status_code == 403
    assert (await service.as_(OTHER_CITIZEN).post(f"{path}/withdrawal")).status_code == 404


async def test_worklists_show_what_is_the_staffs_own(service: Clients) -> None:
    await submitted(service)
    for caller, count in ((CLERK, 1), (OFFICER, 1), (STRANGER, 0), (staff("s_admin", "admin"), 1)):
        answer = await service.as_(caller).get("/v1/applications", params={"status": "submitted"})
        assert len(answer.json()["items"]) == count


async def test_a_stale_version_is_refused(service: Clients) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}/acceptance"
    stale = await service.as_(CLERK).post(path, headers={"If-Match": "7"})
    assert (stale.status_code, stale.json()["version"]) == (412, 1)
    assert (await service.as_(CLERK).post(path, headers={"If-Match": "1"})).status_code == 200


async def test_supplement_brings_it_back(service: Clients) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}"
    asked = await service.as_(CLERK).post(f"{path}/supplement-request", json={"note": "请补充照片"})
    assert asked.json()["steps"][-1]["note"] == "请补充照片"
    body = {"form": BODY["form"], "materials": BODY["materials"]}
    assert (await service.as_(CITIZEN).post(f"{path}/supplement", json=body)).json()["status"] == "submitted"


async def test_a_clerk_hands_in_for_the_person_at_the_window(service: Clients) -> None:
    answer = await service.as_(CLERK).post("/v1/applications", json={**BODY, "person_id": "p_walk_in"})
    assert answer.json()["person_id"] == "p_walk_in"
    nobody = await service.as_(CLERK).post("/v1/applications", json=BODY)
    assert nobody.status_code == 403


async def test_a_repeated_submission_is_one_case(service: Clients, sessions: Sessions) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    client = service.as_(CITIZEN)
    first = await client.post("/v1/applications", json=BODY, headers=key)
    again = await client.post("/v1/applications", json=BODY, headers=key)
    assert again.json() == first.json()
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(application)) == 1


async def test_a_repeated_submission_is_answered_also_when_it_would_be_refused_now(
    service: Clients, sessions: Sessions
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    client = service.as_(CITIZEN)
    first = await client.post("/v1/applications", json=BODY, headers=key)
    for other in ({**BODY, "conveniences": ["free_copies"]}, {**BODY, "form": {}}, {**BODY, "form": 1}):
        reused = await client.post("/v1/applications", json=other, headers=key)
        assert (reused.status_code, reused.json()["type"]) == (400, "/problems/idempotency-key-reused")
    async with sessions.begin() as session:
        await session.execute(item.update().values(is_published=False, state=State.SUSPENDED))
    again = await client.post("/v1/applications", json=BODY, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    new = await client.post("/v1/applications", json=BODY, headers={"Idempotency-Key": uuid4().hex})
    assert (new.status_code, new.json()["type"]) == (409, "/problems/item-suspended")
    assert await kinds(sessions) == ["catalog.application.submitted.v1"]


async def test_the_same_submission_sent_many_times_at_once_is_one_case_with_one_event(
    service: Clients, sessions: Sessions
) -> None:
    # Also with a delivery, whose row goes another way into the same transaction.
    for body in (BODY, {**BODY, "delivery": "pickup"}):
        headers = {"Idempotency-Key": uuid4().hex}
        async with service.as_(CITIZEN) as client:
            sent = (client.post("/v1/applications", json=body, headers=headers) for _ in range(8))
            answers = await asyncio.gather(*sent)
        assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert await kinds(sessions) == ["catalog.application.submitted.v1"] * 2
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(application)) == 2
        assert await session.scalar(select(func.count()).select_from(delivery)) == 1


async def test_what_is_kept_is_what_is_answered_and_read_again(service: Clients) -> None:
    client = service.as_(CITIZEN)
    body = {**BODY, "conveniences": ["free_copies", "green_channel"]}
    filed = await client.post("/v1/applications", json=body, headers={"Idempotency-Key": uuid4().hex})
    plain = await client.post("/v1/applications", json=body)
    for answer in (filed, plain):
        read = await client.get(f"/v1/applications/{answer.json()['id']}")
        assert read.json() == answer.json()
    assert filed.json()["conveniences"] == ["free_copies", "green_channel"]


async def test_svc_license_alone_learns_what_the_licence_says(service: Clients) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}/license-subject"
    client = service.as_(LICENSE_SERVICE, issuer="svc-license")
    assert (await client.get(path)).status_code == 404
    done = await approved(service)
    subject = (await client.get(f"/v1/applications/{done['id']}/license-subject")).json()
    assert (subject["holder_name"], subject["fields"]) == ("李明", {"operator_name": "李记面馆"})
    assert (await service.as_(OFFICER).get(path)).status_code == 403


async def test_an_issued_licence_delivers_once_however_often_it_is_told(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    done = await approved(service)
    event = LicenseIssued(
        license_id=uuid4(),
        license_number="1.2.156.3005.2.x",
        license_type="LT1",
        license_name="食品经营许可证",
        person_id=CITIZEN.subject,
        application_id=UUID(done["id"]),
        issued_at=datetime(2026, 3, 4, tzinfo=UTC),
    )
    envelope = wrap(event, source="svc-license", now=clock.now())
    processor = InboxProcessor(keep_license.given(clock=clock), lambda: CatalogUnitOfWork(sessions))
    await processor.process(envelope)
    await processor.process(envelope)
    assert (await kinds(sessions)).count("catalog.application.delivered.v1") == 1
    found = (await service.as_(CITIZEN).get(f"/v1/applications/{done['id']}")).json()
    assert found["status"] == "delivered"
