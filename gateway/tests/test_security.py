"""What an attacker tries at the gate: other channels, forged tokens, foreign sites, endless bodies."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_city import ORIGIN, PROVIDER_KEY, City, token
from joserfc import jwt
from starlette.types import Message

from gateway.edge import Edge
from gateway.routes import TABLE
from gateway.routing import CHANNELS, Route, read_table

ROUTES = read_table(TABLE).routes
BY_TOKEN = ("pc", "mobile", "staff")


def path_of(route: Route, channel: str) -> str:
    path = route.template
    for name in ("{id}", "{code}", "{window}"):
        path = path.replace(name, "410101001000")
    return f"/{channel}{path.replace('{', '').replace('}', '')}"


async def ask(city: City, channel: str, route: Route, caller: str) -> httpx.Response:
    """Send a request as somebody who may enter the channel."""
    headers = {"Idempotency-Key": "probe-of-a-route"}
    path = path_of(route, channel)
    if channel == "bank":
        return await city.bank(route.method, path, headers=headers)
    if channel == "kiosk":
        return await city.kiosk(route.method, path, headers=headers)
    known = city.staff("clerk") if caller == "staff" else city.citizen()
    return await city.client.request(route.method, path, headers={**headers, **known})


@pytest.mark.parametrize("channel", sorted(CHANNELS))
async def test_a_channel_reaches_what_its_column_says_and_nothing_else(city: City, channel: str) -> None:
    """Every route of the table, on a channel that has it and on one that has not."""
    caller = "staff" if channel == "staff" else "citizen"
    for route in ROUTES:
        if route.is_stream and channel in route.channels:
            continue  # It is answered for as long as somebody listens.
        answer = await ask(city, channel, route, caller)
        refused = answer.status_code == 403 and answer.json()["type"] == "/problems/channel-not-allowed"
        assert refused == (channel not in route.channels), f"{route.method} {route.template}"


@pytest.mark.parametrize("channel", sorted(CHANNELS - {"public"}))
async def test_no_route_opens_without_a_credential(city: City, channel: str) -> None:
    for route in ROUTES:
        answer = await city.client.request(route.method, path_of(route, channel))
        assert answer.status_code == 401, f"{route.method} {route.template}"


async def test_staff_on_the_mobile_channel_have_no_staff_operations(city: City) -> None:
    for route in ROUTES:
        if route.channels == {"staff"}:
            answer = await city.client.request(
                route.method, path_of(route, "mobile"), headers=city.staff("admin")
            )
            assert answer.status_code == 403, f"{route.method} {route.template}"


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/assets/no-such-file.css", (404, "/problems/no-such-path")),
        ("GET", "/assets/%2e%2e/settings.py", (404, "/problems/no-such-path")),
        ("GET", "/assets/", (404, "/problems/no-such-path")),
        ("POST", "/assets/city.css", (405, "/problems/method-not-allowed")),
        ("DELETE", "/public/docs", (404, "/problems/no-such-path")),
    ],
)
async def test_files_and_pages_refuse_as_operations_do(
    city: City, method: str, path: str, told: tuple[int, str]
) -> None:
    answer = await city.client.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == told
    assert answer.headers["content-type"] == "application/problem+json"


def claims() -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "http://idp.example",
        "aud": "pingdingshan-gateway",
        "exp": now + 600,
        "staff_id": "s_evil",
        "roles": ["admin"],
    }


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned() -> str:
    return f"{plain(json.dumps({'alg': 'none'}).encode())}.{plain(json.dumps(claims()).encode())}."


def signed_with_the_public_key() -> str:
    """Return a token whose HMAC key is what everybody can read: the classic confusion of algorithms."""
    head = plain(json.dumps({"alg": "HS256", "kid": "p1"}).encode())
    content = f"{head}.{plain(json.dumps(claims()).encode())}"
    mac = hmac.digest(PROVIDER_KEY.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{plain(mac)}"


def with_header(**header: Any) -> str:
    return jwt.encode({"alg": "ES256", **header}, claims(), PROVIDER_KEY, algorithms=["ES256"])


@pytest.mark.parametrize(
    "forged",
    [
        unsigned(),
        signed_with_the_public_key(),
        with_header(kid="../../../../dev/null"),
        with_header(kid="p1' OR '1'='1"),
        with_header(kid="x" * 5000),
        token() + "x",
        token().rsplit(".", 1)[0] + ".",
        "." * 2,
        "a.b.c",
    ],
)
async def test_a_forged_token_opens_nothing(city: City, forged: str) -> None:
    answer = await city.client.get("/staff/v1/applications", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401
    assert city.catalog.calls == 0


async def test_a_crowd_of_bad_tokens_asks_the_identity_provider_once(city: City) -> None:
    async def ask(number: int) -> int:
        headers = {"Authorization": f"Bearer {with_header(kid=f'k{number}')}"}
        return (await city.client.get("/staff/v1/applications", headers=headers)).status_code

    assert set(await asyncio.gather(*(ask(number) for number in range(20)))) == {401}
    assert city.catalog.paths.count("/jwks.json") == 1
    assert (await city.client.get("/mobile/v1/items", headers=city.citizen())).status_code == 200


async def test_a_token_cannot_name_where_its_key_is(city: City) -> None:
    embedded = with_header(kid="p9", jku="http://evil.example/jwks", jwk=PROVIDER_KEY.as_dict(private=False))
    answer = await city.client.get("/staff/v1/applications", headers={"Authorization": f"Bearer {embedded}"})
    assert answer.status_code == 401


async def test_every_answer_is_hardened(city: City) -> None:
    answers = [
        await city.client.get("/public/v1/items"),
        await city.client.get("/mobile/v1/applications"),
        await city.client.get("/public/docs"),
        await city.client.get("/nothing"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "cache-control" in answer.headers
    assert "script-src 'self'" in answers[2].headers["content-security-policy"]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
async def browser() -> AsyncGenerator[httpx.AsyncClient]:
    """Return a client of an edge that lets one site call the pc channel."""
    edge = Edge(hello, origins={"pc": ["https://gov.example"]}, is_https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url=ORIGIN) as client:
        yield client


async def preflight(client: httpx.AsyncClient, path: str, origin: str) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await client.options(path, headers=headers)


async def test_a_channel_s_own_site_may_call_it_and_no_other(browser: httpx.AsyncClient) -> None:
    good = await preflight(browser, "/pc/v1/applications", "https://gov.example")
    assert good.headers["access-control-allow-origin"] == "https://gov.example"
    for path, origin in (
        ("/pc/v1/applications", "https://evil.example"),
        ("/bank/v1/applications", "https://gov.example"),
        ("/kiosk/v1/applications", "https://gov.example"),
    ):
        refused = await preflight(browser, path, origin)
        assert "access-control-allow-origin" not in refused.headers
    assert "max-age" in (await browser.get("/pc/v1/items")).headers["strict-transport-security"]


async def test_a_body_that_does_not_come_is_not_waited_for(city: City, tmp_path: Path) -> None:
    core = city.core
    sent: list[Message] = []

    async def receive() -> Message:
        if not sent:
            return await never()
        raise AssertionError("asked again after the refusal")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mobile/v1/applications",
        "raw_path": b"/mobile/v1/applications",
        "query_string": b"",
        "headers": [
            (b"content-length", b"10"),
            (b"authorization", city.citizen()["Authorization"].encode()),
        ],
        "client": ("127.0.0.1", 1),
    }
    await core(scope, receive, send)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["type"] == "/problems/body-too-slow"


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_length_that_lies_is_refused(city: City) -> None:
    answer = await city.client.post("/mobile/v1/applications", content=b"x" * 20_000, headers=city.citizen())
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
