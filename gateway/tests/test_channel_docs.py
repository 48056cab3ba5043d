"""Each channel's document is the services' own, cut to what the channel may reach."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.channel_docs import ChannelDocs, Document
from gateway.route_check import missing
from gateway.routes import TABLE
from gateway.routing import CHANNELS, read_table
from lib_kernel import Unavailable

ROOT = Path(__file__).parents[2]
SERVICES = ("catalog", "booking", "license", "seal", "complaint")


def document_of(service: str) -> Document:
    found: Document = json.loads((ROOT / f"svc-{service}" / "openapi.json").read_text(encoding="utf-8"))
    return found


async def read(service: str) -> Document:
    return document_of(service) if service in SERVICES else {}


def docs() -> ChannelDocs:
    async def of(name: str) -> Document:
        return await read(name)

    readers = {name: (lambda name=name: of(name)) for name in (*SERVICES, "gateway")}
    return ChannelDocs(read_table(TABLE), readers)


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*(references(each) for each in part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*(references(each) for each in part.values()))


@pytest.mark.parametrize("channel", sorted(CHANNELS))
async def test_a_channel_s_document_stands_alone(channel: str) -> None:
    document = await docs().openapi(channel)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert operations
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert "x-internal-token" not in {p["name"].lower() for p in operation["parameters"]}
        assert {"429", "503", "504"} <= operation["responses"].keys()
    assert bool(document["security"]) == (channel != "public")


async def test_banks_and_terminals_must_send_the_key() -> None:
    for channel, needed in (("bank", True), ("mobile", False)):
        document = await docs().openapi(channel)
        parameters = document["paths"][f"/{channel}/v1/appointments"]["post"]["parameters"]
        key = next(each for each in parameters if each["name"] == "Idempotency-Key")
        assert key["required"] is needed


async def test_a_service_that_is_away_is_left_out_until_it_answers() -> None:
    away = True

    async def catalog() -> Document:
        if away:
            raise Unavailable
        return document_of("catalog")

    table = read_table("GET /v1/items catalog public\nGET /v1/items/{code} catalog public")
    found = ChannelDocs(table, {"catalog": catalog})
    assert (await found.openapi("public"))["paths"] == {}
    away = False
    assert len((await found.openapi("public"))["paths"]) == 2


async def test_the_page_shows_every_operation_and_names_no_outside_address() -> None:
    document, page = await docs().openapi("staff"), await docs().page("staff")
    assert page.count('<details class="op">') == sum(len(path) for path in document["paths"].values())
    assert "http" not in page


async def test_the_page_tells_what_answers_are_made_of_and_means_in_words() -> None:
    page = await docs().page("bank")
    assert '<a href="#schema-catalog_Facet">catalog_Facet</a>' in page
    assert page.count('id="schema-catalog_Facet"') == 1
    linked, there = re.findall(r'href="#(schema-[^"]+)"', page), re.findall(r' id="(schema-[^"]+)"', page)
    assert set(linked) <= set(there)
    assert "Successful Response" not in page
    assert "Validation Error" not in page


def test_the_table_names_operations_that_exist() -> None:
    assert list(missing(read_table(TABLE), {name: document_of(name) for name in SERVICES})) == []


def test_an_operation_that_no_longer_exists_is_named() -> None:
    table = read_table("GET /v1/items catalog public\nGET /v1/gone/{code} catalog public")
    assert list(missing(table, {"catalog": document_of("catalog")})) == ["GET /v1/gone/{code} (catalog)"]
