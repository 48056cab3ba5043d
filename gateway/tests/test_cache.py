"""Catalogue answers are kept until the catalogue changes, and are better old than none."""

import asyncio
from typing import Any

import pytest
from gateway_city import City

from gateway.cache import ReadCache
from gateway.guards import UpstreamUnavailable
from gateway.wire import Fields
from lib_contracts.catalog import ItemPublished

KEPT: Fields = [(b"etag", b'"v1"'), (b"cache-control", b"max-age=30")]


class Source:
    """Answers with a counter, or not at all."""

    def __init__(self, headers: Fields = KEPT) -> None:
        self.asked = 0
        self.is_away = False
        self.headers = headers
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self) -> tuple[int, Fields, bytes]:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        if self.is_away:
            raise UpstreamUnavailable
        return 200, self.headers, b"%d" % number


async def test_an_answer_is_fetched_once() -> None:
    cache, source = ReadCache(1000), Source()
    first, second = await cache.answer("k", source.fetch), await cache.answer("k", source.fetch)
    assert (first.how, second.how, second.answer.body) == (b"miss", b"hit", b"1")


@pytest.mark.parametrize(("leaver", "times_asked"), [(5, 1), (0, 2)])
async def test_who_asks_at_the_same_time_shares_one_answer(leaver: int, times_asked: int) -> None:
    """One client leaves; the others still get theirs, and ask anew only if it was the one that asked."""
    cache, source = ReadCache(1000), Source()
    source.may_answer.clear()
    asking = [asyncio.create_task(cache.answer("k", source.fetch)) for _ in range(10)]
    await asyncio.sleep(0)
    asking.pop(leaver).cancel()
    await asyncio.sleep(0)
    source.may_answer.set()
    found = await asyncio.gather(*asking)
    assert source.asked == times_asked
    assert {each.answer.body for each in found} == {b"%d" % times_asked}


async def test_an_answer_asked_for_before_a_change_is_not_given_after_it() -> None:
    cache, source = ReadCache(1000), Source()
    source.may_answer.clear()
    before = asyncio.create_task(cache.answer("k", source.fetch))
    await asyncio.sleep(0)
    cache.expire()
    after = asyncio.create_task(cache.answer("k", source.fetch))
    await asyncio.sleep(0)
    source.may_answer.set()
    assert ((await before).answer.body, (await after).answer.body) == (b"1", b"2")
    assert (await cache.answer("k", source.fetch)).answer.body == b"2"


async def test_an_old_answer_is_given_while_the_service_is_away() -> None:
    cache, source = ReadCache(1000), Source()
    await cache.answer("k", source.fetch)
    cache.expire()
    source.is_away = True
    found = await cache.answer("k", source.fetch)
    assert (found.how, found.answer.body) == (b"stale", b"1")
    with pytest.raises(UpstreamUnavailable):
        await cache.answer("never seen", source.fetch)
    source.is_away = False
    assert (await cache.answer("k", source.fetch)).how == b"miss"


@pytest.mark.parametrize(
    "headers", [[(b"etag", b'"v1"')], [(b"cache-control", b"max-age=30")], [(b"Cache-Control", b"no-cache")]]
)
async def test_an_answer_without_tag_or_age_is_not_kept(headers: Fields) -> None:
    cache, source = ReadCache(1000), Source(headers)
    for _ in range(2):
        assert (await cache.answer("k", source.fetch)).how == b"miss"


async def test_what_was_not_asked_for_long_makes_room() -> None:
    cache, source = ReadCache(30), Source()

    async def fetch() -> tuple[int, Fields, bytes]:
        await source.fetch()
        return 200, KEPT, b"xxx"

    for number in range(11):
        await cache.answer(f"k{number}", fetch)
        await cache.answer("k0", fetch)
    assert source.asked == 11
    assert (await cache.answer("k1", fetch)).how == b"miss"


async def test_a_client_that_has_the_answer_gets_304_and_a_publication_is_seen(city: City) -> None:
    city.catalog.cache_control = "max-age=30"
    url = "/public/v1/items/410101001000"
    first = await city.client.get(url)
    assert first.headers["x-cache"] == "miss"
    again = await city.client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["x-cache"]) == (304, b"", "hit")
    head = await city.client.head(url)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/json")
    assert city.catalog.calls == 1
    await city.nats.jetstream().publish(ItemPublished.type, b"{}")
    async with asyncio.timeout(1):
        while (await city.client.get(url)).headers["x-cache"] == "hit":
            pass
    assert city.catalog.calls == 2


async def test_channels_do_not_share_answers_and_still_ask_who_is_calling(city: City) -> None:
    city.catalog.cache_control = "max-age=30"
    path = "/v1/items?limit=3"
    for channel, headers in (("public", {}), ("mobile", city.citizen()), ("mobile", city.citizen())):
        assert (await city.client.get(f"/{channel}{path}", headers=headers)).status_code == 200
    assert city.catalog.calls == 2
    assert (await city.client.get(f"/mobile{path}")).status_code == 401


async def test_a_bank_reaches_the_items_meant_for_it_only(city: City) -> None:
    city.catalog.items = {"bank_window": ["410101001000"], "bank_self_service": ["410101002000"], "kiosk": []}
    assert (await city.bank("GET", "/bank/v1/items/410101001000")).status_code == 200
    refused = await city.bank("GET", "/bank/v1/items/410109009000")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/item-not-on-channel")
    body: dict[str, Any] = {"item_code": "410109009000", "slot_id": "x"}
    key = {"Idempotency-Key": "bank-booking-1"}
    booked = await city.bank("POST", "/bank/v1/appointments", json=body, headers=key)
    assert (booked.status_code, booked.json()["items"]) == (403, ["410109009000"])
    many = await city.bank(
        "POST", "/bank/v1/appointments", json={"item_codes": ["410101002000", "1"]}, headers=key
    )
    assert many.json()["items"] == ["1"]
    good = await city.bank("POST", "/bank/v1/appointments", json={"item_code": "410101002000"}, headers=key)
    assert good.json()["service"] == "booking"
    assert (await city.client.get("/public/v1/items/410109009000")).status_code == 200
