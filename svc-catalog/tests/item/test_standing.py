"""Suspension, resumption, withdrawal."""

import asyncio
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select

from lib_audit import records
from lib_db import Sessions
from lib_kernel import IllegalMove, move
from lib_testing import CITIZEN, PUBLIC, Clients, FixedClock, staff
from svc_catalog.database import AUDIT, MESSAGES
from svc_catalog.item.domain import NEXT, ItemSuspended, State
from svc_catalog.item.store import one_item
from svc_catalog.item_draft.commands import publish_due
from svc_catalog.uow import CatalogUnitOfWork

MARKET = "114104000051846037"
CODE = "410131016001"
EDITOR = staff("s_editor", "item_editor", orgs=(MARKET,))
REVIEWER = staff("s_reviewer", "item_reviewer")


@pytest.mark.parametrize(("current", "wanted"), list(product(State, State)))
def test_only_listed_moves_are_allowed(current: State, wanted: State) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


async def test_a_suspended_item_is_shown_with_the_reason_but_not_offered(
    service: Clients, sessions: Sessions
) -> None:
    reviewer, public = service.as_(REVIEWER), service.as_(PUBLIC)
    body = {"reason": "系统升级，周五恢复"}
    answer = await reviewer.post(f"/v1/items/{CODE}/suspension", json=body)
    assert answer.json() == {"code": CODE, "version": 1, "state": "suspended", "reason": body["reason"]}
    page = (await public.get(f"/v1/items/{CODE}")).json()
    assert (page["state"], page["state_reason"]) == ("suspended", body["reason"])
    assert body["reason"] in (await public.get(f"/v1/items/{CODE}/guide")).text
    codes = [row["code"] for row in (await public.get("/v1/items")).json()["items"]]
    assert CODE not in codes
    assert len(codes) == 3
    again = await reviewer.post(f"/v1/items/{CODE}/suspension", json=body)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/illegal-move")
    assert (await reviewer.post(f"/v1/items/{CODE}/resumption")).json()["reason"] is None
    assert (await public.get(f"/v1/items/{CODE}")).json()["state"] == "published"
    async with sessions() as session:
        told = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
        assert told[-2:] == ["catalog.item.suspended.v1", "catalog.item.resumed.v1"]
        noted = await records(session, AUDIT, subject=CODE)
        assert [(record.actor, record.action) for record in noted] == [
            ("s_reviewer", "item.suspend"),
            ("s_reviewer", "item.resume"),
        ]


async def test_nobody_can_apply_for_a_suspended_item(service: Clients, sessions: Sessions) -> None:
    await service.as_(REVIEWER).post(f"/v1/items/{CODE}/suspension", json={"reason": "系统升级"})
    async with sessions() as session:
        with pytest.raises(ItemSuspended, match="系统升级"):
            await one_item(session, CODE)


async def test_a_suspended_item_may_get_new_content_and_stays_suspended(
    service: Clients, clock: FixedClock
) -> None:
    editor, reviewer = service.as_(EDITOR), service.as_(REVIEWER)
    await reviewer.post(f"/v1/items/{CODE}/suspension", json={"reason": "系统升级"})
    draft = (await editor.post("/v1/item-drafts", json={"code": CODE})).json()
    await editor.post(f"/v1/item-drafts/{draft['id']}/submission")
    await reviewer.post(f"/v1/item-drafts/{draft['id']}/approval", json={})
    page = (await service.as_(PUBLIC).get(f"/v1/items/{CODE}")).json()
    assert (page["version"], page["state"]) == (2, "suspended")


async def test_a_withdrawn_item_is_not_published_again_and_its_draft_goes_back(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    editor, reviewer = service.as_(EDITOR), service.as_(REVIEWER)
    draft = (await editor.post("/v1/item-drafts", json={"code": CODE})).json()
    await editor.post(f"/v1/item-drafts/{draft['id']}/submission")
    later = (clock.now() + timedelta(days=1)).isoformat()
    await reviewer.post(f"/v1/item-drafts/{draft['id']}/approval", json={"effective_at": later})
    gone = await reviewer.post(f"/v1/items/{CODE}/withdrawal", json={"reason": "并入其他事项"})
    assert gone.json()["state"] == "withdrawn"
    clock.advance(timedelta(days=2))
    assert await publish_due(uow=CatalogUnitOfWork(sessions), clock=clock) == 0
    found = (await reviewer.get(f"/v1/item-drafts/{draft['id']}")).json()
    assert (found["status"], CODE in found["note"]) == ("draft", True)
    assert (await reviewer.post(f"/v1/items/{CODE}/resumption")).status_code == 409


async def test_suspending_is_for_reviewers_and_needs_a_reason(service: Clients) -> None:
    path = f"/v1/items/{CODE}/suspension"
    for caller in (EDITOR, CITIZEN):
        assert (await service.as_(caller).post(path, json={"reason": "x"})).status_code == 403
    assert (await service.as_(REVIEWER).post(path, json={"reason": ""})).status_code == 422
    unknown = await service.as_(REVIEWER).post("/v1/items/1/suspension", json={"reason": "x"})
    assert unknown.status_code == 404


async def test_only_one_of_many_suspends(service: Clients) -> None:
    reviewer = service.as_(REVIEWER)
    answers = await asyncio.gather(
        *(reviewer.post(f"/v1/items/{CODE}/suspension", json={"reason": "x"}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
