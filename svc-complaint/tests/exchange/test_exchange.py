"""Orders from and to another platform: a stand-in over HTTP, refusals, retries, each once."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_testing import CITIZEN, Clients, FixedClock, staff
from svc_complaint.complaint_case.commands import SEALED
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.exchange.connector import HttpPlatform, NoPlatform
from svc_complaint.exchange.domain import LONGEST_PAUSE, next_try, signature
from svc_complaint.exchange.duties import send_due, take_orders
from svc_complaint.exchange.ports import NotTaken
from svc_complaint.exchange.store import exchange_message
from svc_complaint.uow import ComplaintUnitOfWork

KEY = b"shared-key-of-both-platforms"
NAME = "minhubiying"
MARKET = "114104000051840136"
DISPATCHER = staff("s_dispatcher", "dispatcher")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))
NewUow = Callable[[], ComplaintUnitOfWork]


class StandIn:
    """The other platform: checks signatures, takes each key once, can be told to fail."""

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}
        self.calls = 0
        self.fail_with: int | None = None
        self.orders: list[dict[str, Any]] = []
        self.sign_wrongly = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        at, path = request.headers["x-signed-at"], request.url.raw_path.decode()
        assert request.headers["x-signature"] == signature(KEY, request.method, path, request.content, at)
        if self.fail_with:
            return httpx.Response(self.fail_with)
        if request.method == "POST":
            key = request.headers["idempotency-key"]
            if key in self.taken:
                return httpx.Response(409)
            self.taken[key] = {"path": request.url.path, **json.loads(request.content)}
            return httpx.Response(200)
        start = int(request.url.params["after"] or 0)
        items = self.orders[start : start + 2]
        body = json.dumps(
            {"items": items, "next": str(start + len(items)) if items else request.url.params["after"]}
        )
        now = datetime.now(UTC).isoformat()
        key_used = b"wrong" if self.sign_wrongly else KEY
        signed = signature(key_used, "ANSWER", request.url.path, body.encode(), now)
        return httpx.Response(200, text=body, headers={"X-Signed-At": now, "X-Signature": signed})


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def platform(stand_in: StandIn, cipher: FieldCipher) -> HttpPlatform:
    def unseal(value: str) -> str:
        return cipher.decrypt(value, context=SEALED)

    return HttpPlatform("http://platform", KEY, unseal, httpx.MockTransport(stand_in.answer))


def an_order(number: int, **more: Any) -> dict[str, Any]:
    return {"number": f"MH{number}", "content": f"小区{number}路灯不亮，城管不管", **more}


async def test_orders_become_cases_once_however_many_workers_read(
    service: Clients,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> None:
    stand_in.orders = [an_order(n, contact_name="王芳", contact_phone="13812345678") for n in range(5)]

    async def work() -> None:
        while await take_orders(new_uow, platform, NAME, cipher, clock):
            pass

    await asyncio.gather(*(work() for _ in range(3)))
    await work()
    items = (await service.as_(DISPATCHER).get("/v1/worklist")).json()["items"]
    assert len(items) == 5
    assert {item["kind"] for item in items} == {"platform_order"}
    seen = (await service.as_(DISPATCHER).get(f"/v1/cases/{items[0]['id']}")).json()
    assert seen["contact"] == "王* 138****5678"
    assert seen["category"] == "urban"
    assert seen["due_at"].startswith("2026-03-09")


async def test_an_order_sent_again_under_another_cursor_is_known(
    sessions: Sessions,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> None:
    stand_in.orders = [an_order(1), an_order(1), an_order(1)]
    while await take_orders(new_uow, platform, NAME, cipher, clock):
        pass
    async with sessions() as session:
        assert (await session.scalars(select(complaint_case.c.external))).all() == [f"{NAME}:MH1"]


async def test_answers_with_a_wrong_signature_are_not_believed(
    stand_in: StandIn, platform: HttpPlatform, new_uow: NewUow, cipher: FieldCipher, clock: FixedClock
) -> None:
    stand_in.orders, stand_in.sign_wrongly = [an_order(1)], True
    with pytest.raises(NotTaken, match="签名"):
        await take_orders(new_uow, platform, NAME, cipher, clock)


async def solved_order(
    service: Clients,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> str:
    stand_in.orders = [an_order(7)]
    await take_orders(new_uow, platform, NAME, cipher, clock)
    [item] = (await service.as_(DISPATCHER).get("/v1/worklist")).json()["items"]
    path = f"/v1/cases/{item['id']}"
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for step, body in (("acceptance", None), ("start", None), ("resolution", {"note": "路灯已修好"})):
        answer = await service.as_(HANDLER).post(f"{path}/{step}", json=body)
        assert answer.status_code == 200, answer.text
    return path


async def test_each_state_is_reported_back_with_the_reply_once(
    service: Clients,
    sessions: Sessions,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> None:
    await solved_order(service, stand_in, platform, new_uow, cipher, clock)
    await asyncio.gather(*(send_due(new_uow, platform, clock) for _ in range(3)))
    reports = list(stand_in.taken.values())
    assert {one["external_id"] for one in reports} == {"MH7"}
    assert sorted(one["status"] for one in reports) == [
        "accepted", "dispatched", "in_progress", "resolved", "triaged",
    ]  # fmt: skip
    assert [one["reply"] for one in reports if "reply" in one] == ["路灯已修好"]
    calls = stand_in.calls
    await send_due(new_uow, platform, clock)
    assert stand_in.calls == calls
    async with sessions() as session:
        assert "路灯" not in str((await session.execute(select(exchange_message))).all())


async def test_what_is_not_taken_is_tried_again_and_visible_on_the_case_until_it_is(
    service: Clients,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> None:
    path = await solved_order(service, stand_in, platform, new_uow, cipher, clock)
    stand_in.fail_with = 503
    await send_due(new_uow, platform, clock)
    seen = (await service.as_(DISPATCHER).get(path)).json()
    assert [t["detail"] for t in seen["troubles"] if not t["settled_at"]] == [
        "向其他平台传送失败 1 次：HTTP 503"
    ]
    waiting = (await service.as_(DISPATCHER).get("/v1/exchange-messages")).json()["items"]
    assert {one["reason"] for one in waiting} == {"HTTP 503"}
    stand_in.fail_with = None
    await send_due(new_uow, platform, clock)
    assert stand_in.taken == {}  # It is not yet time.
    clock.advance(timedelta(minutes=1))
    await send_due(new_uow, platform, clock)
    assert len(stand_in.taken) == 5
    seen = (await service.as_(DISPATCHER).get(path)).json()
    assert all(trouble["settled_at"] for trouble in seen["troubles"])


async def test_a_worker_that_dies_after_sending_sends_again_and_the_platform_takes_it_once(
    service: Clients,
    stand_in: StandIn,
    platform: HttpPlatform,
    new_uow: NewUow,
    cipher: FieldCipher,
    clock: FixedClock,
) -> None:
    await solved_order(service, stand_in, platform, new_uow, cipher, clock)
    async with new_uow() as uow:  # Claims, sends and dies before it notes so.
        messages = await uow.exchange.claim(clock.now(), clock.now() + timedelta(minutes=2), 20)
        await uow.commit()
    for message in messages:
        await platform.send(message)
    clock.advance(timedelta(minutes=3))
    await send_due(new_uow, platform, clock)
    assert (len(stand_in.taken), stand_in.calls) == (5, 1 + 5 + 5)
    assert (await service.as_(DISPATCHER).get("/v1/exchange-messages")).json()["items"] == []


async def test_our_own_case_is_handed_to_the_other_platform(
    service: Clients, stand_in: StandIn, platform: HttpPlatform, new_uow: NewUow, clock: FixedClock
) -> None:
    made = (await service.as_(CITIZEN).post("/v1/cases", json={"content": "路灯坏了没人修"})).json()
    path = f"/v1/cases/{made['id']}/forwarding"
    assert (await service.as_(CITIZEN).post(path)).status_code == 403
    for _ in range(2):
        assert (await service.as_(DISPATCHER).post(path)).status_code == 202
    await send_due(new_uow, platform, clock)
    [sent] = stand_in.taken.values()
    assert (sent["path"], sent["number"], sent["content"]) == (
        f"/{NAME}/orders",
        made["case_number"],
        "路灯坏了没人修",
    )


async def test_without_a_platform_messages_wait_and_the_case_shows_why(
    service: Clients, new_uow: NewUow, clock: FixedClock
) -> None:
    made = (await service.as_(CITIZEN).post("/v1/cases", json={"content": "路灯坏了没人修"})).json()
    await service.as_(DISPATCHER).post(f"/v1/cases/{made['id']}/forwarding")
    await send_due(new_uow, NoPlatform(), clock)
    seen = (await service.as_(DISPATCHER).get(f"/v1/cases/{made['id']}")).json()
    assert "未配置对接地址" in seen["troubles"][0]["detail"]


def test_pauses_grow_and_never_end() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    pauses = [next_try(attempt, now) - now for attempt in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=30)
    assert pauses[-1] == LONGEST_PAUSE
