"""A partner's verifier of offline QR codes, written from the API document alone.

What it relies on stands at `/v1/presentation-keys` and `/v1/status-lists/{number}`.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lib_testing import CITIZEN, PUBLIC

SKEW = 30
STANDINGS = ("valid", "suspended", "ended", "unknown")


class Refused(Exception):
    """The code or the list is not to be believed."""


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def opened(text: str, kind: str, keys: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return what a compact JWS of a kind says. Raises Refused."""
    header, payload, signature = text.split(".")
    said = json.loads(_decoded(header))
    [key] = [key for key in keys if key["kid"] == said["kid"]]
    if (said["alg"], said["typ"], key["kty"], key["crv"]) != ("Ed25519", kind, "OKP", "Ed25519"):
        raise Refused("another kind of text")
    try:
        public = Ed25519PublicKey.from_public_bytes(_decoded(key["x"]))
        public.verify(_decoded(signature), f"{header}.{payload}".encode())
    except InvalidSignature as error:
        raise Refused("not signed by the city") from error
    content: dict[str, Any] = json.loads(_decoded(payload))
    return content


def judged(
    code: str, keys: Sequence[Mapping[str, str]], lists: Mapping[int, str], now: float
) -> tuple[str, float, dict[str, Any]]:
    """Return how the licence stands, how old that knowledge is in seconds, and what the code says."""
    content = opened(code, "license-offline+jws", keys)
    if not content["iat"] - SKEW <= now <= content["exp"] + SKEW:
        raise Refused("not at this time")
    standing, known_at = content["st"], content["iat"]
    number, place = divmod(content["ix"], 65536)
    if number in lists:
        listed = opened(lists[number], "statuslist+jws", keys)
        if listed["list"] != number:
            raise Refused("another list")
        if listed["iat"] > known_at:
            data = zlib.decompress(_decoded(listed["bits"]))
            standing, known_at = STANDINGS[data[place * 2 // 8] >> (place * 2 % 8) & 3], listed["iat"]
    if standing == "valid" and now >= content.get("end", float("inf")):
        standing = "ended"
    return standing, now - known_at, content


async def shown(desk: Any, found: dict[str, Any], form: str) -> str:
    body = {"license_id": found["id"], "form": form}
    answer = await desk.service.as_(CITIZEN).post("/v1/presentations", json=body)
    return str(answer.json()["code"])


async def published(desk: Any, what: str) -> str:
    answer = await desk.service.as_(PUBLIC).get(f"/v1/{what}")
    assert answer.status_code == 200
    return str(answer.text)


async def test_it_judges_codes_and_lists(desk: Any) -> None:
    other, found = await desk.issue(), await desk.issue()
    code, keys = await shown(desk, found, "offline"), json.loads(await published(desk, "presentation-keys"))
    before, now = await published(desk, "status-lists/0"), desk.clock.now().timestamp()
    standing, age, _ = judged(code, keys["keys"], {}, now)
    assert (standing, age < 1) == ("valid", True)
    await desk.decide("suspension", found["id"])
    desk.clock.advance(timedelta(minutes=6))
    listed, now = await published(desk, "status-lists/0"), desk.clock.now().timestamp()
    assert judged(code, keys["keys"], {0: listed}, now)[0] == "suspended"
    standing, age, _ = judged(code, keys["keys"], {0: before}, now)
    assert (standing, age >= 360) == ("valid", True)
    assert judged(await shown(desk, other, "offline"), keys["keys"], {0: listed}, now)[0] == "valid"


async def test_it_refuses_what_is_changed_another_kind_or_not_of_this_time(desk: Any) -> None:
    found = await desk.issue()
    code, online = await shown(desk, found, "offline"), await shown(desk, found, "online")
    keys, now = json.loads(await published(desk, "presentation-keys"))["keys"], desk.clock.now().timestamp()
    header, payload, signature = code.split(".")
    changed = f"{header}.{payload[:9]}{'A' if payload[9] != 'A' else 'B'}{payload[10:]}.{signature}"
    for wrong, at in ((online, now), (changed, now), (code, now + 86_500), (code, now - 60)):
        with pytest.raises(Refused):
            judged(wrong, keys, {}, at)
    with pytest.raises(Refused):
        judged(code, keys, {0: code}, now)


async def test_the_document_names_all_that_codes_and_lists_say(desk: Any) -> None:
    paths = json.loads((await desk.service.as_(PUBLIC).get("/openapi.json")).text)["paths"]
    codes = paths["/v1/presentation-keys"]["get"]["description"]
    lists = paths["/v1/status-lists/{number}"]["get"]["description"]
    found = await desk.issue()
    for form in ("online", "offline"):
        assert all(f"`{name}`" in codes for name in said(await shown(desk, found, form))), form
    assert all(f"`{name}`" in lists for name in said(await published(desk, "status-lists/0")))


def said(text: str) -> dict[str, Any]:
    """Return what a compact JWS says, unchecked."""
    content: dict[str, Any] = json.loads(_decoded(text.split(".")[1]))
    return content
