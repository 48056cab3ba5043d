"""Partners for tests: made as values, or registered as an administrator does."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from gateway_city import City, ed25519_pair
from gateway_replica import eventually

from gateway.partner.domain import Contact, Partner, PartnerKey
from lib_partner import SigningKey

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
CONTACT = {"name": "陈经理", "phone": "13800000000", "email": "ops@bank.example"}


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Return status and problem type of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def a_partner(**changes: Any) -> Partner:
    """Return a partner with one key."""
    key = PartnerKey("k1", "ed25519", "pem", NOW)
    return replace(Partner("ccb", "建行", Contact("", "", ""), NOW, keys=(key,)), **changes)


async def register(city: City, code: str, **terms: Any) -> SigningKey:
    """Register a partner as an administrator; return its key once this replica knows it."""
    private, public = ed25519_pair()
    key = {"key_id": f"{code}-1", "algorithm": "ed25519", "public_key": public}
    body = {"code": code, "name": code, "contact": CONTACT, "key": key, **terms}
    answer = await city.client.post("/staff/v1/partners", json=body, headers=city.staff("admin"))
    assert answer.status_code == 201, answer.text
    await known(city, code)
    return SigningKey(f"{code}-1", "ed25519", private)


async def known(city: City, code: str) -> None:
    """Wait until the gateway's registry has the newest record of a partner."""
    revision = (await city.parts.partners.get(code))[0]

    async def is_known() -> bool:
        return city.parts.registry.partners.get(code) == revision

    await eventually(is_known)
