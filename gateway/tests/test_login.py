"""Staff log in with a browser: led to the provider and back, known by their cookie, and nobody else by it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from gateway_city import City, listening, token
from gateway_replica import listening_replica
from test_streams import ended, stream

from gateway.login.store import Logins, NotFromOurPage
from lib_testing import free_port
from lib_web import HEADER, CallerKind

PAGE = "/staff/pages/digest"
OURS = {"Sec-Fetch-Site": "same-origin"}
STAFF = {"staff_id": "s_leader", "roles": ["leader"], "person_id": None}


@dataclass
class Provider:
    """An identity provider that knows one person and gives one code, to who began."""

    port: int = field(default_factory=free_port)
    claims: dict[str, Any] = field(default_factory=lambda: dict(STAFF))
    challenge: str = ""
    tokens: bool = True
    redeemed: list[dict[str, str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Return the provider's name, which is its address."""
        return f"http://127.0.0.1:{self.port}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer discovery and token requests."""
        body: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "end_session_endpoint": f"{self.issuer}/logout",
        }
        status = 200
        if scope["path"] == "/token":
            status, body = self.redeem((await receive())["body"].decode())
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def redeem(self, sent: str) -> tuple[int, dict[str, Any]]:
        """Return a token for the code and its verifier."""
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        self.redeemed.append(form)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if form["code"] != "good" or urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": token(iss=self.issuer, **self.claims)} if self.tokens else {}

    def chosen(self, address: str) -> str:
        """Return the state a browser brings back from this address."""
        asked = parse_qs(urlsplit(address).query)
        assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
        self.challenge = asked["code_challenge"][0]
        return asked["state"][0]


@pytest_asyncio.fixture
async def provider() -> AsyncGenerator[Provider]:
    """Return a provider that listens."""
    made = Provider()
    async with listening(made, made.port):
        yield made


@pytest_asyncio.fixture
async def browser(city: City, provider: Provider) -> AsyncGenerator[httpx.AsyncClient]:
    """Return a client that keeps cookies, at a gateway that knows the provider."""
    async with (
        listening_replica(city, oidc_issuer=provider.issuer) as address,
        httpx.AsyncClient(base_url=address, timeout=20) as client,
    ):
        yield client


async def log_in(browser: httpx.AsyncClient, provider: Provider, page: str = PAGE) -> httpx.Response:
    """Open a page, go to the provider, come back; return the last answer."""
    led = await browser.get(page)
    assert led.status_code == 303
    begun = await browser.get(led.headers["location"])
    assert begun.headers["location"].startswith(f"{provider.issuer}/authorize?")
    state = provider.chosen(begun.headers["location"])
    return await browser.get("/staff/login/callback", params={"code": "good", "state": state})


async def test_who_opens_a_page_logs_in_and_comes_back_to_it(
    city: City, browser: httpx.AsyncClient, provider: Provider
) -> None:
    back = await log_in(browser, provider, f"{PAGE}?day=2026-03-04")
    assert (back.status_code, back.headers["location"]) == (303, f"{PAGE}?day=2026-03-04")
    [session, begun] = back.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    assert begun.startswith("staff-login=")
    assert "Max-Age=0" in begun
    page = await browser.get(back.headers["location"])
    assert (page.status_code, '<main id="content"></main>' in page.text) == (200, True)
    told = (await browser.get("/staff/v1/tickets/1")).json()
    caller = city.verifier.verify(told["headers"][HEADER.lower()])
    assert (caller.kind, caller.subject, caller.roles) == (
        CallerKind.STAFF,
        "s_leader",
        frozenset({"leader"}),
    )
    assert "cookie" not in told["headers"]


async def test_the_session_is_no_key_to_other_channels(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    await log_in(browser, provider)
    for path in ("/pc/v1/tickets/1", "/mobile/v1/appointments", "/bank/v1/items"):
        assert (await browser.get(path)).status_code == 401


async def test_only_our_own_pages_change_anything_by_cookie(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    await log_in(browser, provider)
    path = "/staff/v1/tickets/1/finish"
    foreign: list[dict[str, str]] = [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
    ]
    for headers in foreign:
        answer = await browser.post(path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-from-our-page")
        assert (await browser.post("/staff/logout", headers=headers)).status_code == 403
    for own in (OURS, {"Origin": str(browser.base_url).rstrip("/")}):
        assert (await browser.post(path, headers=own)).status_code == 200


async def test_logging_out_ends_the_session_and_its_streams_and_leads_to_the_provider(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    await log_in(browser, provider)
    kept = {"Cookie": f"staff={browser.cookies['staff']}"}
    async with stream(str(browser.base_url), "/staff/v1/inbox/stream", headers=kept) as reading:
        left = await browser.post("/staff/logout", headers=OURS)
        assert left.json()["next"].startswith(f"{provider.issuer}/logout?")
        assert "staff" not in browser.cookies
        await ended(reading)
    answer = await browser.get("/staff/v1/tickets/1", headers=kept)
    assert answer.status_code == 401
    assert (await browser.get("/staff/logged-out")).status_code == 200


async def test_a_log_in_that_this_browser_did_not_begin_is_refused(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    begun = await browser.get("/staff/login")
    state = provider.chosen(begun.headers["location"])
    for given in ({"code": "good", "state": "another"}, {"code": "good"}, {"state": state}, {"error": "x"}):
        refused = await browser.get("/staff/login/callback", params=given)
        assert (refused.status_code, "登录未完成" in refused.text) == (401, True)
    browser.cookies.clear()
    stolen = await browser.get("/staff/login/callback", params={"code": "good", "state": state})
    assert (stolen.status_code, provider.redeemed) == (401, [])


async def test_a_code_the_provider_does_not_take_opens_nothing(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    begun = await browser.get("/staff/login")
    state = provider.chosen(begun.headers["location"])
    refused = await browser.get("/staff/login/callback", params={"code": "bad", "state": state})
    assert (refused.status_code, refused.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "staff" not in browser.cookies


async def test_a_citizen_gets_no_session_of_staff(browser: httpx.AsyncClient, provider: Provider) -> None:
    provider.claims = {}
    refused = await log_in(browser, provider)
    assert (refused.status_code, "仅供工作人员" in refused.text) == (403, True)
    assert "staff" not in browser.cookies


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/staff/v1/applications", "/staff/pages/../x", ""]
)
async def test_the_way_back_leads_to_our_pages_only(
    browser: httpx.AsyncClient, provider: Provider, wanted: str
) -> None:
    begun = await browser.get("/staff/login", params={"next": wanted})
    state = provider.chosen(begun.headers["location"])
    back = await browser.get("/staff/login/callback", params={"code": "good", "state": state})
    assert back.headers["location"] == PAGE


async def test_a_provider_that_gives_no_token_is_said_in_words(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.tokens = False
    refused = await log_in(browser, provider)
    assert (refused.status_code, "身份认证服务暂时不可用" in refused.text) == (503, True)


async def test_a_provider_that_is_away_is_said_in_words(city: City) -> None:
    async with (
        listening_replica(city, oidc_issuer=f"http://127.0.0.1:{free_port()}") as address,
        httpx.AsyncClient(base_url=address) as client,
    ):
        answer = await client.get("/staff/login")
    assert (answer.status_code, "身份认证服务暂时不可用" in answer.text) == (503, True)
    assert answer.headers["retry-after"]


async def test_the_broker_keeps_no_token_that_could_be_used(city: City) -> None:
    logins = Logins(city.nats, "https://gov.example")
    secret = await logins.begin("the-token")
    stored = await city.nats.jetstream().get_msg("KV_staff-login", seq=1)
    assert b"the-token" not in (stored.data or b"")
    assert secret not in (stored.subject or "")
    # With TLS the cookie's name keeps neighbouring hosts and plain HTTP from setting it.
    headers = {"cookie": f"other=1; __Host-staff={secret}"}
    assert await logins.token_of("GET", headers) == "the-token"
    assert await logins.token_of("GET", {"cookie": f"staff={secret}"}) is None
    assert await logins.token_of("GET", {"cookie": "__Host-staff=invented"}) is None
    with pytest.raises(NotFromOurPage):
        await logins.token_of("POST", headers)
