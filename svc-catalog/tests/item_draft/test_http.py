"""Items written, reviewed by another person, published on their day, over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lib_audit import records, verify_chain
from lib_db import Sessions
from lib_kernel import CITY_ZONE
from lib_testing import CITIZEN, PUBLIC, Clients, FixedClock, staff
from svc_catalog.database import AUDIT, MESSAGES
from svc_catalog.item.store import item_version
from svc_catalog.item_draft.commands import publish_due
from svc_catalog.uow import CatalogUnitOfWork

MARKET = "114104000051846037"
CODE = "410131016001"
EDITOR = staff("s_editor", "item_editor", orgs=(MARKET,))
STRANGER = staff("s_other", "item_editor", orgs=("X",))
REVIEWER = staff("s_reviewer", "item_reviewer")
BOTH = staff("s_both", "item_editor", "item_reviewer", orgs=(MARKET,))


async def a_draft(service: Clients, **changes: Any) -> dict[str, Any]:
    """Start a draft of the permit, change it and return it."""
    editor = service.as_(EDITOR)
    started = (await editor.post("/v1/item-drafts", json={"code": CODE})).json()
    draft = (await editor.get(f"/v1/item-drafts/{started['id']}")).json()
    body = {"data": {**draft["data"], **changes}}
    edited = await editor.put(f"/v1/item-drafts/{draft['id']}", json=body, headers={"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text
    found: dict[str, Any] = edited.json()
    return found


async def submitted(service: Clients, **changes: Any) -> str:
    draft = await a_draft(service, **changes)
    answer = await service.as_(EDITOR).post(f"/v1/item-drafts/{draft['id']}/submission")
    assert answer.status_code == 200, answer.text
    return str(draft["id"])


async def approve(service: Clients, draft_id: str, **body: Any) -> Any:
    return await service.as_(REVIEWER).post(f"/v1/item-drafts/{draft_id}/approval", json=body)


async def test_from_draft_to_a_new_version_that_everyone_sees(service: Clients, sessions: Sessions) -> None:
    draft_id = await submitted(service, name="食品经营许可（开饭馆）", conditions="有场所、有设备、有制度")
    seen = (await service.as_(REVIEWER).get(f"/v1/item-drafts/{draft_id}/diff")).json()["items"]
    assert [(change["label"], change["after"]) for change in seen] == [
        ("事项名称", "食品经营许可（开饭馆）"),
        ("受理条件", "有场所、有设备、有制度"),
    ]
    answer = await approve(service, draft_id)
    assert (answer.json()["status"], answer.json()["published_version"]) == ("published", 2)
    page = (await service.as_(PUBLIC).get(f"/v1/items/{CODE}")).json()
    assert (page["version"], page["name"]) == (2, "食品经营许可（开饭馆）")
    found = (await service.as_(PUBLIC).get("/v1/items", params={"q": "开饭馆"})).json()["items"]
    assert found[0]["code"] == CODE
    editor = service.as_(EDITOR)
    versions = (await editor.get(f"/v1/items/{CODE}/versions")).json()["items"]
    assert [(row["version"], row["edited_by"], row["approved_by"]) for row in versions] == [
        (2, "s_editor", "s_reviewer"),
        (1, "s_item_editor", "s_item_reviewer"),
    ]
    old = (await editor.get(f"/v1/items/{CODE}/versions/1")).json()
    assert old["data"]["name"] == "食品经营许可（新办）"
    changes = (await editor.get(f"/v1/items/{CODE}/diff", params={"from": 1, "to": 2})).json()["items"]
    assert [change["place"] for change in changes] == ["name", "conditions"]
    async with sessions() as session:
        last = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
        assert last[-1] == "catalog.item.published.v1"
        noted = await records(session, AUDIT, subject=draft_id)
        assert [(record.actor, record.action) for record in noted] == [
            ("s_editor", "item_draft.submit"),
            ("s_reviewer", "item_draft.approve"),
        ]
        assert (await verify_chain(session, AUDIT)).is_whole


async def test_who_wrote_it_does_not_approve_it(service: Clients) -> None:
    both = service.as_(BOTH)
    draft = (await both.post("/v1/item-drafts", json={"code": CODE})).json()
    assert (await both.post(f"/v1/item-drafts/{draft['id']}/submission")).status_code == 200
    answer = await both.post(f"/v1/item-drafts/{draft['id']}/approval", json={})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/four-eyes")


async def test_what_is_missing_is_named_all_at_once(service: Clients) -> None:
    draft = await a_draft(service, flow=[], case_type="instant", complaint="")
    findings = (await service.as_(EDITOR).get(f"/v1/item-drafts/{draft['id']}")).json()["findings"]
    assert {found["field"] for found in findings} == {"flow", "promised_days", "complaint"}
    answer = await service.as_(EDITOR).post(f"/v1/item-drafts/{draft['id']}/submission")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/item-incomplete")
    assert answer.json()["errors"] == findings


async def test_a_stale_or_missing_if_match_changes_nothing(service: Clients) -> None:
    draft = await a_draft(service)
    editor, body = service.as_(EDITOR), {"data": {"code": CODE, "department": MARKET}}
    stale = await editor.put(f"/v1/item-drafts/{draft['id']}", json=body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
    assert (await editor.put(f"/v1/item-drafts/{draft['id']}", json=body)).status_code == 422
    assert (await editor.get(f"/v1/item-drafts/{draft['id']}")).json()["revision"] == draft["revision"]


async def test_a_duty_publishes_on_the_day_and_once(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    draft_id = await submitted(service, conditions="新的条件")
    day = clock.now() + timedelta(days=7)
    answer = await approve(service, draft_id, effective_at=day.isoformat())
    assert answer.json()["status"] == "approved"
    assert answer.json()["effective_at"] == day.astimezone(CITY_ZONE).isoformat()
    uows = [CatalogUnitOfWork(sessions) for _ in range(4)]
    clock.advance(timedelta(days=6, hours=23))
    assert await publish_due(uow=uows[0], clock=clock) == 0
    clock.advance(timedelta(hours=1))
    done = await asyncio.gather(*(publish_due(uow=uow, clock=clock) for uow in uows))
    assert sorted(done) == [0, 0, 0, 1]
    page = (await service.as_(PUBLIC).get(f"/v1/items/{CODE}")).json()
    assert (page["version"], page["conditions"]) == (2, "新的条件")


async def test_one_that_waits_for_its_day_can_be_given_back(service: Clients, clock: FixedClock) -> None:
    draft_id = await submitted(service, conditions="新的条件")
    await approve(service, draft_id, effective_at=(clock.now() + timedelta(days=7)).isoformat())
    answer = await service.as_(REVIEWER).post(f"/v1/item-drafts/{draft_id}/return", json={"note": "时限有误"})
    assert (answer.json()["status"], answer.json()["note"]) == ("draft", "时限有误")
    assert answer.json()["effective_at"] is None
    discarded = await service.as_(EDITOR).post(f"/v1/item-drafts/{draft_id}/discard")
    assert discarded.json()["status"] == "discarded"


async def test_an_item_has_one_open_draft_however_many_start_one(service: Clients) -> None:
    editor = service.as_(EDITOR)
    answers = await asyncio.gather(*(editor.post("/v1/item-drafts", json={"code": CODE}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json().get("type") for answer in answers} == {None, "/problems/item-draft-exists"}


async def test_two_reviewers_at_once_publish_one_version(service: Clients, sessions: Sessions) -> None:
    draft_id = await submitted(service, conditions="新的条件")
    answers = await asyncio.gather(*(approve(service, draft_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    async with sessions() as session:
        counted = select(func.count()).select_from(item_version).where(item_version.c.code == CODE)
        assert await session.scalar(counted) == 2


async def test_a_new_item_is_published_under_its_own_code(service: Clients) -> None:
    editor = service.as_(EDITOR)
    known = (await editor.get(f"/v1/items/{CODE}/versions/1")).json()["data"]
    code = "410131016009"
    data = {**known, "code": code, "name": "小餐饮登记", "implementation_code": f"{MARKET}3{code}"}
    assert (await editor.post("/v1/item-drafts", json={"data": known})).status_code == 409
    draft = (await editor.post("/v1/item-drafts", json={"data": data})).json()
    assert (await editor.post(f"/v1/item-drafts/{draft['id']}/submission")).status_code == 200
    outcome = await service.as_(REVIEWER).post("/v1/item-drafts/approvals", json={"ids": [draft["id"]]})
    assert outcome.json()["items"] == [{"id": draft["id"], "approved": True, "problem": None}]
    again = await service.as_(REVIEWER).post("/v1/item-drafts/approvals", json={"ids": [draft["id"]]})
    assert again.json()["items"][0]["approved"] is False
    assert (await service.as_(PUBLIC).get(f"/v1/items/{code}")).json()["version"] == 1


async def test_others_neither_write_nor_review(service: Clients) -> None:
    draft = await a_draft(service)
    assert (await service.as_(STRANGER).post("/v1/item-drafts", json={"code": CODE})).status_code == 403
    assert (await service.as_(STRANGER).get(f"/v1/item-drafts/{draft['id']}")).status_code == 404
    assert (await service.as_(STRANGER).get("/v1/item-drafts")).json()["items"] == []
    assert (await service.as_(CITIZEN).get("/v1/item-drafts")).status_code == 403
    answer = await service.as_(EDITOR).post(f"/v1/item-drafts/{draft['id']}/approval", json={})
    assert answer.status_code == 403
    seen = await service.as_(REVIEWER).get("/v1/item-drafts", params={"status": "draft"})
    assert [row["id"] for row in seen.json()["items"]] == [draft["id"]]


@pytest.mark.parametrize("body", [{}, {"code": CODE, "data": {}}])
async def test_a_draft_is_of_one_item_or_of_a_new_one(service: Clients, body: dict[str, Any]) -> None:
    assert (await service.as_(EDITOR).post("/v1/item-drafts", json=body)).status_code == 422
