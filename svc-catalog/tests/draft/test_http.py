"""Drafts over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from catalog_cases import BODY, PLAIN
from sqlalchemy import func, select

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients
from lib_web import Caller, CallerKind
from svc_catalog.application.store import application
from svc_catalog.draft.store import draft

AT_TERMINALS = "410131016021"
KIOSK = Caller(CallerKind.CITIZEN, CITIZEN.subject, "kiosk", device="k1")
BEGUN = {"item_code": BODY["item_code"], "title": "食品经营许可", "content": {"form": {"operator_name": ""}}}


@pytest.fixture
def more_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return an item that terminals offer."""
    return {"items": [make_item(AT_TERMINALS, "经营信息登记", channels=["mobile", "kiosk"])]}


async def test_a_draft_begun_on_the_phone_is_handed_in_at_a_terminal(
    service: Clients, sessions: Sessions
) -> None:
    saved = (await service.as_(CITIZEN).post("/v1/drafts", json=BEGUN)).json()
    path = f"/v1/drafts/{saved['id']}"
    incomplete = await service.as_(KIOSK).post(f"{path}/submission")
    assert incomplete.status_code == 422
    assert "applicant" in {error["field"] for error in incomplete.json()["errors"]}
    resumed = (await service.as_(KIOSK).get(path)).json()
    assert resumed["content"] == BEGUN["content"]
    whole = {**BEGUN, "content": {**PLAIN, "item_code": AT_TERMINALS}}
    await service.as_(KIOSK).put(path, json=whole, headers={"If-Match": "1"})
    key = {"Idempotency-Key": uuid4().hex}
    filed = await service.as_(KIOSK).post(f"{path}/submission", headers=key)
    assert (filed.status_code, filed.json()["channel"]) == (201, "kiosk")
    again = await service.as_(KIOSK).post(f"{path}/submission", headers=key)
    assert again.json() == filed.json()
    assert (await service.as_(KIOSK).get(path)).status_code == 404
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(application)) == 1


async def test_what_another_channel_saved_is_not_overwritten(service: Clients) -> None:
    saved = (await service.as_(CITIZEN).post("/v1/drafts", json=BEGUN)).json()
    path = f"/v1/drafts/{saved['id']}"
    assert (await service.as_(KIOSK).put(path, json=BEGUN, headers={"If-Match": "1"})).status_code == 200
    stale = await service.as_(CITIZEN).put(path, json=BEGUN, headers={"If-Match": "1"})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


async def test_drafts_are_encrypted_and_their_owners_alone(service: Clients, sessions: Sessions) -> None:
    saved = (await service.as_(CITIZEN).post("/v1/drafts", json={**BEGUN, "content": BODY})).json()
    path = f"/v1/drafts/{saved['id']}"
    assert "content" not in saved
    async with sessions() as session:
        assert "李记面馆" not in str((await session.execute(select(draft))).one())
    for method, target in (("GET", path), ("DELETE", path), ("POST", f"{path}/submission")):
        assert (await service.as_(OTHER_CITIZEN).request(method, target)).status_code == 404
    assert (await service.as_(OTHER_CITIZEN).put(path, json=BEGUN)).status_code == 404
    assert (await service.as_(OTHER_CITIZEN).get("/v1/drafts")).json()["items"] == []
    assert (await service.as_(CITIZEN).delete(path)).status_code == 204
    assert (await service.as_(CITIZEN).get("/v1/drafts")).json()["items"] == []


async def test_a_person_keeps_fifty_drafts_at_most(service: Clients) -> None:
    client = service.as_(CITIZEN)
    for _ in range(50):
        assert (await client.post("/v1/drafts", json=BEGUN)).status_code == 201
    answer = await client.post("/v1/drafts", json=BEGUN)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-drafts")
