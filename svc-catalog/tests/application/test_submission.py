"""Handing in: what the wallet proves, the pre-check, one-time notices, and many at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from catalog_cases import ADMIN, BODY, CLERK, PLAIN, accepted, kinds, step, submitted

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, FixedClock, signer
from lib_web import Page, SisterClient
from svc_catalog.application import duties
from svc_catalog.application.materials import Holding
from svc_catalog.application.ports import WalletAway
from svc_catalog.application.schemas import ApplicationListed
from svc_catalog.application.sisters import LicenseWallet
from svc_catalog.uow import CatalogUnitOfWork

NEEDS_LICENCE = "410131016008"


@pytest.fixture
def more_city(make_item: Any) -> dict[str, list[dict[str, Any]]]:
    """Return an item of which one material can be proven by a licence."""
    materials = [
        {"name": "申请书", "kind": "form", "required": True, "satisfied_by": None},
        {"name": "营业执照", "kind": "copy", "required": True, "satisfied_by": "LT9"},
    ]
    return {"items": [make_item(NEEDS_LICENCE, "须营业执照的事项", materials=materials)]}


class ScriptedWallet:
    """A wallet that holds what the test says; None: it is away."""

    def __init__(self) -> None:
        self.held: list[Holding] | None = []

    async def holdings(self, person_id: str, types: list[str]) -> list[Holding]:
        """Return what is held."""
        if self.held is None:
            raise WalletAway
        assert types == ["LT9"]
        return self.held


@pytest.fixture
def wallet(service: Clients) -> ScriptedWallet:
    """Return the wallet of the running service."""
    scripted = ScriptedWallet()
    service.app.state.components[LicenseWallet] = scripted
    return scripted


BODY_WITH = {**PLAIN, "item_code": NEEDS_LICENCE}


async def test_what_the_wallet_proves_need_not_be_uploaded(service: Clients, wallet: ScriptedWallet) -> None:
    wallet.held = [Holding("LT9", "l1", "营业执照")]
    filed = await submitted(service, BODY_WITH)
    assert [finding["code"] for finding in filed["precheck"]] == ["proven-by-wallet"]
    dossier = (await service.as_(CITIZEN).get(f"/v1/applications/{filed['id']}/dossier")).json()
    assert {material["name"]: material["source"] for material in dossier["materials"]} == {
        "申请书": "applicant",
        "营业执照": "wallet",
    }


async def test_a_wallet_that_is_away_proves_nothing_and_that_is_said(
    service: Clients, wallet: ScriptedWallet, sessions: Sessions
) -> None:
    wallet.held = None
    answer = await service.as_(CITIZEN).post("/v1/applications", json=BODY_WITH)
    assert (answer.status_code, answer.json()["missing"]) == (409, ["营业执照"])
    assert "暂不可用" in answer.json()["detail"]
    assert await kinds(sessions) == []
    handed_in = [*BODY_WITH["materials"], {"name": "营业执照", "proof": "窗口出示"}]
    assert (await submitted(service, BODY_WITH, materials=handed_in))["status"] == "submitted"


async def test_the_pre_check_tells_all_and_keeps_nothing(
    service: Clients, wallet: ScriptedWallet, sessions: Sessions
) -> None:
    client = service.as_(CITIZEN)
    lacking = {**BODY_WITH, "materials": []}
    told = (await client.post("/v1/application-prechecks", json=lacking)).json()
    assert (told["ready"], told["missing"]) == (False, ["申请书", "营业执照"])
    wrong = (await client.post("/v1/application-prechecks", json={**BODY, "form": {}})).json()
    assert [error["field"] for error in wrong["errors"]] == ["form.operator_name"]
    wallet.held = [Holding("LT9", "l1", "营业执照")]
    assert (await client.post("/v1/application-prechecks", json=BODY_WITH)).json()["ready"]
    assert await kinds(sessions) == []
    filed = await submitted(service)
    twin = (await client.post("/v1/application-prechecks", json=BODY)).json()
    assert twin["open_case"] == filed["case_number"]


async def test_what_is_missing_is_asked_for_once(service: Clients) -> None:
    filed = await submitted(service)
    path = f"applications/{filed['id']}"
    asked = await step(
        service, CLERK, f"{path}/supplement-request", {"note": "缺两样", "missing": ["照片", "合同"]}
    )
    assert asked["told"] == ["照片", "合同"]
    again = {"form": BODY["form"], "materials": BODY["materials"]}
    await step(service, CITIZEN, f"{path}/supplement", again)
    more = {"note": "还缺", "missing": ["授权书"]}
    answer = await service.as_(CLERK).post(f"/v1/{path}/supplement-request", json=more)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/told-already")


async def test_many_submissions_at_once_have_different_numbers(service: Clients) -> None:
    async with service.as_(CITIZEN) as client:
        answers = await asyncio.gather(*(client.post("/v1/applications", json=BODY) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["case_number"] for answer in answers}) == 30


async def test_of_two_clerks_one_accepts(service: Clients, sessions: Sessions) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}/acceptance"
    async with service.as_(CLERK) as client:
        answers = await asyncio.gather(*(client.post(path) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}
    assert (await kinds(sessions)).count("catalog.application.accepted.v1") == 1


async def test_workers_share_the_cards(service: Clients, sessions: Sessions, clock: FixedClock) -> None:
    for _ in range(6):
        await accepted(service)
    clock.advance(timedelta(days=10))

    def work() -> CatalogUnitOfWork:
        return CatalogUnitOfWork(sessions)

    shown = await asyncio.gather(*(duties.show_red(work, clock) for _ in range(3)))
    assert sum(shown) == 6
    assert (await kinds(sessions)).count("catalog.application.overdue.v1") == 6


async def test_lists_are_written_as_their_model_says(service: Clients) -> None:
    filed = await submitted(service)
    answer = await service.as_(ADMIN).get("/v1/applications")
    page = Page[ApplicationListed].model_validate_json(answer.content)
    assert page.items[0].id == UUID(filed["id"])
    assert page.model_dump(mode="json") == answer.json()
    assert "李记面馆" not in answer.text


@pytest_asyncio.fixture
async def license_service() -> AsyncGenerator[Any]:
    """Return a maker of clients of a scripted svc-license."""
    clients: list[SisterClient] = []

    def make(answer: Any) -> LicenseWallet:
        client = SisterClient(
            "svc-catalog", "http://license", signer("svc-catalog"), transport=httpx.MockTransport(answer)
        )
        clients.append(client)
        return LicenseWallet(client, patience=0.05)

    yield make
    for client in clients:
        await client.aclose()


async def test_holdings_are_asked_by_person_and_types(license_service: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/holdings"
        asked = request.url.params.multi_items()
        assert asked == [("person_id", "p"), ("license_types", "LT1"), ("license_types", "LT9")]
        held = {"type_code": "LT9", "license_id": "l1", "name": "营业执照", "valid_until": None}
        return httpx.Response(200, json={"items": [held]})

    assert await license_service(answer).holdings("p", ["LT1", "LT9"]) == [Holding("LT9", "l1", "营业执照")]


async def never(_request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(503),
        lambda _: httpx.Response(404, json={"detail": "no such route"}),
        lambda _: httpx.Response(200, json={"unexpected": []}),
        never,
    ],
)
async def test_a_wallet_that_fails_is_away(license_service: Any, answer: Any) -> None:
    with pytest.raises(WalletAway):
        await license_service(answer).holdings("p", ["LT9"])
