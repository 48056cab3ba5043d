"""A signed request is accepted as it was signed, and in no other way."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lib_gm import Sm2PrivateKey
from lib_partner import SignatureRefused, SigningKey, sign_request, verify_request

URL = "http://gov.example/bank/v1/license-verifications"
BODY = b'{"a": 1}'


def ed25519() -> tuple[SigningKey, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey("bank-1", "ed25519", private), public


def sm2() -> tuple[SigningKey, bytes]:
    key = Sm2PrivateKey.generate()
    return SigningKey("bank-1", "sm2-sm3", key.pem()), key.public_key().pem()


PAIRS = [ed25519(), sm2()]
IDS = ["ed25519", "sm2"]


def check(
    pair: tuple[SigningKey, bytes],
    headers: dict[str, str],
    *,
    method: str = "POST",
    url: str = URL,
    body: bytes = BODY,
) -> str:
    """Verify and return the nonce, or the reason of the refusal."""
    key, public = pair
    known = {key.key_id: (key.algorithm, public)}
    try:
        return verify_request(method, url, headers, body, known.get).nonce
    except SignatureRefused as refused:
        return refused.reason


@pytest.mark.parametrize("pair", PAIRS, ids=IDS)
def test_a_good_signature_gives_its_nonce(pair: tuple[SigningKey, bytes]) -> None:
    signed = sign_request("POST", URL, {"Idempotency-Key": "abc"}, BODY, pair[0], nonce="n-1")
    assert check(pair, {**signed, "idempotency-key": "abc"}) == "n-1"


@pytest.mark.parametrize("pair", PAIRS, ids=IDS)
def test_anything_altered_is_refused(pair: tuple[SigningKey, bytes]) -> None:
    signed = sign_request("POST", URL, {"Idempotency-Key": "abc"}, BODY, pair[0])
    good = {**signed, "idempotency-key": "abc"}
    assert check(pair, good, body=b'{"a": 2}') == "signature-wrong"
    assert check(pair, good, method="PUT") == "signature-wrong"
    assert check(pair, good, url=URL + "?x=1") == "signature-wrong"
    assert check(pair, {**good, "idempotency-key": "abd"}) == "signature-wrong"
    assert check(pair, {**good, "x-session": "s"}) == "signature-wrong"


def test_an_empty_body_is_covered_too() -> None:
    signed = sign_request("GET", URL, {}, b"", PAIRS[0][0], nonce="n-2")
    assert check(PAIRS[0], signed, method="GET", body=b"") == "n-2"
    assert check(PAIRS[0], signed, method="GET", body=b"x") == "signature-wrong"


@pytest.mark.parametrize("age", [timedelta(seconds=90), timedelta(seconds=-30)])
def test_old_signatures_and_those_of_the_future_are_stale(age: timedelta) -> None:
    signed = sign_request("POST", URL, {}, BODY, PAIRS[0][0], now=datetime.now(UTC) - age)
    assert check(PAIRS[0], signed) == "signature-stale"


def test_unsigned_and_unknown_are_told_apart() -> None:
    assert check(PAIRS[0], {}) == "signature-missing"
    other = SigningKey("stranger", "ed25519", PAIRS[0][0].private_pem)
    assert check(PAIRS[0], sign_request("POST", URL, {}, BODY, other)) == "key-unknown"


def test_a_key_of_another_algorithm_is_named_when_it_is_used() -> None:
    key, _ = sm2()
    with pytest.raises(ValueError, match="not a ed25519 key"):
        sign_request("POST", URL, {}, BODY, SigningKey("bank-1", "ed25519", key.private_pem))


def test_the_algorithm_belongs_to_the_key_not_to_the_request() -> None:
    signed = sign_request("POST", URL, {}, BODY, PAIRS[1][0])
    assert check(PAIRS[0], signed) == "signature-wrong"
