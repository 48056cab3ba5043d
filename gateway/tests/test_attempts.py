"""Guessing runs into 429 by address; nobody is locked out by what others do in their name."""

from base64 import b64encode
from typing import Any

import httpx
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from gateway_city import STRANGER_KEY, City, ed25519_pair, token

from gateway.attempts import REMEMBERED_ADDRESSES, FailedAttempts, TooManyFailures
from lib_partner import SigningKey

FEW = {"failures_per_second": 0.02, "failure_burst": 3.0, "trusted_proxies": ("127.0.0.1/32",)}
few = pytest.mark.parametrize("city", [FEW], indirect=True)
HERE, ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.8"}


def held_up(answer: httpx.Response) -> bool:
    """Return whether an answer is 429 with the time to wait, in fields and words."""
    is_held_up = answer.status_code == 429
    if is_held_up:
        assert answer.json()["type"] == "/problems/too-many-failures"
        assert 1 <= int(answer.headers["retry-after"]) <= 50
    return is_held_up


async def enrol(city: City, where: dict[str, str]) -> httpx.Response:
    private, public = ed25519_pair()
    signature = load_pem_private_key(private, None).sign(b"AAAABBBBCCCC")  # type: ignore[union-attr,call-arg] # Ed25519
    body = {
        "enrolment_code": "AAAABBBBCCCC",
        "algorithm": "ed25519",
        "public_key": public,
        "proof": b64encode(signature).decode(),
    }
    return await city.client.post("/public/v1/device-enrolments/use", json=body, headers=where)


async def forge_token(city: City, where: dict[str, str]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token(key=STRANGER_KEY)}", **where}
    return await city.client.get("/mobile/v1/appointments", headers=headers)


async def forge_signature(city: City, where: dict[str, str]) -> httpx.Response:
    key = SigningKey("bank-1", "ed25519", ed25519_pair()[0])
    return await city.bank("GET", "/bank/v1/items", key, headers=where)


async def guess_key_id(city: City, where: dict[str, str]) -> httpx.Response:
    key = SigningKey("who-knows", "ed25519", ed25519_pair()[0])
    return await city.bank("GET", "/kiosk/v1/items", key, headers=where)


@few
@pytest.mark.parametrize("guess", [enrol, forge_token, forge_signature, guess_key_id])
async def test_guessing_from_an_address_runs_into_429_and_operators_see_it(city: City, guess: Any) -> None:
    with structlog.testing.capture_logs() as logged:
        answers = [await guess(city, HERE) for _ in range(5)]
    assert [held_up(answer) for answer in answers] == [False] * 3 + [True] * 2
    assert {answer.status_code for answer in answers[:3]} <= {401, 404}
    [event] = [entry for entry in logged if entry["event"] == "security.address_held_up"]
    assert event["address"] == "192.0.2.7"
    assert not held_up(await guess(city, ELSEWHERE))
    metrics = (await city.client.get("/metrics")).text
    assert "gateway_failed_proofs_total{" in metrics
    assert "gateway_addresses_held_up_total{" in metrics


@few
async def test_a_bank_is_not_locked_out_by_who_fails_in_its_name_elsewhere(city: City) -> None:
    for _ in range(5):
        await forge_signature(city, HERE)
    assert (await city.bank("GET", "/bank/v1/items", headers=ELSEWHERE)).status_code == 200
    # At the attacker's own address nothing is looked at any more.
    assert held_up(await city.bank("GET", "/bank/v1/items", headers=HERE))


@few
async def test_who_is_in_stays_in_beside_a_guesser_at_the_same_address(city: City) -> None:
    mine = city.citizen() | HERE
    assert (await city.client.get("/mobile/v1/appointments", headers=mine)).status_code == 200
    for _ in range(5):
        await forge_token(city, HERE)
    assert (await city.client.get("/mobile/v1/appointments", headers=mine)).status_code == 200


@few
async def test_what_is_no_guess_is_not_counted(city: City) -> None:
    """An expired token, a revoked one, none at all, a session that is over."""
    sent: list[dict[str, str]] = [city.citizen(exp=1), {}]
    for headers in sent * 5:
        answer = await city.client.get("/mobile/v1/appointments", headers=headers | HERE)
        assert answer.status_code == 401
    over = {"X-Session": "0" * 64} | HERE
    for _ in range(5):
        assert (await city.kiosk("GET", "/kiosk/v1/appointments", headers=over)).status_code == 401


def test_attempts_come_back_with_time_and_the_wait_is_true() -> None:
    now = 1000.0
    attempts = FailedAttempts(0.5, 2, lambda: now)
    for _ in range(2):
        attempts.check("192.0.2.7")
        attempts.note("192.0.2.7", "bank", "signature-wrong")
    with pytest.raises(TooManyFailures) as refused:
        attempts.check("192.0.2.7")
    assert refused.value.facts["retry_after"] == 2
    now += 2
    attempts.check("192.0.2.7")
    now += 60
    attempts.note("192.0.2.9", "bank", "signature-wrong")
    now += 60
    attempts.note("192.0.2.10", "bank", "signature-wrong")
    assert list(attempts._buckets) == ["192.0.2.10"]


def test_addresses_of_one_ipv6_network_are_one_and_memory_is_bounded() -> None:
    attempts = FailedAttempts(per_second=0.001, burst=1)
    attempts.note("2001:db8::1", "bank", "signature-wrong")
    with pytest.raises(TooManyFailures):
        attempts.check("2001:db8::ffff")
    attempts.check("2001:db8:0:1::1")
    attempts.note("::ffff:192.0.2.7", "bank", "signature-wrong")
    with pytest.raises(TooManyFailures):
        attempts.check("192.0.2.7")
    for number in range(REMEMBERED_ADDRESSES + 10):
        attempts.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "bank", "signature-wrong")
    assert len(attempts._buckets) == REMEMBERED_ADDRESSES
