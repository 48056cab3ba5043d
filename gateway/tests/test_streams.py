"""An open stream ends when who opened it would not be let in any more, on every replica, for every caller."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateway_city import City, listening
from gateway_replica import listening_replica

from gateway.partner.domain import Partner
from lib_partner import SignedAuth
from lib_testing import free_port

BOARD = "v1/service-points/410422-HALL/board/events"
CUSTOMER = {"id_number": "11010519491231002X", "consent": "c-1"}


async def endless(_scope: Any, receive: Any, send: Any) -> None:
    """Answer as a hall's board does: for as long as somebody listens."""
    await receive()
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": \n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest_asyncio.fixture
async def address(city: City) -> AsyncGenerator[str]:
    """Return the address of another replica, where the streams are."""
    port = free_port()
    async with (
        listening(endless, port),
        listening_replica(city, booking_url=f"http://127.0.0.1:{port}") as it,
    ):
        yield it


@asynccontextmanager
async def stream(address: str, path: str, **how: Any) -> AsyncGenerator[asyncio.Task[None]]:
    """Open a stream; yield what is done when it has ended."""

    async def read(answer: httpx.Response) -> None:
        async for _ in answer.aiter_raw():
            pass

    async with (
        httpx.AsyncClient(base_url=address, timeout=20) as client,
        client.stream("GET", path, **how) as answer,
    ):
        assert answer.status_code == 200
        yield asyncio.create_task(read(answer))


async def ended(reading: asyncio.Task[None]) -> None:
    async with asyncio.timeout(20):
        await reading


async def test_the_stream_of_a_revoked_token_ends_and_no_other(city: City, address: str) -> None:
    lost, kept = city.citizen(jti="lost-phone"), city.citizen(jti="another")
    async with (
        stream(address, "/mobile/v1/inbox/stream", headers=lost) as mine,
        stream(address, "/mobile/v1/inbox/stream", headers=kept) as other,
    ):
        body, admin = {"token_id": "lost-phone"}, city.staff("admin")
        assert (await city.client.post("/staff/v1/revoked-tokens", json=body, headers=admin)).is_success
        await ended(mine)
        assert not other.done()
        other.cancel()


@pytest.mark.parametrize("channel", ["kiosk", "bank"])
async def test_the_stream_of_a_customer_ends_with_their_session(
    city: City, address: str, channel: str
) -> None:
    ask, key = (city.kiosk, city.kiosk_key) if channel == "kiosk" else (city.bank, city.bank_key)
    opened = await ask("POST", f"/{channel}/v1/sessions", json=CUSTOMER)
    session = {"X-Session": opened.json()["session"]}
    async with (
        stream(address, f"/{channel}/{BOARD}", headers=session, auth=SignedAuth(key)) as customers,
        stream(address, f"/{channel}/{BOARD}", auth=SignedAuth(key)) as own,
    ):
        closed = await ask("DELETE", f"/{channel}/v1/sessions/current", headers=session)
        assert closed.status_code == 204
        await ended(customers)
        assert not own.done()
        own.cancel()


async def test_the_streams_of_a_disabled_terminal_end(city: City, address: str) -> None:
    async with stream(address, f"/kiosk/{BOARD}", auth=SignedAuth(city.kiosk_key)) as reading:
        body, admin = {"reason": "被盗"}, city.staff("admin")
        done = await city.client.post("/staff/v1/devices/K001/disablement", json=body, headers=admin)
        assert done.is_success
        await ended(reading)


def suspended(partner: Partner, _city: City) -> Partner:
    return partner.suspended("r")


def key_retired(partner: Partner, city: City) -> Partner:
    now, [key] = city.parts.clock.now(), partner.keys
    return Partner(**{**vars(partner), "keys": (type(key)(**{**vars(key), "retires_at": now}),)})


def elsewhere(partner: Partner, _city: City) -> Partner:
    return Partner(**{**vars(partner), "networks": ("192.0.2.0/24",)})


@pytest.mark.parametrize("change", [suspended, key_retired, elsewhere])
async def test_the_streams_of_a_partner_end_when_it_may_call_no_more(
    city: City, address: str, change: Callable[[Partner, City], Partner]
) -> None:
    async with stream(address, f"/bank/{BOARD}", auth=SignedAuth(city.bank_key)) as reading:
        await city.parts.partners.change(
            "psbc", lambda partner: change(partner, city), action="test", by="test"
        )
        await ended(reading)


async def test_looking_at_a_session_gives_it_no_more_time(city: City) -> None:
    sessions = city.parts.sessions
    name, ends = await sessions.open("kiosk-K001", "p_a", None)
    before = await city.nats.jetstream().get_last_msg("KV_session", f"$KV.session.kiosk-K001.{name}")
    assert await sessions.is_open("kiosk-K001", name)
    after = await city.nats.jetstream().get_last_msg("KV_session", f"$KV.session.kiosk-K001.{name}")
    assert (before.seq, ends > city.parts.clock.now() + timedelta(minutes=4)) == (after.seq, True)
    assert not await sessions.is_open("kiosk-K002", name)
    assert not await sessions.is_open("kiosk-K001", "..")
