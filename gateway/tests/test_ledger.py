"""No change without its record: both are one message."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from gateway_city import City, ed25519_pair
from nats.js.api import DiscardPolicy

from gateway.ledger import STREAM, TOKENS, Ledger
from gateway.store import Bucket
from lib_kernel import SystemClock


@asynccontextmanager
async def a_full_record(city: City) -> AsyncGenerator[None]:
    """Let the broker refuse further audit records."""
    js = city.nats.jetstream()
    config = (await js.stream_info(STREAM)).config
    held = (await js.stream_info(STREAM)).state.messages
    await js.update_stream(replace(config, max_msgs=held, discard=DiscardPolicy.NEW))
    yield
    await js.update_stream(config)


CONTACT = {"name": "陈经理", "phone": "13800000000", "email": "ops@bank.example"}
CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "partners/psbc", {"name": "改名", "contact": CONTACT, "scopes": []}),
    ("POST", "partners/psbc/keys", {"key_id": "psbc-2", "algorithm": "ed25519"}),
    ("POST", "partners/psbc/suspension", {"reason": "x"}),
    ("POST", "partners/psbc/dead-letters/replay", {}),
    ("POST", "devices/K001/disablement", {"reason": "x"}),
    ("POST", "device-enrolments", {"code": "K9", "name": "x", "service_point": "P1"}),
    ("POST", "revoked-tokens", {"token_id": "t-1"}),
]


async def test_a_change_that_cannot_be_recorded_is_not_made(city: City) -> None:
    admin = city.staff("admin")
    before = (await city.parts.partners.get("psbc"), await city.parts.devices.get("K001"))
    async with a_full_record(city):
        for method, path, body in CHANGES:
            content = {**body, "public_key": ed25519_pair()[1]} if path.endswith("/keys") else body
            refused = await city.client.request(method, f"/staff/v1/{path}", json=content, headers=admin)
            assert refused.status_code == 503, path
            assert refused.json()["type"] == "/problems/registry-unavailable"
        assert (await city.parts.partners.get("psbc"), await city.parts.devices.get("K001")) == before
        assert await Bucket(city.nats, "device-enrolment").keys() == []
    # And what is made is recorded; nothing of the refused ones comes later.
    suspended = await city.client.post(
        "/staff/v1/partners/psbc/suspension", json={"reason": "y"}, headers=admin
    )
    assert suspended.status_code == 200
    actions = [row["action"] for row in await city.parts.partners.history("psbc")]
    assert actions == ["registered", "suspended"]
    assert city.parts.registry.revoked == set()


async def test_a_revoked_token_is_on_record(city: City) -> None:
    admin = city.staff("admin")
    done = await city.client.post("/staff/v1/revoked-tokens", json={"token_id": "t-1"}, headers=admin)
    assert done.status_code == 201
    [row] = await Ledger(city.nats, SystemClock(), TOKENS).history("t-1")
    assert (row["action"], row["by"]) == ("revoked", "s_1")
