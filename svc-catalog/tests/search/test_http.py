"""Filters, facets and everyday expressions over HTTP."""

from pathlib import Path

from lib_testing import CITIZEN, PUBLIC, Clients, staff
from lib_web import Caller, CallerKind
from svc_catalog.seed import seed
from svc_catalog.settings import Settings

REVIEWER = staff("s_reviewer", "item_reviewer")


async def names(service: Clients, **query: str) -> list[str]:
    answer = await service.as_(PUBLIC).get("/v1/items", params=query)
    return [item["name"] for item in answer.json()["items"]]


async def test_filters_narrow_by_place_and_window(service: Clients) -> None:
    assert len(await names(service, division="410422")) == 3
    assert len(await names(service, division="410422000000", window_group="real_estate")) == 0
    assert len(await names(service, window_group="real_estate")) == 1
    answer = await service.as_(PUBLIC).get("/v1/items", params={"bundle": "none"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/bundle-not-found")


async def test_a_bank_and_a_terminal_are_shown_what_they_can_handle(service: Clients) -> None:
    teller = service.as_(Caller(CallerKind.PARTNER, "psbc", "bank"))
    terminal = service.as_(Caller(CallerKind.DEVICE, "K001", "kiosk"))
    for client, codes in ((teller, ["410120001001"]), (terminal, [])):
        shown = (await client.get("/v1/items")).json()["items"]
        assert [item["code"] for item in shown] == codes
        assert (await client.get("/v1/items/suggestions", params={"q": "食品"})).json()["items"] == []
        counted = (await client.get("/v1/items/facets")).json()["kind"]
        assert sum(facet["count"] for facet in counted) == len(codes)


async def test_facets_say_what_further_filters_would_leave(service: Clients) -> None:
    found = (await service.as_(PUBLIC).get("/v1/items/facets", params={"q": "食品"})).json()
    assert found["channels"] == [
        {"value": "pc", "label": "网上办事大厅", "count": 2},
        {"value": "mobile", "label": "手机（豫事办）", "count": 1},
    ]
    assert [(facet["label"], facet["count"]) for facet in found["department"]] == [("市场监管局", 2)]


async def test_an_expression_that_staff_explain_is_known_at_once_and_stays(
    service: Clients, settings: Settings, city: Path
) -> None:
    assert await names(service, q="夜市出摊") == []
    body = {"means": ["食品经营许可"]}
    answer = await service.as_(REVIEWER).put("/v1/synonyms/出摊", json=body)
    assert answer.json() == {"word": "出摊", "means": ["食品经营许可"], "edited_by": "s_reviewer"}
    assert set(await names(service, q="夜市出摊")) == {"食品经营许可（新办）", "食品经营许可变更"}
    await seed(settings.database_url, city)
    listed = (await service.as_(REVIEWER).get("/v1/synonyms")).json()["items"]
    assert [row["word"] for row in listed] == ["出摊"]
    await service.as_(REVIEWER).put("/v1/synonyms/出摊", json={"means": []})
    assert await names(service, q="夜市出摊") == []


async def test_expressions_are_for_reviewers(service: Clients) -> None:
    for caller in (CITIZEN, staff("s_editor", "item_editor")):
        assert (await service.as_(caller).put("/v1/synonyms/出摊", json={"means": []})).status_code == 403
    too_long = await service.as_(REVIEWER).put("/v1/synonyms/一二三四五六七八九十一", json={"means": []})
    assert too_long.status_code == 422


async def test_signs_in_a_query_do_no_harm(service: Clients) -> None:
    for query in ("'", "& | ! ( )", "%_\\", "食品:* & 'x", "\U0001f600", "a" * 100):
        answer = await service.as_(PUBLIC).get("/v1/items", params={"q": query})
        assert answer.status_code == 200
