"""What is refused before it costs anything, and what two readers could read in two ways."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from gateway_city import City
from gateway_replica import eventually, replica
from starlette.types import Message

BOX = {"consent": "c-1", "id_number": "11010519491231002X"}


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def talk(city: City, method: str, path: str, headers: dict[str, str]) -> list[Message]:
    """Ask the core itself, with a path that no client tidies up; its body must not be asked for."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    await city.core(scope, receive, send)
    return sent


@pytest.mark.parametrize("channel", ["mobile", "bank", "kiosk"])
async def test_the_body_of_somebody_unknown_is_not_read(city: City, channel: str) -> None:
    headers = {"Content-Length": "9000", "Authorization": "Bearer x.y.z"}
    headers["Signature-Input"] = 'sig1=("@method");keyid="nobody"'
    sent = await talk(city, "POST", f"/{channel}/v1/applications", headers)
    assert sent[0]["status"] == 401


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Session", "Content-Type", "Authorization"])
async def test_a_field_that_stands_twice_is_refused(city: City, name: str) -> None:
    headers = [*city.citizen().items(), (name, "12345678"), (name, "87654321")]
    answer = await city.client.post("/mobile/v1/appointments", json={}, headers=headers)
    assert kind(answer) == (400, "header-field-repeated")
    assert city.booking.calls == 0


async def test_a_field_of_several_lines_is_none(city: City) -> None:
    headers = [("Accept-Language", "zh"), ("Accept-Language", "en")]
    assert (await city.client.get("/public/v1/items", headers=headers)).status_code == 200


@pytest.mark.parametrize("step", ["..", ".", "%2e%2e", ".%2E"])
async def test_a_path_that_could_be_tidied_up_is_none(city: City, step: str) -> None:
    sent = await talk(city, "GET", f"/mobile/v1/licenses/{step}/pdf", city.citizen())
    assert sent[0]["status"] == 404


ENCODINGS = ["utf-16", "utf-32", "utf-8-sig"]


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_an_item_cannot_be_named_in_an_encoding_of_its_own(city: City, encoding: str) -> None:
    city.catalog.items = {"bank_window": ["410120001001"]}
    body = json.dumps({"item_code": "410131016001"}).encode(encoding)
    headers = {"Idempotency-Key": "12345678", "Content-Type": "Application/Json; charset=x"}
    answer = await city.bank("POST", "/bank/v1/applications", content=body, headers=headers)
    assert kind(answer) == (422, "malformed")
    assert "/v1/applications" not in city.catalog.paths


async def test_a_draft_names_its_item_too(city: City) -> None:
    city.catalog.items = {"bank_window": ["410120001001"]}
    session = (await city.bank("POST", "/bank/v1/sessions", json=BOX)).json()["session"]
    answer = await city.bank(
        "PUT", "/bank/v1/drafts/d1", json={"item_code": "410131016001"}, headers={"X-Session": session}
    )
    assert kind(answer) == (403, "item-not-on-channel")


async def test_a_file_is_not_json_and_passes(city: City) -> None:
    headers = {"Content-Type": "application/pdf", "Idempotency-Key": "12345678"}
    answer = await city.bank("POST", "/bank/v1/applications", content=b"%PDF", headers=headers)
    assert answer.status_code == 200


async def test_everybody_behind_a_proxy_has_an_allowance_of_their_own(city: City) -> None:
    few = {"requests_per_second": 0.001, "burst": 2.0, "trusted_proxies": ("127.0.0.0/8",)}
    async with replica(city, **few) as gateway:

        async def ask(address: str) -> httpx.Response:
            return await gateway.get("/public/v1/items", headers={"X-Forwarded-For": address})

        statuses = [(await ask("192.0.2.1")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await ask("192.0.2.2")).status_code == 200
        forged = await ask("198.51.100.9, 192.0.2.1")  # What a client writes itself comes first.
        assert forged.status_code == 429


async def _open_stream(city: City, **options: Any) -> asyncio.Task[httpx.Response]:
    path = "/bank/v1/service-points/P1/board/events"
    return asyncio.create_task(city.bank("GET", path, **options))


async def test_a_suspended_partners_streams_end(city: City) -> None:
    city.booking.is_silent.set()
    stream = await _open_stream(city)

    async def is_open() -> bool:
        return city.booking.calls == 1

    await eventually(is_open)
    admin = city.staff("admin")
    body = {"reason": "x"}
    answer = await city.client.post("/staff/v1/partners/psbc/suspension", json=body, headers=admin)
    assert answer.status_code == 200
    async with asyncio.timeout(10):
        assert (await stream).status_code == 503  # It had not begun.
