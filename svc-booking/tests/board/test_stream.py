"""Screens and phones follow the hall: in order, without gaps, also after a break, five hundred at once."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hall_people import CLERK, HALL, citizen
from sqlalchemy import text

from lib_db import Sessions
from lib_testing import PUBLIC, FixedClock, free_port, internal_keys_file, signer
from lib_web import HEADER, Caller
from svc_booking.board.hub import Hub
from svc_booking.board.stream import board_events, encode, snapshot, ticket_events
from svc_booking.queue_ticket.arrival import DrawTicket, draw_ticket
from svc_booking.queue_ticket.commands import CallNext, call_next
from svc_booking.uow import BookingUnitOfWork

SCREENS = 300
PHONES = 200
RESTLESS = 30
NUMBERS = 12


@dataclass
class Event:
    """One server-sent event."""

    id: int
    kind: str
    data: dict[str, Any] = field(repr=False)


def parsed(text: str) -> list[Event]:
    """Return the events in some text of a stream."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in lines:
            found.append(Event(int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return found


async def events_of(stream: AsyncIterator[bytes]) -> AsyncGenerator[Event]:
    """Yield the events of a stream of bytes."""
    rest = ""
    async for piece in stream:
        rest += piece.decode()
        whole, cut, rest = rest.rpartition("\n\n")
        for event in parsed(whole + cut):
            yield event


@asynccontextmanager
async def a_hub(sessions: Sessions, database: str, clock: FixedClock, **more: int) -> AsyncGenerator[Hub]:
    dsn = database.replace("+asyncpg", "", 1)
    hub = Hub(sessions, dsn, clock, encode=encode, snapshot=snapshot, **more)
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def draw(sessions: Sessions, clock: FixedClock, person: str) -> None:
    order = DrawTicket(HALL, "business", ("410131016000",), person, False)
    await draw_ticket(order, uow=BookingUnitOfWork(sessions), clock=clock)


async def test_a_reader_that_fell_behind_gets_a_fresh_board(
    hall: str, sessions: Sessions, database: str, clock: FixedClock
) -> None:
    async with a_hub(sessions, database, clock, ring=4) as hub:
        await draw(sessions, clock, "p_0")
        events = events_of(board_events(hub, HALL, None))
        assert (await anext(events)).kind == "board"
        async with asyncio.timeout(20), hub.follow(HALL) as channel:
            for person in range(1, 8):
                await draw(sessions, clock, f"p_{person}")
            while await channel.changed(channel.version, 1) or channel.version < 8:
                pass
            fresh = await anext(events)
        assert (fresh.kind, fresh.id) == ("board", 8)
        assert fresh.data["groups"][0]["waiting"] == 8
        await events.aclose()


@pytest.mark.parametrize(("seen", "kinds"), [(2, ["change"] * 2), (0, ["change"] * 4), (99, ["board"])])
async def test_a_reader_that_comes_back_goes_on_where_it_was(
    hall: str, sessions: Sessions, database: str, clock: FixedClock, seen: int, kinds: list[str]
) -> None:
    for person in range(4):
        await draw(sessions, clock, f"p_{person}")
    async with a_hub(sessions, database, clock) as hub:
        events = events_of(board_events(hub, HALL, seen))
        found = [await anext(events) for _ in kinds]
        assert [event.kind for event in found] == kinds
        assert found[-1].id == 4
        await events.aclose()


async def test_silence_is_filled_and_a_stopping_server_ends_its_streams(
    hall: str, sessions: Sessions, database: str, clock: FixedClock
) -> None:
    async with a_hub(sessions, database, clock) as hub:
        pieces = board_events(hub, HALL, 0, silence=0.2)
        assert (await anext(pieces)).startswith(b"retry:")
        async with asyncio.timeout(10):
            assert (await anext(pieces)).startswith(b":")
        ending = asyncio.ensure_future(anext(pieces, None))
        await asyncio.sleep(0)
        hub.stop()
        async with asyncio.timeout(4):
            assert await ending is None


async def test_a_phone_hears_its_place_its_call_and_the_end(
    hall: str, sessions: Sessions, database: str, clock: FixedClock
) -> None:
    for person in range(2):
        await draw(sessions, clock, f"p_{person}")
    second = DrawTicket(HALL, "business", ("410131016000",), "p_me", False)
    mine = await draw_ticket(second, uow=BookingUnitOfWork(sessions), clock=clock)
    async with a_hub(sessions, database, clock) as hub, asyncio.timeout(30):
        events = events_of(ticket_events(hub, mine.id, HALL))
        assert (await anext(events)).data["ahead"] == 2
        await call_next(CallNext(HALL, "1号窗口", "c"), uow=BookingUnitOfWork(sessions), clock=clock)
        assert (await anext(events)).data["ahead"] == 1
        await call_next(CallNext(HALL, "2号窗口", "c"), uow=BookingUnitOfWork(sessions), clock=clock)
        assert (await anext(events)).data["ahead"] == 0
        async with sessions.begin() as session:
            await session.execute(
                text("UPDATE queue_ticket SET status = 'finished' WHERE window_name = '1号窗口'")
            )
        called = await call_next(CallNext(HALL, "1号窗口", "c"), uow=BookingUnitOfWork(sessions), clock=clock)
        assert called.id == mine.id
        told = (await anext(events)).data
        assert (told["status"], told["window"], told["speech"]) == (
            "called",
            "1号窗口",
            "请A003号到1号窗口办理",
        )
        await events.aclose()


# -- five hundred --------------------------------------------------------------------------------------------


@asynccontextmanager
async def a_server(database: str, folder: Path) -> AsyncGenerator[str]:
    """Run the service as it is run in earnest; yield its address."""
    port = free_port()
    clock_file = folder / "clock.json"
    shift = (FixedClock().now() - datetime.now(UTC)).total_seconds()
    clock_file.write_text(json.dumps({"offset_seconds": shift}))
    environment = {
        **os.environ,
        "BOOKING_DATABASE_URL": database,
        "NATS_URL": f"nats://127.0.0.1:{free_port()}",
        "INTERNAL_KEYS_FILE": str(internal_keys_file(folder)),
        "CLOCK_FILE": str(clock_file),
        "LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "uvicorn", "svc_booking.main:app", "--port", str(port), "--log-level", "warning"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as client, asyncio.timeout(60):
            while True:
                try:
                    async with client.get(f"{address}/health/live") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        yield address
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.wait()  # Open streams do not keep it from stopping.
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def token(caller: Caller) -> dict[str, str]:
    return {HEADER: signer().sign(caller)}


class Reader:
    """One connection that notes what it hears; a restless one hangs up and comes back again and again."""

    def __init__(self, client: aiohttp.ClientSession, path: str, caller: Caller, *, restless: bool) -> None:
        self._client = client
        self._path = path
        self._headers = token(caller)
        self._restless = restless
        self.heard: list[Event] = []
        self.is_there = asyncio.Event()
        self.connections = 0

    async def read(self, until: Any) -> None:
        """Read until `until(event)` says that this was the last."""
        while True:
            last = {"Last-Event-ID": str(self.heard[-1].id)} if self.heard else {}
            async with self._client.get(self._path, headers={**self._headers, **last}) as answer:
                assert answer.status == 200, await answer.text()
                self.connections += 1
                count = 0
                async for event in events_of(answer.content.iter_any()):
                    self.heard.append(event)
                    self.is_there.set()
                    count += 1
                    if until(event):
                        return
                    if self._restless and count >= 7:
                        break


async def ask(client: aiohttp.ClientSession, path: str, caller: Caller, body: Any = None) -> dict[str, Any]:
    async with client.post(path, headers=token(caller), json=body) as answer:
        assert answer.status in {200, 201}, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def test_five_hundred_screens_and_phones_miss_nothing(hall: str, database: str, tmp_path: Path) -> None:
    async with (
        a_server(database, tmp_path) as address,
        aiohttp.ClientSession(
            address,
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=60),
        ) as client,
    ):
        tickets = []
        for person in range(NUMBERS):
            body = {"service_point": HALL, "group": "business", "item_code": "x", "person_id": f"p_{person}"}
            tickets.append(await ask(client, "/v1/tickets", CLERK, body))
        screens = [
            Reader(client, f"/v1/service-points/{HALL}/board/events", PUBLIC, restless=number < RESTLESS)
            for number in range(SCREENS)
        ]
        phones = [
            Reader(
                client,
                f"/v1/tickets/{tickets[number % NUMBERS]['id']}/events",
                citizen(f"p_{number % NUMBERS}"),
                restless=False,
            )
            for number in range(PHONES)
        ]
        # Numbers drawn, one window opened by its first call, and call, start and finish of each number.
        last_version = NUMBERS + 1 + 3 * NUMBERS
        reading = [
            *(asyncio.create_task(s.read(lambda event: event.id >= last_version)) for s in screens),
            *(asyncio.create_task(p.read(lambda event: event.data["status"] == "finished")) for p in phones),
        ]
        async with asyncio.timeout(240):
            await asyncio.gather(*(reader.is_there.wait() for reader in [*screens, *phones]))
            for _ in range(NUMBERS):
                called = await ask(client, f"/v1/service-points/{HALL}/windows/1号窗口/calls", CLERK)
                for verb in ("start", "finish"):
                    await ask(client, f"/v1/tickets/{called['id']}/{verb}", CLERK)
            await asyncio.gather(*reading)

    for screen in screens:
        first, *changes = screen.heard
        assert first.kind == "board"
        assert [event.kind for event in changes] == ["change"] * len(changes)
        assert [event.id for event in changes] == list(range(first.id + 1, last_version + 1))
    assert all(screen.connections > 3 for screen in screens[:RESTLESS])
    calls = [event.data for event in screens[-1].heard if event.data.get("step") == "called"]
    assert [call["speech"] for call in calls] == [f"请A{n:03d}号到1号窗口办理" for n in range(1, NUMBERS + 1)]
    assert [call["waiting"]["business"] for call in calls] == list(range(NUMBERS - 1, -1, -1))
    for phone in phones:
        statuses = list(dict.fromkeys(event.data["status"] for event in phone.heard))
        assert statuses[0] == "waiting"
        assert statuses[-1] == "finished"
        places = [event.data["ahead"] for event in phone.heard if event.data["status"] == "waiting"]
        assert places == sorted(places, reverse=True)
