"""Webhooks over the network: signatures a bank can verify, workers that take over, addresses never called."""

import asyncio
import ipaddress
import json
import socket
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from gateway_bank import Ledger, bank_server, enqueue, give_webhook
from gateway_city import City, ed25519_pair
from gateway_replica import eventually, worker

from gateway.partner.domain import Contact, Partner
from gateway.webhook.domain import Call
from gateway.webhook.poster import Outside, Poster
from lib_kernel import Invalid, SystemClock
from lib_partner import SignatureRefused, SigningKey, WebhookVerifier

A_CALL = Call(1, 1, "s", b'{"id":"e-1"}', "e-1", "t", datetime.now(UTC))


async def add_partner(city: City, code: str) -> None:
    partner = Partner(code, code, Contact("", "", ""), SystemClock().now())
    await city.parts.partners.create(partner, by="test")

    async def is_known() -> bool:
        return code in city.parts.registry.partners

    await eventually(is_known)


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2-sm3"])
async def test_a_bank_verifies_calls_with_the_published_keys(city: City, algorithm: str) -> None:
    transport = city.client._transport
    verifier = await WebhookVerifier.fetch(str(city.client.base_url), transport=transport)
    seen: list[Any] = []

    async def take(request: web.Request, body: bytes) -> web.Response:
        headers = dict(request.headers)
        event = verifier.verify("POST", str(request.url), headers, body)
        with pytest.raises(SignatureRefused, match="nonce"):
            verifier.verify("POST", str(request.url), headers, body)
        seen.append((event, headers))
        return web.Response(status=204)

    async with bank_server(take) as url, worker(city.settings):
        await give_webhook(city.parts, "psbc", url, algorithm=algorithm)
        expected = await enqueue(city.parts, "psbc", 1, 2)

        async def is_there() -> bool:
            return len(seen) == 2

        await eventually(is_there)
    [(subject, ids)] = expected.items()
    assert [event.id for event, _ in seen] == ids
    assert {event.subject for event, _ in seen} == {subject}
    assert seen[0][0].sequence < seen[1][0].sequence
    assert seen[0][1]["Content-Type"] == "application/cloudevents+json"
    assert "person_id" not in seen[0][0].data


async def test_a_partner_that_hangs_does_not_slow_down_another(city: City) -> None:
    await add_partner(city, "slow")
    ledger, release = Ledger(), asyncio.Event()

    async def hang(request: web.Request, body: bytes) -> web.Response:
        await release.wait()
        return web.Response(status=204)

    async def take(request: web.Request, body: bytes) -> web.Response:
        told = json.loads(body)
        ledger.take(told["subject"], told["id"], int(request.headers["Webhook-Sequence"]))
        return web.Response(status=204)

    async with bank_server(hang) as slow, bank_server(take) as quick, worker(city.settings):
        await give_webhook(city.parts, "slow", slow)
        await give_webhook(city.parts, "psbc", quick)
        await enqueue(city.parts, "slow", 30, 1)
        expected = await enqueue(city.parts, "psbc", 5, 4)

        async def is_done() -> bool:
            return ledger.effects == expected

        await eventually(is_done)
        assert sum((await city.parts.queue.businesses("slow")).values()) == 30
        release.set()


async def test_another_worker_takes_over_and_two_never_call_at_once(city: City) -> None:
    ledger, most = Ledger(), 0
    at_once: dict[str, int] = defaultdict(int)

    async def take(request: web.Request, body: bytes) -> web.Response:
        nonlocal most
        told = json.loads(body)
        at_once[told["subject"]] += 1
        most = max(most, at_once[told["subject"]])
        await asyncio.sleep(0.001)
        at_once[told["subject"]] -= 1
        ledger.take(told["subject"], told["id"], int(request.headers["Webhook-Sequence"]))
        return web.Response(status=204)

    async with bank_server(take) as url, AsyncExitStack() as stack:
        await give_webhook(city.parts, "psbc", url)
        first = AsyncExitStack()
        await first.enter_async_context(worker(city.settings))
        await stack.enter_async_context(worker(city.settings))
        expected = await enqueue(city.parts, "psbc", 4, 10)

        async def has_begun() -> bool:
            return bool(ledger.known)

        await eventually(has_begun)
        await first.aclose()

        async def is_done() -> bool:
            return ledger.effects == expected

        await eventually(is_done)
    assert most == 1
    assert ledger.is_in_order


class Names(AbstractResolver):
    """Answers a name with an address, another one each time."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the next address."""
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


def a_key() -> dict[str, SigningKey]:
    return {"ed25519": SigningKey("g", "ed25519", ed25519_pair()[0])}


INNER = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "2002:7f00:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_no_webhooks(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Invalid):
        Outside().check_url(f"https://{host}/hook")
    assert not Outside().is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["http://bank.example/", "ftp://bank.example/", "https://user:pw@bank.example/", "https://",
     "file:///etc/passwd", "https://bank.example/#x", "https://[::1", "https://bank.example:99999/",
     "//bank.example/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/",
     "https://127.0.0.1./", "https://１２７.0.0.1/", "https://①27.0.0.1/", "https://bänk.example/",
     "https://bank..example/", "https://bank example/", "https://0/"],
)  # fmt: skip
def test_other_urls_are_no_webhooks(url: str) -> None:
    with pytest.raises(Invalid):
        Outside().check_url(url)


class Careless(Outside):
    """Lets every address be registered."""

    def check_url(self, url: str) -> str:
        """Return it."""
        return url


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "127.0.0.1.", "１２７.0.0.1"])
async def test_no_spelling_of_an_inner_address_is_called(host: str) -> None:
    """Also when nobody looked at it before: what is connected to counts."""
    called: list[str] = []

    async def take(request: web.Request, body: bytes) -> web.Response:
        called.append(host)
        return web.Response(status=204)

    poster = Poster(a_key(), Careless(), seconds=5)
    async with bank_server(take) as url:
        port = urlsplit(url).port
        answer = await poster.send(f"http://{host}:{port}/hook", "ed25519", A_CALL, 1)
    await poster.aclose()
    assert (answer.status, called) == (0, [])


def test_an_outer_address_is_a_webhook() -> None:
    assert Outside().check_url("https://bank.example:8443/hook?x=1") == "https://bank.example:8443/hook?x=1"
    assert Outside().is_outside(ipaddress.ip_address("8.8.8.8"))


async def test_a_name_that_leads_inside_is_not_called_however_it_is_written() -> None:
    called: list[str] = []

    async def take(request: web.Request, body: bytes) -> web.Response:
        called.append(request.path)
        return web.Response(status=204)

    async with bank_server(take) as url:
        port = url.split(":")[2].split("/")[0]
        for host in ("rebind.example", "localhost", "2130706433", "0x7f.1", "127.1"):
            poster = Poster(a_key(), Outside(allow_http=True), resolver=Names("127.0.0.1"), seconds=3)
            answer = await poster.send(f"http://{host}:{port}/hook", "ed25519", A_CALL, 1)
            await poster.aclose()
            assert answer.status == 0
            assert answer.error in {"AddressForbidden", "Invalid", "InvalidUrlClientError"}
    assert called == []


async def test_redirects_are_not_followed_and_long_answers_not_read(city: City) -> None:
    calls: list[str] = []

    async def take(request: web.Request, body: bytes) -> web.StreamResponse:
        calls.append(request.path)
        if len(calls) == 1:
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/inner"})
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        for _ in range(10_000):
            try:
                await response.write(b"x" * 65536)
            except (ConnectionError, OSError):
                break
        return response

    poster = Poster(a_key(), Outside(allow_inner=True, allow_http=True), seconds=5)
    async with bank_server(take) as url:
        redirected = await poster.send(url, "ed25519", A_CALL, 1)
        assert (redirected.status, redirected.is_taken) == (302, False)
        endless = await poster.send(url, "ed25519", A_CALL, 2)
        assert endless.is_taken
        assert endless.milliseconds < 5000
    await poster.aclose()
    assert len(calls) == 2


async def test_a_silent_bank_is_a_failed_attempt_and_retry_after_is_heard(city: City) -> None:
    async def take(request: web.Request, body: bytes) -> web.Response:
        if request.headers["Webhook-Attempt"] == "1":
            await asyncio.Event().wait()
        return web.Response(status=503, headers={"Retry-After": "120"})

    poster = Poster(a_key(), Outside(allow_inner=True, allow_http=True), seconds=0.2)
    async with bank_server(take) as url:
        silent = await poster.send(url, "ed25519", A_CALL, 1)
        busy = await poster.send(url, "ed25519", A_CALL, 2)
    await poster.aclose()
    assert (silent.status, silent.error) == (0, "TimeoutError")
    assert (busy.status, busy.retry_after) == (503, 120.0)


async def test_an_address_inside_is_refused_at_registration(city: City) -> None:
    outside = replace(city.parts.outside, allow_inner=False)
    object.__setattr__(city.parts.outside, "allow_inner", False)
    assert outside == city.parts.outside
    body = {"webhook": {"url": "https://169.254.169.254/latest"}, "events": []}
    answer = await city.bank("PUT", "/bank/v1/webhook", city.box_key, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "webhook.url")


async def test_the_log_dead_letters_and_notices_are_for_administrators(city: City) -> None:
    paths = ["partners/psbc/deliveries", "partners/psbc/dead-letters", "partner-notices"]
    for path in paths:
        assert (await city.client.get(f"/staff/v1/{path}", headers=city.staff("officer"))).status_code == 403
        assert (await city.client.get(f"/staff/v1/{path}", headers=city.staff("admin"))).status_code == 200
    unknown = await city.client.get("/staff/v1/partners/nobody/deliveries", headers=city.staff("admin"))
    assert unknown.status_code == 404


async def test_an_operator_sees_attempts_and_replays_dead_letters(city: City) -> None:
    status = 500

    async def take(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=status)

    settings = city.settings.model_copy(update={"webhook_give_up": timedelta(seconds=1)})
    admin = city.staff("admin")

    async def dead() -> list[dict[str, Any]]:
        answer = await city.client.get("/staff/v1/partners/psbc/dead-letters", headers=admin)
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async with bank_server(take) as url, worker(settings):
        await give_webhook(city.parts, "psbc", url)
        expected = await enqueue(city.parts, "psbc", 1, 2)

        async def all_dead() -> bool:
            return len(await dead()) == 2

        await eventually(all_dead)
        status = 204
        path = "/staff/v1/partners/psbc/dead-letters/replay"
        answer = await city.client.post(path, json={}, headers=admin)
        assert answer.json() == {"queued": 2}

        async def delivered() -> bool:
            listed = await city.client.get("/staff/v1/partners/psbc/deliveries", headers=admin)
            outcomes = [one for one in listed.json()["items"] if one["outcome"] == "delivered"]
            return [one["event_id"] for one in reversed(outcomes)] == next(iter(expected.values()))

        await eventually(delivered)
    assert await dead() == []
    notices = (await city.client.get("/staff/v1/partner-notices", headers=admin)).json()["items"]
    assert [notice["kind"] for notice in notices] == ["given-up"]
