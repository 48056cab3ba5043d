"""Sessions: idle time, longest time, one customer at a terminal, nothing left afterwards."""

import asyncio
from datetime import timedelta

import pytest
from gateway_bank import Hours
from gateway_city import City

from gateway.session.store import IDLE, LONGEST, RENEWED_AFTER, SessionOver, Sessions


@pytest.fixture
def clock() -> Hours:
    """Return a clock that a test moves."""
    return Hours()


@pytest.fixture
def sessions(city: City, clock: Hours) -> Sessions:
    """Return sessions by that clock."""
    return Sessions(city.nats, clock)


async def test_a_session_goes_on_while_it_is_used_but_not_for_ever(sessions: Sessions, clock: Hours) -> None:
    name, ends = await sessions.open("kiosk-K1", "p_a", None)
    assert ends - clock.now() <= IDLE
    steps = int(LONGEST / (IDLE - timedelta(seconds=10)))
    for _ in range(steps):
        clock.shift += IDLE - timedelta(seconds=10)
        assert (await sessions.use("kiosk-K1", name))["person_id"] == "p_a"
    clock.shift += IDLE - timedelta(seconds=10)
    with pytest.raises(SessionOver):
        await sessions.use("kiosk-K1", name)


async def test_a_session_that_is_not_used_ends_and_nothing_is_left_of_it(
    city: City, sessions: Sessions, clock: Hours
) -> None:
    name, _ = await sessions.open("kiosk-K1", "p_secret", None)
    clock.shift += IDLE + timedelta(seconds=1)
    with pytest.raises(SessionOver):
        await sessions.use("kiosk-K1", name)
    info = await city.nats.jetstream().stream_info("KV_session")
    assert info.state.messages == 0
    assert info.config.max_age == IDLE.total_seconds()  # The broker forgets by itself, too.


async def test_a_closed_session_leaves_nothing(city: City, sessions: Sessions) -> None:
    name, _ = await sessions.open("kiosk-K1", "p_a", None)
    await sessions.close("kiosk-K1", name)
    assert (await city.nats.jetstream().stream_info("KV_session")).state.messages == 0
    for odd in ("", "..", "*", ">", "a b", "x" * 200, name):
        with pytest.raises(SessionOver):
            await sessions.use("kiosk-K1", odd)


async def test_a_session_is_its_holders(sessions: Sessions) -> None:
    name, _ = await sessions.open("kiosk-K1", "p_a", None)
    for other in ("kiosk-K2", "bank-K1"):
        with pytest.raises(SessionOver):
            await sessions.use(other, name)


async def test_a_session_closed_while_it_is_used_stays_closed(sessions: Sessions, clock: Hours) -> None:
    name, _ = await sessions.open("kiosk-K1", "p_a", None)
    clock.shift += RENEWED_AFTER
    uses = [sessions.use("kiosk-K1", name) for _ in range(10)]
    await asyncio.gather(*uses, sessions.close("kiosk-K1", name), return_exceptions=True)
    with pytest.raises(SessionOver):
        await sessions.use("kiosk-K1", name)


async def test_requests_side_by_side_all_go_on(sessions: Sessions, clock: Hours) -> None:
    name, _ = await sessions.open("bank-psbc", "p_a", "c")
    clock.shift += RENEWED_AFTER
    found = await asyncio.gather(*(sessions.use("bank-psbc", name) for _ in range(4)))
    assert {facts["person_id"] for facts in found} == {"p_a"}


async def test_the_next_customer_at_a_terminal_ends_the_session_of_the_one_before(city: City) -> None:
    body = {"id_number": "11010519491231002X"}
    first = (await city.kiosk("POST", "/kiosk/v1/sessions", json=body)).json()["session"]
    second = (await city.kiosk("POST", "/kiosk/v1/sessions", json=body)).json()["session"]
    statuses = [
        (await city.kiosk("GET", "/kiosk/v1/appointments", headers={"X-Session": name})).status_code
        for name in (first, second)
    ]
    assert statuses == [401, 200]
