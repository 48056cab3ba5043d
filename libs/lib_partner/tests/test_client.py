"""The bank's client: signs anew for each try, repeats only what may be repeated, reads events to the end."""

import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import lib_partner
from lib_gm import Sm2PrivateKey
from lib_partner import (
    WEBHOOK_TAG,
    GatewayRefused,
    PartnerClient,
    SignatureRefused,
    SigningKey,
    WebhookVerifier,
    sign_request,
    verify_request,
)

BASE = "http://gov.example"


def a_key(key_id: str = "bank-1") -> tuple[SigningKey, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(key_id, "ed25519", private), public


KEY, PUBLIC = a_key()


class Gateway:
    """Answers what a test lays out, after checking the signature; an exception is a broken connection."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.nonces: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        known = {KEY.key_id: (KEY.algorithm, PUBLIC)}
        proven = verify_request(
            request.method, str(request.url), dict(request.headers), request.content, known.get
        )
        self.requests.append(request)
        self.nonces.add(proven.nonce)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options: Any) -> PartnerClient:
        """Return a client of this gateway."""
        return PartnerClient(BASE, KEY, transport=httpx.MockTransport(self), **options)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tries follow each other at once."""
    monkeypatch.setattr("lib_partner._client.FIRST_PAUSE", 0.0)
    monkeypatch.setattr("lib_partner._client.LONGEST_PAUSE", 0.0)


def problem(status: int, code: str = "x") -> httpx.Response:
    return httpx.Response(status, json={"type": f"/problems/{code}", "title": "标题", "detail": "说明"})


async def test_a_read_is_repeated_and_signed_anew_each_time() -> None:
    gateway = Gateway(httpx.ConnectError("x"), problem(503), httpx.Response(200, json={"a": 1}))
    async with gateway.client() as bank:
        assert await bank.get("/v1/items", limit=1) == {"a": 1}
    assert len(gateway.requests) == len(gateway.nonces) == 3
    assert str(gateway.requests[0].url) == f"{BASE}/bank/v1/items?limit=1"


async def test_a_post_is_repeated_under_one_idempotency_key() -> None:
    gateway = Gateway(httpx.ReadTimeout("x"), problem(502), httpx.Response(201, json={"id": "1"}))
    async with gateway.client() as bank:
        assert await bank.post("/v1/appointments", {"a": 1}, session="s" * 8) == {"id": "1"}
    keys = {request.headers["idempotency-key"] for request in gateway.requests}
    assert (len(gateway.requests), len(keys)) == (3, 1)
    assert {request.headers["x-session"] for request in gateway.requests} == {"s" * 8}


async def test_a_request_that_may_have_had_effect_is_not_repeated_without_a_key() -> None:
    gateway = Gateway(httpx.ReadTimeout("x"))
    async with gateway.client() as bank:
        with pytest.raises(httpx.ReadTimeout):
            await bank.request("POST", "/v1/x", json={})
    assert len(gateway.requests) == 1


async def test_a_refusal_is_not_repeated_and_says_why() -> None:
    gateway = Gateway(problem(409, "slot-full"))
    async with gateway.client() as bank:
        with pytest.raises(GatewayRefused, match="409 标题 说明") as refused:
            await bank.post("/v1/appointments", {}, key="my-key-1")
    assert (refused.value.code, refused.value.problem["detail"]) == ("slot-full", "说明")
    assert gateway.requests[0].headers["idempotency-key"] == "my-key-1"


async def test_tries_end() -> None:
    gateway = Gateway(*[problem(503) for _ in range(4)])
    async with gateway.client() as bank:
        with pytest.raises(GatewayRefused):
            await bank.get("/v1/items")
    assert len(gateway.requests) == 4


async def test_nobody_waits_for_a_daily_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib_partner._client.LONGEST_PAUSE", 30.0)
    refusal = problem(429)
    refusal.headers["retry-after"] = "31000"
    gateway = Gateway(refusal)
    async with gateway.client() as bank:
        with pytest.raises(GatewayRefused) as refused:
            await bank.get("/v1/items")
    assert refused.value.status == 429


async def test_an_empty_answer_is_none_and_a_page_of_html_is_a_refusal() -> None:
    gateway = Gateway(httpx.Response(204), httpx.Response(500, text="<html>"))
    async with gateway.client() as bank:
        assert await bank.post("/v1/sandbox-reset", {}) is None
        with pytest.raises(GatewayRefused) as refused:
            await bank.get("/v1/items")
    assert refused.value.problem == {}


async def test_events_are_acknowledged_after_they_were_worked_on() -> None:
    pages = [{"items": [{"id": "1"}, {"id": "2"}], "cursor": "7"}, {"items": [{"id": "3"}], "cursor": "9"}]
    done = {"items": [], "cursor": "9"}
    answers = [pages[0], {"cursor": "7"}, pages[1], {"cursor": "9"}, done]
    gateway = Gateway(*[httpx.Response(200, json=answer) for answer in answers])
    async with gateway.client() as bank:
        seen = []
        async for event in bank.events():
            seen.append(event["id"])
            posts = [request for request in gateway.requests if request.method == "POST"]
            assert len(posts) == (1 if event["id"] == "3" else 0)
    assert seen == ["1", "2", "3"]
    assert json.loads(gateway.requests[-2].content) == {"cursor": "9"}


BODY = json.dumps(
    {"id": "e-1", "type": "t", "subject": "s", "time": "2026-03-04T01:00:00+00:00", "data": {"a": 1}}
).encode()
HOOK = "https://bank.example/hook"


def a_call(
    key: SigningKey, body: bytes = BODY, tag: str = WEBHOOK_TAG, event_id: str = "e-1"
) -> dict[str, str]:
    headers = {"webhook-id": event_id, "webhook-sequence": "5"}
    return {**headers, **sign_request("POST", HOOK, headers, body, key, tag=tag)}


def reason(verifier: WebhookVerifier, headers: dict[str, str], body: bytes = BODY, url: str = HOOK) -> str:
    with pytest.raises(SignatureRefused) as refused:
        verifier.verify("POST", url, headers, body)
    return refused.value.reason


def verifier() -> WebhookVerifier:
    return WebhookVerifier({KEY.key_id: (KEY.algorithm, PUBLIC)})


async def test_keys_are_fetched_and_a_call_is_verified_by_both_algorithms() -> None:
    sm2 = Sm2PrivateKey.generate()
    items = [
        {"key_id": KEY.key_id, "algorithm": "ed25519", "public_key": PUBLIC.decode()},
        {"key_id": "g-sm2", "algorithm": "sm2-sm3", "public_key": sm2.public_key().pem().decode()},
    ]
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"items": items}))
    found = await WebhookVerifier.fetch(BASE, transport=transport)
    for key in (KEY, SigningKey("g-sm2", "sm2-sm3", sm2.pem())):
        event = found.verify("POST", HOOK, a_call(key), BODY)
        assert (event.id, event.sequence, event.data) == ("e-1", 5, {"a": 1})


def test_an_event_that_was_worked_on_is_known() -> None:
    found = verifier()
    event = found.verify("POST", HOOK, a_call(KEY), BODY)
    assert not found.is_done(event)
    found.done(event)
    assert found.is_done(found.verify("POST", HOOK, a_call(KEY), BODY))


def test_other_calls_are_refused() -> None:
    found, good = verifier(), a_call(KEY)
    assert reason(found, good, BODY + b" ") == "signature-wrong"
    assert reason(found, good, url=HOOK + "2") == "signature-wrong"
    assert reason(found, {**good, "webhook-sequence": "6"}) == "signature-wrong"
    assert reason(found, {**good, "webhook-id": "e-2"}) == "signature-wrong"
    assert reason(found, a_call(KEY, tag="pingdingshan-gateway")) == "signature-wrong"
    assert reason(found, a_call(a_key("stranger")[0])) == "key-unknown"
    assert reason(found, a_call(a_key(KEY.key_id)[0])) == "signature-wrong"
    assert reason(found, {}) == "signature-missing"
    found.verify("POST", HOOK, good, BODY)
    assert reason(found, good) == "signature-replayed"


def test_a_signed_call_that_is_no_event_is_refused() -> None:
    assert reason(verifier(), a_call(KEY, b"no json"), b"no json") == "event-malformed"
    assert reason(verifier(), a_call(KEY, event_id="e-2")) == "event-malformed"


def test_a_webhook_is_no_request_to_the_gateway() -> None:
    headers = a_call(KEY)
    with pytest.raises(SignatureRefused):
        verify_request("POST", HOOK, headers, BODY, {KEY.key_id: (KEY.algorithm, PUBLIC)}.get)


def test_every_exported_name_exists() -> None:
    assert sorted(lib_partner.__all__) == sorted(set(lib_partner.__all__))
    assert all(hasattr(lib_partner, name) for name in lib_partner.__all__)
