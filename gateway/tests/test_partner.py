"""The life of a partner: keys with overlap, suspension, addresses, scopes, audit, sandbox."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
import pytest
import structlog
from gateway_city import City, ed25519_pair
from gateway_partner import CONTACT, NOW, a_partner, kind, known, register
from gateway_replica import eventually, replica

from gateway.identity import Request, TrustedProxies
from gateway.partner.domain import (
    NEXT,
    KeyTaken,
    LastKey,
    Partner,
    PartnerKey,
    Status,
    TooManyKeys,
    check_networks,
)
from lib_kernel import IllegalMove, Invalid
from lib_partner import SignedAuth, SigningKey

ROUTES = [
    ("GET", ""), ("GET", "/ccb"), ("PUT", "/ccb"), ("POST", ""), ("POST", "/ccb/keys"), ("GET", "/ccb/audit"),
    ("POST", "/ccb/keys/x1/retirement"), ("POST", "/ccb/suspension"), ("POST", "/ccb/reinstatement"),
    ("GET", "/ccb/usage"), ("GET", "/ccb/usage.xlsx"), ("GET", "/ccb/deliveries"),
    ("GET", "/ccb/dead-letters"), ("POST", "/ccb/dead-letters/replay"),
    ("POST", "/ccb/webhook/reactivation"), ("GET", "/ccb/reconciliations"),
    ("GET", "/ccb/reconciliations/2026-03-04"), ("POST", "/ccb/sandbox-reset"),
]  # fmt: skip


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    def move() -> Partner:
        partner = a_partner(status=current)
        return partner.suspended("r") if wanted is Status.SUSPENDED else partner.reinstated()

    if wanted in NEXT[current]:
        assert move().status is wanted
    else:
        with pytest.raises(IllegalMove):
            move()


def test_two_keys_overlap_and_the_last_one_stays() -> None:
    second = PartnerKey("k2", "ed25519", "pem", NOW)
    both = a_partner().with_key(second, NOW)
    with pytest.raises(TooManyKeys):
        both.with_key(PartnerKey("k3", "ed25519", "pem", NOW), NOW)
    with pytest.raises(KeyTaken):
        both.with_key(second, NOW)
    later = NOW + timedelta(days=7)
    changed = both.with_key_retired("k1", later, NOW)
    assert [key.is_usable(NOW) for key in changed.keys] == [True, True]
    assert [key.is_usable(later) for key in changed.keys] == [False, True]
    with pytest.raises(LastKey):
        changed.with_key_retired("k2", later, NOW)
    assert changed.with_key(PartnerKey("k3", "ed25519", "pem", NOW), later).keys[-1].key_id == "k3"


def test_addresses_and_events_are_matched() -> None:
    partner = a_partner(
        networks=check_networks(["10.1.0.0/16", "192.0.2.7"]), events=("booking.*", "a.b.c.v1")
    )
    assert [partner.admits(a) for a in ("10.1.2.3", "192.0.2.7", "::ffff:10.1.2.3", "10.2.0.1", "x", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert a_partner().admits("203.0.113.9")
    assert [partner.wants(t) for t in ("booking.x.y.v1", "a.b.c.v1", "a.b.c.v2")] == [True, True, False]
    with pytest.raises(Invalid):
        check_networks(["10.0.0.0/33"])


def test_only_trusted_proxies_say_for_whom_they_ask() -> None:
    def client(peer: str, forwarded: str | None, *trusted: str) -> str:
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        return TrustedProxies(trusted).client_of(Request("GET", "/", headers, b"", peer))

    assert client("203.0.113.9", "10.0.0.1") == "203.0.113.9"
    assert client("203.0.113.9", "10.0.0.1", "10.0.0.0/8") == "203.0.113.9"
    assert client("10.9.9.9", "198.51.100.1", "10.0.0.0/8") == "198.51.100.1"
    # What the client itself wrote in front is not believed.
    assert client("10.9.9.9", "1.1.1.1, 198.51.100.1, 10.8.8.8", "10.0.0.0/8") == "198.51.100.1"


def test_an_operator_is_told_once_that_a_proxy_in_front_is_not_trusted() -> None:
    forwarded = Request("GET", "/", {"x-forwarded-for": "198.51.100.1"}, b"", "10.9.9.9")
    untrusting, trusting = TrustedProxies(()), TrustedProxies(("10.0.0.0/8",))
    with structlog.testing.capture_logs() as logged:
        for proxies in (untrusting, untrusting, trusting):
            proxies.client_of(forwarded)
    assert [entry["event"] for entry in logged] == ["proxies.none_trusted"]


async def test_an_administrator_registers_a_partner_and_it_may_call(city: City) -> None:
    key = await register(city, "ccb")
    answer = await city.bank("GET", "/bank/v1/me", key)
    assert answer.json()["contact"] == CONTACT
    assert answer.json()["keys"][0]["key_id"] == "ccb-1"
    assert "public" not in answer.text
    listed = await city.client.get("/staff/v1/partners", headers=city.staff("admin"))
    assert [partner["code"] for partner in listed.json()["items"]] == ["box", "ccb", "psbc"]


async def test_what_is_wrong_with_a_registration_is_named(city: City) -> None:
    await register(city, "ccb")
    _, public = ed25519_pair()
    good = {
        "code": "abc",
        "name": "农行",
        "contact": CONTACT,
        "key": {"key_id": "abc-1", "algorithm": "ed25519", "public_key": public},
    }

    async def tried(**changes: Any) -> tuple[int, str]:
        body = {**good, **changes}
        answer = await city.client.post("/staff/v1/partners", json=body, headers=city.staff("admin"))
        told = answer.json()
        return answer.status_code, told.get("field") or told["type"].removeprefix("/problems/")

    assert await tried(code="ccb") == (409, "partner-exists")
    assert await tried(key={**good["key"], "key_id": "ccb-1"}) == (409, "key-taken")  # type: ignore[dict-item] # a dict
    assert await tried(key={**good["key"], "public_key": "no key"}) == (422, "public_key")  # type: ignore[dict-item] # a dict
    assert await tried(key={**good["key"], "algorithm": "sm2-sm3"}) == (422, "public_key")  # type: ignore[dict-item] # a dict
    assert await tried(scopes=["everything"]) == (422, "scopes")
    assert await tried(networks=["10.0.0.0/99"]) == (422, "networks.0")
    assert await tried(webhook={"url": "ftp://x.example"}) == (422, "webhook.url")
    assert await tried(is_admin=True) == (422, "malformed")


async def test_partners_are_the_administrators_alone(city: City) -> None:
    roles = city.staff("clerk", "officer", "seal_keeper", "leader", "case_handler", "dispatcher")
    for method, path in ROUTES:
        answer = await city.client.request(method, f"/staff/v1/partners{path}", headers=roles, json={})
        assert answer.status_code == 403, path
        citizen = await city.client.request(method, f"/pc/v1/partners{path}", headers=city.citizen(), json={})
        assert kind(citizen) == (403, "channel-not-allowed"), path
        bank = await city.bank(method, f"/bank/v1/partners{path}", json={})
        assert kind(bank) == (403, "channel-not-allowed"), path


async def test_odd_codes_are_unknown_and_no_wildcards(city: City) -> None:
    admin = city.staff("admin")
    for code in ("*", "%3E", "a.b", "%20", "psbc%00", "%E5%BB%BA", "x" * 300):
        for path in ("", "/usage", "/audit", "/deliveries", "/dead-letters", "/reconciliations"):
            answer = await city.client.get(f"/staff/v1/partners/{code}{path}", headers=admin)
            assert answer.status_code in {404, 405}, (code, path, answer.status_code)


async def test_keys_change_over_without_a_gap(city: City) -> None:
    old = await register(city, "ccb")
    private, public = ed25519_pair()
    new = SigningKey("ccb-2", "ed25519", private)
    body = {"key_id": "ccb-2", "algorithm": "ed25519", "public_key": public}
    admin = city.staff("admin")
    assert (
        await city.client.post("/staff/v1/partners/ccb/keys", json=body, headers=admin)
    ).status_code == 201
    await known(city, "ccb")
    assert [(await city.bank("GET", "/bank/v1/me", key)).status_code for key in (old, new)] == [200, 200]
    path = "/staff/v1/partners/ccb/keys/ccb-1/retirement"
    assert (await city.client.post(path, json={}, headers=admin)).status_code == 200
    await known(city, "ccb")
    refused = await city.bank("GET", "/bank/v1/me", old)
    assert (refused.status_code, refused.json()["reason"]) == (401, "key-unknown")
    assert (await city.bank("GET", "/bank/v1/me", new)).status_code == 200
    last = await city.client.post("/staff/v1/partners/ccb/keys/ccb-2/retirement", json={}, headers=admin)
    assert kind(last) == (409, "last-key")
    # The retired id is not free for another partner.
    stolen = {"code": "abc", "name": "x", "contact": CONTACT, "key": {**body, "key_id": "ccb-1"}}
    assert kind(await city.client.post("/staff/v1/partners", json=stolen, headers=admin)) == (
        409,
        "key-taken",
    )


async def test_suspension_reaches_every_replica_within_a_second(city: City) -> None:
    key = await register(city, "ccb")
    admin = city.staff("admin")
    async with replica(city) as other:

        async def asked(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get("/bank/v1/items", auth=SignedAuth(key))

        assert [(await asked(client)).status_code for client in (city.client, other)] == [200, 200]
        body = {"reason": "安全审计"}
        await city.client.post("/staff/v1/partners/ccb/suspension", json=body, headers=admin)
        began = asyncio.get_running_loop().time()

        async def both_refuse() -> bool:
            return {(await asked(client)).status_code for client in (city.client, other)} == {403}

        await eventually(both_refuse, seconds=5)
        # Generous for a busy machine; milliseconds in practice.
        assert asyncio.get_running_loop().time() - began < 1.0
        assert kind(await asked(other)) == (403, "partner-suspended")
        await city.client.post("/staff/v1/partners/ccb/reinstatement", json=body, headers=admin)

        async def both_accept() -> bool:
            return {(await asked(client)).status_code for client in (city.client, other)} == {200}

        await eventually(both_accept, seconds=5)


async def test_a_request_from_another_address_is_refused(city: City) -> None:
    key = await register(city, "ccb", networks=["192.0.2.0/24"])
    refused = await city.bank("GET", "/bank/v1/items", key)
    assert (kind(refused), refused.json()["address"]) == ((403, "address-not-allowed"), "127.0.0.1")
    forged = await city.bank("GET", "/bank/v1/items", key, headers={"X-Forwarded-For": "192.0.2.1"})
    assert kind(forged) == (403, "address-not-allowed")
    async with replica(city, trusted_proxies=("127.0.0.0/8",)) as behind_a_proxy:
        answer = await behind_a_proxy.get(
            "/bank/v1/items", auth=SignedAuth(key), headers={"X-Forwarded-For": "192.0.2.1"}
        )
        assert answer.status_code == 200


async def test_a_partner_reaches_only_its_scopes(city: City) -> None:
    key = await register(city, "ccb", scopes=["catalog:read"])
    assert (await city.bank("GET", "/bank/v1/items", key)).status_code == 200
    refused = await city.bank("GET", "/bank/v1/appointments", key)
    assert (kind(refused), refused.json()["scope"]) == ((403, "scope-missing"), "booking:read")
    written = await city.bank("POST", "/bank/v1/applications", key, headers={"Idempotency-Key": "12345678"})
    assert written.json()["scope"] == "catalog:write"


async def test_changes_are_kept_with_who_made_them_and_do_not_overwrite_each_other(city: City) -> None:
    await register(city, "ccb")
    admin = city.staff("admin")
    shown = await city.client.get("/staff/v1/partners/ccb", headers=admin)
    terms = {"name": "建设银行", "contact": CONTACT, "scopes": ["catalog:read"]}
    headers = {**admin, "If-Match": shown.headers["etag"]}
    changed = await city.client.put("/staff/v1/partners/ccb", json=terms, headers=headers)
    assert (changed.status_code, changed.json()["scopes"]) == (200, ["catalog:read"])
    stale = await city.client.put("/staff/v1/partners/ccb", json={**terms, "name": "x"}, headers=headers)
    assert kind(stale) == (412, "stale-version")
    records = (await city.client.get("/staff/v1/partners/ccb/audit", headers=admin)).json()["items"]
    assert [(record["action"], record["by"]) for record in records] == [
        ("registered", "s_1"), ("changed", "s_1"),
    ]  # fmt: skip
    assert records[1]["facts"]["terms"]["name"] == "建设银行"


async def test_of_changes_at_the_same_time_none_is_lost(city: City) -> None:
    await register(city, "ccb")

    async def add(number: int) -> None:
        def edit(partner: Partner) -> Partner:
            return replace(partner, events=(*partner.events, f"booking.n{number}.*"))

        await city.parts.partners.change("ccb", edit, action="event", by=str(number))

    await asyncio.gather(*(add(number) for number in range(8)))
    partner, _ = await city.parts.partners.get("ccb")
    assert sorted(partner.events) == [f"booking.n{number}.*" for number in range(8)]
    assert len(await city.parts.partners.history("ccb")) == 9


async def test_the_audit_record_lets_nothing_be_deleted(city: City) -> None:
    await register(city, "ccb")
    info = await city.nats.jetstream().stream_info("GATEWAY_AUDIT")
    assert info.config.deny_delete
    assert info.config.deny_purge


async def test_a_sandbox_is_marked_and_takes_no_real_places(city: City) -> None:
    read = await city.bank("GET", "/bank/v1/items", city.box_key)
    assert (read.status_code, read.headers["x-sandbox"]) == (200, "true")
    assert "x-sandbox" not in (await city.bank("GET", "/bank/v1/items")).headers
    headers = {"Idempotency-Key": "12345678"}
    real = await city.bank("POST", "/bank/v1/appointments", city.box_key, json={}, headers=headers)
    assert kind(real) == (403, "not-in-sandbox")
    assert city.booking.calls == 0


async def test_a_person_in_a_sandbox_is_nobody_real_and_gone_after_a_reset(city: City) -> None:
    body = {"id_number": "11010519491231002X", "consent": "c"}

    async def person(key: SigningKey) -> str:
        opened = await city.bank("POST", "/bank/v1/sessions", key, json=body)
        headers = {"X-Session": opened.json()["session"]}
        subject: str = city.caller(
            await city.bank("GET", "/bank/v1/appointments", key, headers=headers)
        ).subject
        return subject

    real, first = await person(city.bank_key), await person(city.box_key)
    assert real != first
    assert await person(city.box_key) == first
    opened = await city.bank("POST", "/bank/v1/sessions", city.box_key, json=body)
    assert (await city.bank("POST", "/bank/v1/sandbox-reset", city.box_key)).status_code == 204
    await known(city, "box")
    headers = {"X-Session": opened.json()["session"]}
    over = await city.bank("GET", "/bank/v1/appointments", city.box_key, headers=headers)
    assert kind(over) == (401, "session-over")
    assert await person(city.box_key) != first
    assert (await city.bank("POST", "/bank/v1/sandbox-reset")).status_code == 409
