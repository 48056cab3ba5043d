"""Stopped anywhere while a licence is made: never two numbers, no file without a row, one valid."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from lib_testing import CITIZEN
from svc_license.license.domain import Status
from svc_license.license.store import license_serial, license_table
from svc_license.settings import Settings

STATE = (license_table.c.status, license_table.c.number, license_table.c.document)


class Stopped(BaseException):
    """The process is gone: nothing in the code may catch this."""


class StopAt:
    """Counts steps and stops at one of them, before or after it was done."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.done = 0

    def __call__(self) -> None:
        self.done += 1
        if self.done == self.step:
            raise Stopped


class Watched:
    """Any port, with a stop before and after each of its calls."""

    def __init__(self, inner: Any, stop: StopAt) -> None:
        self._inner = inner
        self._stop = stop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            self._stop()
            result = await found(*arguments, **named)
            self._stop()
            return result

        return call


def watched_work(desk: Any, stop: StopAt) -> Callable[[], Any]:
    """Return units of work that stop before and after their commit."""

    def open_work() -> Any:
        uow = desk.open_work()
        commit = uow.commit

        async def watched(answer: Any = None) -> None:
            stop()
            await commit(answer)
            stop()

        uow.commit = watched
        return uow

    return open_work


async def check(desk: Any, settings: Settings) -> None:
    """What must hold at every moment."""
    rows = await desk.rows(*STATE, license_table.c.id)
    numbers = [row.number for row in rows if row.number]
    assert len(numbers) == len(set(numbers))
    kept = await asyncio.to_thread(_files, settings)
    assert kept <= {f"{row.id}.ofd" for row in rows if row.status is not Status.DRAFTING}
    assert all(row.document for row in rows if row.status is Status.VALID)


def _files(settings: Settings) -> set[str]:
    return {path.name for path in Path(settings.files_url.removeprefix("file://")).rglob("*.ofd")}


async def serials(desk: Any) -> int:
    async with desk.sessions() as session:
        found: int | None = await session.scalar(select(func.sum(license_serial.c.last)))
    return found or 0


async def test_stopped_at_any_step_a_licence_is_made_once(desk: Any, settings: Settings) -> None:
    step, made = 0, 0
    while True:
        step += 1
        stop = StopAt(step)
        issuing = replace(
            desk.issuing,
            open_work=watched_work(desk, stop),
            catalog=Watched(desk.issuing.catalog, stop),
            sealing=Watched(desk.issuing.sealing, stop),
            files=Watched(desk.issuing.files, stop),
        )
        await desk.approve()
        made += 1
        try:
            while await issuing.run_once():
                pass
        except Stopped:
            await check(desk, settings)
            desk.clock.advance(timedelta(minutes=1))
            await desk.work()
        finished = stop.done < step
        await check(desk, settings)
        rows = await desk.rows(*STATE)
        assert [row.status for row in rows] == [Status.VALID] * made
        # A stop never costs a number: what was counted was committed with the licence that has it.
        assert await serials(desk) == made
        assert (await desk.events()).count("issued") == made
        if finished:
            break
    assert step > 12  # Commits, subject, seal and file, before and after each.


async def test_stopped_at_any_step_a_renewal_leaves_one_version_in_force(
    desk: Any, settings: Settings
) -> None:
    step = 0
    while True:
        step += 1
        await desk.approve()
        await desk.work()
        [(newest,)] = (await desk.rows(license_table.c.id))[-1:]
        await desk.decide("renewal", str(newest))
        stop = StopAt(step)
        issuing = replace(
            desk.issuing,
            open_work=watched_work(desk, stop),
            sealing=Watched(desk.issuing.sealing, stop),
            files=Watched(desk.issuing.files, stop),
        )
        try:
            while await issuing.run_once():
                pass
        except Stopped:
            states = [row.status for row in (await desk.rows(*STATE))[-2:]]
            assert states.count(Status.VALID) == 1
            desk.clock.advance(timedelta(minutes=1))
            await desk.work()
        await check(desk, settings)
        assert [row.status for row in (await desk.rows(*STATE))[-2:]] == [Status.SUPERSEDED, Status.VALID]
        if stop.done < step:
            break
    assert step > 8


async def test_a_cancelled_step_is_picked_up(desk: Any, settings: Settings) -> None:
    entered = asyncio.Event()

    class Slow:
        async def seal(self, document: bytes, **named: Any) -> bytes:
            entered.set()
            await asyncio.Event().wait()
            return document

    await desk.approve()
    task = asyncio.create_task(replace(desk.issuing, sealing=Slow()).run_once())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [(status, number, document)] = await desk.rows(*STATE)
    assert (status, document) == (Status.SEALING, None)
    desk.clock.advance(timedelta(minutes=1))
    await desk.work()
    [(status, same, document)] = await desk.rows(*STATE)
    assert (status, same) == (Status.VALID, number)
    await check(desk, settings)


class Sisters:
    """svc-catalog and svc-seal as one HTTP server; the worker is killed while a request waits at the gate."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.open: set[str] = set()
        self.sealed: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import json

        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.lower().split("\r\n")
                        if "content-length" in line
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                kind = "catalog" if head.startswith("GET") else "seal"
                await self.asked.put(kind)
                if kind not in self.open:
                    await self.gate.wait()
                if kind == "catalog":
                    fields = {"operator_name": "李记面馆"}
                    told = {"holder_name": "李明", "holder_number": "11010519491231002X", "fields": fields}
                else:
                    request = json.loads(body)
                    self.sealed.append(request["use_key"])
                    told = {"document": request["document"]}
                data = json.dumps(told).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + f"Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def test_a_worker_killed_at_its_sisters_doors_leaves_nothing_half_done(
    desk: Any, settings: Settings, tmp_path: Path, worker: Any
) -> None:
    clock_file = tmp_path / "clock.json"
    await desk.approve()
    sisters = Sisters()
    server = await asyncio.start_server(sisters.answer, "127.0.0.1", 0, limit=1 << 24)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        for offset, door in ((0, "catalog"), (60, "seal")):
            clock_file.write_text(f'{{"offset_seconds": {offset}}}', encoding="utf-8")
            async with worker(settings, address, clock_file) as process:
                while await asyncio.wait_for(sisters.asked.get(), 60) != door:
                    pass
                process.send_signal(signal.SIGKILL)
                await process.wait()
            await check(desk, settings)
            sisters.open.add(door)
        [(status, number, document)] = await desk.rows(*STATE)
        assert (status, document) == (Status.SEALING, None)
        clock_file.write_text('{"offset_seconds": 120}', encoding="utf-8")
        async with worker(settings, address, clock_file):
            while await asyncio.wait_for(sisters.asked.get(), 60) != "seal":
                pass
            await asyncio.wait_for(_until_valid(desk), 60)
        server.close()
    await check(desk, settings)
    [(status, same, document)] = await desk.rows(*STATE)
    assert same == number
    assert document
    assert len(set(sisters.sealed)) == 1
    assert (await desk.events()).count("issued") == 1
    assert len((await desk.service.as_(CITIZEN).get("/v1/licenses")).json()["items"]) == 1


async def _until_valid(desk: Any) -> None:
    """Wait for the worker's last commit: the row stays locked while it is at it, so looking is waiting."""
    while [row.status for row in await desk.rows(*STATE)] != [Status.VALID]:
        await asyncio.sleep(0.05)
