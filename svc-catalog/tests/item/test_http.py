"""Finding items over HTTP, on a real database."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lib_db import Sessions
from lib_testing import PUBLIC, Clients
from svc_catalog.database import MESSAGES
from svc_catalog.item.domain import State
from svc_catalog.item.store import item
from svc_catalog.place.store import service_point
from svc_catalog.search.domain import bigrams, normalise
from svc_catalog.search.segment import search_words
from svc_catalog.seed import seed
from svc_catalog.settings import Settings


def test_words_of_a_name() -> None:
    words = search_words("营业执照 办理", ["开店"])
    assert words.initials == "yyzzbl"
    assert words.pinyin.startswith("yingyezhizhao")
    assert "营业执照" in words.words.split()
    assert "开店" in words.words
    assert bigrams("营业执照") == ["营业", "业执", "执照"]
    assert normalise("Ａb （新办）") == "ab新办"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("食品经营许可", "食品经营许可（新办）"),
        ("食品经营许可新办", "食品经营许可（新办）"),
        ("yyzz", "营业执照办理"),
        ("yingyezhizhao", "营业执照办理"),
        ("执照", "营业执照办理"),
        ("餐饮", "食品经营许可（新办）"),
        ("不动产 登记", "不动产转移登记"),
    ],
)
async def test_people_find_what_they_mean(service: Clients, query: str, first: str) -> None:
    answer = await service.as_(PUBLIC).get("/v1/items", params={"q": query})
    assert answer.status_code == 200
    assert answer.json()["items"][0]["name"] == first


async def test_nonsense_finds_nothing(service: Clients) -> None:
    answer = await service.as_(PUBLIC).get("/v1/items", params={"q": "产登"})
    assert answer.json()["items"][:1] == [] or "产登" in answer.json()["items"][0]["name"]


async def test_filters_narrow(service: Clients) -> None:
    client = service.as_(PUBLIC)
    for query, count in (
        ({"channel": "mobile"}, 3),
        ({"audience": "person"}, 1),
        ({"service_point": "410422-HALL"}, 3),
        ({"kind": "行政许可"}, 4),
    ):
        assert len((await client.get("/v1/items", params=query)).json()["items"]) == count


async def test_pages_join_without_gap_or_double(service: Clients) -> None:
    client = service.as_(PUBLIC)
    seen, cursor = [], None
    for _ in range(4):
        query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/items", params=query)).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert len(set(seen)) == 4


async def test_an_item_says_what_to_bring_and_is_not_sent_twice(service: Clients) -> None:
    client = service.as_(PUBLIC)
    first = await client.get("/v1/items/410131016001")
    assert first.json()["materials"][0]["name"] == "申请书"
    assert first.json()["department_name"] == "平顶山市市场监督管理局"
    again = await client.get("/v1/items/410131016001", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_page_that_was_written_out_before_follows_item_and_places_at_once(
    service: Clients, sessions: Sessions
) -> None:
    client = service.as_(PUBLIC)
    tags = []

    async def page() -> dict[str, Any]:
        answer = await client.get("/v1/items/410131016001")
        tags.append(answer.headers["etag"])
        found: dict[str, Any] = answer.json()
        return found

    assert await page() == await page()
    async with sessions.begin() as session:
        await session.execute(item.update().values(state=State.SUSPENDED, state_reason="系统升级"))
    assert (await page())["state_reason"] == "系统升级"
    async with sessions.begin() as session:
        await session.execute(service_point.delete())
    assert (await page())["service_points"] == []
    assert len(set(tags)) == 3


async def test_an_unknown_item_is_a_problem(service: Clients) -> None:
    answer = await service.as_(PUBLIC).get("/v1/items/000000000000")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/item-not-found")


async def test_suggestions_complete_what_is_typed(service: Clients) -> None:
    answer = await service.as_(PUBLIC).get("/v1/items/suggestions", params={"q": "spjy"})
    assert len(answer.json()["items"]) == 2


async def test_publishing_the_same_again_changes_nothing(
    settings: Settings, city: Path, sessions: Sessions
) -> None:
    assert await seed(settings.database_url, city) == 0
    async with sessions() as session:
        kinds = (await session.scalars(select(MESSAGES.outbox.c.type))).all()
    assert kinds == ["catalog.item.published.v1"] * 4


async def test_places_are_listed_by_division_and_group(service: Clients) -> None:
    client = service.as_(PUBLIC)
    for query, count in (
        ({"division": "410400000000"}, 1),
        ({"division": "410402"}, 0),
        ({"group": "business"}, 1),
        ({"kind": "city_hall"}, 0),
    ):
        assert len((await client.get("/v1/service-points", params=query)).json()["items"]) == count
    assert (await client.get("/v1/service-points/410422-HALL")).json()["longitude"] == 113.35
    assert (await client.get("/v1/service-points/x")).status_code == 404
    assert len((await client.get("/v1/departments")).json()["items"]) == 1
    assert len((await client.get("/v1/divisions")).json()["items"]) == 1
