"""Restarts, broken connections and full houses: what the gateway bears and what it refuses early."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateway.guards import (
    FAILURES_TO_OPEN,
    Breaker,
    InFlight,
    Overloaded,
    RateLimit,
    TooManyRequests,
    UpstreamUnavailable,
)
from gateway.upstream import Outgoing, Upstream, UpstreamTimeout
from lib_messaging import stop_tasks
from lib_testing import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def asking(method: str = "GET", *, repeatable: bool = True) -> Outgoing:
    return Outgoing("catalog", method, "/v1/items", [], b"", repeatable)


async def welcome() -> bool:
    return True


@asynccontextmanager
async def upstream(*ports: int, patience: float = 5.0) -> AsyncGenerator[Upstream]:
    made = Upstream(
        {"catalog": [f"http://127.0.0.1:{port}" for port in ports]}, silence=0.2, patience=patience
    )
    try:
        yield made
    finally:
        await made.aclose()


@asynccontextmanager
async def talking(port: int, talk: Talk) -> AsyncGenerator[None]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


async def answers(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await writer.drain()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_waits_for_a_service_that_starts_again(method: str) -> None:
    port = free_port()
    async with upstream(port) as made:
        sending = asyncio.create_task(made.send(asking(method, repeatable=False)))
        await asyncio.sleep(0)
        async with talking(port, answers):
            answer = await sending
            assert (answer.status, await answer.body()) == (200, b"ok")


async def test_a_service_that_stays_away_is_given_up() -> None:
    async with upstream(free_port(), patience=0.05) as made:
        with pytest.raises(UpstreamUnavailable):
            await made.send(asking())


async def test_another_replica_answers_for_one_that_is_gone() -> None:
    gone, there = free_port(), free_port()
    async with talking(there, answers), upstream(gone, there, patience=0.05) as made:
        for _ in range(6):
            assert (await made.send(asking("POST", repeatable=False))).status == 200


class Breaking:
    """Breaks the connection instead of answering, the first time."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        if self.asked > 1:
            await answers(reader, writer)


async def test_a_broken_request_is_repeated_when_that_is_harmless() -> None:
    port, service = free_port(), Breaking()
    async with talking(port, service), upstream(port) as made:
        assert (await made.send(asking())).status == 200
    assert service.asked == 2


async def test_a_broken_request_that_may_have_had_its_effect_is_not_repeated() -> None:
    port, service = free_port(), Breaking()
    async with talking(port, service), upstream(port) as made:
        with pytest.raises(UpstreamUnavailable):
            await made.send(asking("POST", repeatable=False))
    assert service.asked == 1


async def test_silence_is_not_repeated() -> None:
    port, ended = free_port(), asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await ended.wait()

    async with talking(port, silent), upstream(port) as made:
        with pytest.raises(UpstreamTimeout):
            await made.send(asking())
        ended.set()


async def test_a_stream_may_be_silent_for_long() -> None:
    port = free_port()

    async def slow(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        await writer.drain()
        await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=0.4)
        writer.write(b"data: 1\n\n")
        await writer.drain()

    request = Outgoing("catalog", "GET", "/", [], b"", is_repeatable=True, is_stream=True)
    async with talking(port, slow), upstream(port) as made:
        answer = await made.send(request)
        assert await answer.chunk() == b"data: 1\n\n"
        assert await answer.chunk() == b""
        assert answer.is_at_end


def test_a_full_house_refuses_at_the_door() -> None:
    house = InFlight(most_requests=1, most_streams=1)
    with house.request(), pytest.raises(Overloaded), house.request():
        pass
    with house.request():
        pass


async def test_streams_leave_room_for_requests_and_end_when_the_process_drains() -> None:
    house, ended = InFlight(most_requests=1, most_streams=1), []

    async def listen() -> None:
        with house.request(), house.stream("a", welcome):
            await asyncio.Event().wait()
        ended.append(True)

    stream = asyncio.create_task(listen())
    await asyncio.sleep(0)
    # The stream does not take the one place of requests.
    with house.request(), pytest.raises(Overloaded), house.stream("a", welcome):
        pass
    house.end_streams()
    await stream
    assert ended == [True]
    assert (house.requests, house.streams) == (0, set())
    with house.request(), pytest.raises(Overloaded), house.stream("a", welcome):
        pass  # A stream that began now would keep the process from stopping.


async def test_a_stream_that_is_cancelled_otherwise_stays_cancelled() -> None:
    house = InFlight(most_requests=1, most_streams=1)

    async def listen() -> None:
        with house.request(), house.stream("a", welcome):
            await asyncio.Event().wait()

    stream = asyncio.create_task(listen())
    await asyncio.sleep(0)
    stream.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stream


@pytest.mark.parametrize(("rate", "seconds"), [(0.1, 10), (0.4, 3), (100.0, 1)])
def test_a_caller_is_told_when_the_next_request_fits(rate: float, seconds: int) -> None:
    limit = RateLimit(rate, burst=1)
    limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.facts["retry_after"] == seconds


def test_an_open_breaker_says_when_it_tries_again() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed()
    with pytest.raises(UpstreamUnavailable) as refused:
        breaker.check()
    assert refused.value.facts["retry_after"] == 5


async def test_streams_that_fill_the_house_last_longer_than_requests() -> None:
    with pytest.raises(Overloaded) as refused, InFlight(0, 0).request():
        pass
    assert refused.value.facts["retry_after"] == 1
    with pytest.raises(Overloaded) as refused, InFlight(1, 0).stream("a", welcome):
        pass
    assert refused.value.facts["retry_after"] == 30


async def test_one_caller_does_not_take_the_streams_of_all() -> None:
    house = InFlight(most_requests=9, most_streams=9, most_of_one=1)
    with house.request(), house.stream("a", welcome):
        with house.request(), pytest.raises(TooManyRequests), house.stream("a", welcome):
            pass
        with house.request(), house.stream("b", welcome):
            pass


async def test_a_stream_lasts_so_long() -> None:
    lasting = InFlight(1, 9, longest=timedelta(milliseconds=1))
    with lasting.request(), lasting.stream("a", welcome) as late:
        await asyncio.Event().wait()
    assert late.is_ended


async def test_streams_of_who_is_not_welcome_any_more_end_and_no_others() -> None:
    house, ended, unwelcome = InFlight(9, 9), list[str](), set[str]()

    async def listen(owner: str) -> None:
        async def is_welcome() -> bool:
            return owner not in unwelcome

        with house.request(), house.stream(owner, is_welcome):
            await asyncio.Event().wait()
        ended.append(owner)

    tasks = [asyncio.create_task(listen(owner)) for owner in ("psbc", "ccb")]
    watch = asyncio.create_task(house.watch(every=0))
    await asyncio.sleep(0)
    unwelcome.add("psbc")
    await tasks[0]
    assert (ended, tasks[1].done()) == (["psbc"], False)
    house.end_streams()
    await tasks[1]
    await stop_tasks([watch])
