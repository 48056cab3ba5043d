"""SIGTERM to a gateway process under load: what it accepted it answers, and it ends well."""

import asyncio
import http.client
import os
import select
import signal
import socket
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
import uvloop
from gateway_city import City, listening

from gateway.server import Connection, Server
from lib_testing import free_port

SLOTS = "/public/v1/service-points/P1/slots?group=business"
PLAN = "/public/v1/bundles/open-a-restaurant/plans"
HALF = b"x" * 100_000
CLIENTS = 8
ENOUGH = 20


class Halls:
    """A service whose answers come in two halves; those to `held` wait for the word in between."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        while (await receive()).get("more_body"):
            pass
        fields = [(b"content-length", str(2 * len(HALF)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": HALF, "more_body": True})
        if b"held" in scope["query_string"]:
            self.begun.set()
            await self.go_on.wait()
        await send({"type": "http.response.body", "body": HALF})


@dataclass
class Talk:
    """One connection, spoken to byte by byte: nothing is sent again behind the test's back."""

    port: int
    line: socket.socket | None = None

    def ask(self, method: str = "GET", path: str = SLOTS, body: bytes = b"") -> http.client.HTTPResponse:
        """Send a request; return the answer, whose body is still to be read."""
        if self.line is None:
            self.line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.line.sendall(head + body)
        answer = http.client.HTTPResponse(self.line, method=method)
        answer.begin()
        return answer

    def read(self, answer: http.client.HTTPResponse) -> bool:
        """Read an answer to its end; return whether the connection goes on. Raises IncompleteRead."""
        assert answer.status == 200
        assert answer.read() == HALF * 2
        if answer.will_close:
            self.close()
        return not answer.will_close

    def drop_if_ended(self) -> None:
        """Close the connection if the other side did, which is fair as long as nothing was sent."""
        if self.line and select.select([self.line], [], [], 0)[0]:
            assert self.line.recv(1) == b""
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self.line:
            self.line.close()
            self.line = None


@dataclass
class Crowd:
    """Clients that go on asking until nobody listens any more."""

    port: int
    stopping: threading.Event = field(default_factory=threading.Event)
    answered: int = 0
    answered_after: int = 0
    told_to_close: int = 0
    came_again: int = 0
    enough: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask over and over. Raises what a lost request looks like."""
        talk, was_told = Talk(self.port), False
        while True:
            talk.drop_if_ended()
            try:
                is_after = self.stopping.is_set()
                answer = talk.ask("POST", PLAN, b"{}") if self.answered % 3 else talk.ask()
            except ConnectionRefusedError:
                return
            self.came_again += was_told
            was_told = not talk.read(answer)
            self.told_to_close += was_told
            self.answered += 1
            self.answered_after += is_after
            if self.answered >= ENOUGH * CLIENTS:
                self.enough.set()


@asynccontextmanager
async def process(
    city: City, port: int, drain_seconds: float, head_seconds: float = 60
) -> AsyncGenerator[Process]:
    """Run a gateway as a process of its own; it gives up a client that is slower than `head_seconds`."""
    settings = city.settings
    environment = {
        **os.environ,
        "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
        "NATS_URL": settings.nats_url,
        "INTERNAL_SIGNING_KEY_FILE": str(settings.internal_signing_key_file),
        "PERSON_ID_KEY_FILE": str(settings.person_id_key_file),
        "OIDC_ISSUER": settings.oidc_issuer,
        "OIDC_JWKS_URL": settings.oidc_jwks_url,
        "CATALOG_URL": settings.catalog_url,
        "BOOKING_URL": settings.booking_url,
        "GATEWAY_REQUESTS_PER_SECOND": "1e9",
        "GATEWAY_BURST": "1e9",
        "GATEWAY_UPSTREAM_SECONDS": "60",
        "GATEWAY_HEAD_SECONDS": str(head_seconds),
        "GATEWAY_DRAIN_SECONDS": str(drain_seconds),
        "GATEWAY_LONGEST_DRAIN_SECONDS": "60",
        "LOG_LEVEL": "ERROR",
    }
    arguments = ["-m", "gateway", "--port", str(port)]
    running = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await _is_ready(client, port):
                assert running.returncode is None
                await asyncio.sleep(0.05)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def _until_refused(port: int) -> None:
    """Wait until nobody listens."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return
        writer.close()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def halls(city: City) -> AsyncGenerator[tuple[Halls, City]]:
    """Let the service listen behind both names the test asks for."""
    service, port = Halls(), free_port()
    url = f"http://127.0.0.1:{port}"
    async with listening(service, port):
        city.settings = city.settings.model_copy(update={"catalog_url": url, "booking_url": url})
        yield service, city


async def test_a_stop_under_load_loses_no_request(city: City) -> None:
    port = free_port()
    crowd, idle, held = Crowd(port), Talk(port), Talk(port)
    async with halls(city) as (service, city), process(city, port, drain_seconds=2) as gateway:
        assert idle.read(await asyncio.to_thread(idle.ask))
        holding = await asyncio.to_thread(held.ask, "GET", SLOTS + "&held=1")
        running = [asyncio.create_task(asyncio.to_thread(crowd.run)) for _ in range(CLIENTS)]
        await asyncio.to_thread(crowd.enough.wait, 60)
        await service.begun.wait()
        crowd.stopping.set()
        gateway.send_signal(signal.SIGTERM)
        await asyncio.gather(*running)
        await _until_refused(port)
        # Nobody is let in any more; what was begun goes on, and its connection has one request more.
        service.go_on.set()
        assert await asyncio.to_thread(held.read, holding)
        assert not await asyncio.to_thread(held.read, await asyncio.to_thread(held.ask))
        assert idle.line is not None
        assert await asyncio.to_thread(idle.line.recv, 1) == b""
        assert await gateway.wait() == 0
    idle.close()
    assert crowd.answered_after > CLIENTS
    assert crowd.told_to_close >= CLIENTS
    assert crowd.came_again > 0


async def test_a_stop_without_a_pause_answers_what_was_accepted(city: City) -> None:
    port = free_port()
    talk = Talk(port)
    async with halls(city) as (service, city), process(city, port, drain_seconds=0) as gateway:
        answer = await asyncio.to_thread(talk.ask, "GET", SLOTS + "&held=1")
        gateway.send_signal(signal.SIGTERM)
        await _until_refused(port)
        service.go_on.set()
        await asyncio.to_thread(talk.read, answer)
        assert await gateway.wait() == 0
        talk.close()


async def answer_at_once(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def stop_with_a_crowd_at_the_door(port: int, count: int) -> list[bytes]:
    """Stop a server while so many connections with requests wait to be accepted; return the answers."""
    config = uvicorn.Config(answer_at_once, port=port, http=Connection, lifespan="off", log_config=None)
    server = Server(
        config,
        leave=lambda: None,
        end_streams=lambda: None,
        drain_seconds=0,
        longest_seconds=60,
        head_seconds=60,
    )
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    lines = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
    for line in lines:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await server.shutdown()
    answers = [line.recv(4096) for line in lines]
    for line in lines:
        line.close()
    return answers


async def test_a_stop_answers_all_who_wait_to_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    # The pause would let the loop accept them in peace; a loop that is held up has none.
    monkeypatch.setattr("gateway.server.HANDSHAKE_SECONDS", 0)
    answers = await asyncio.to_thread(uvloop.run, stop_with_a_crowd_at_the_door(free_port(), 20))
    assert [answer.partition(b" ")[2][:3] for answer in answers] == [b"200"] * 20
    assert all(b"connection: close" in answer.lower() for answer in answers)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nX-Slow: "])
async def test_a_head_that_does_not_come_is_given_up(city: City, begun: bytes) -> None:
    port = free_port()
    async with process(city, port, drain_seconds=0, head_seconds=1) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
        gateway.send_signal(signal.SIGTERM)
        assert await gateway.wait() == 0
