"""What the whole platform does: main journey, channels, a service that is away."""

import asyncio
import signal

import httpx
import psutil
from journey import Journey
from platform_runner import Runner

MOST_WAITING = 40


async def test_the_main_journey(runner: Runner) -> None:
    told: list[str] = []
    facts = await Journey(runner.demo, told.append).walk()
    assert facts["case"]["status"] == "closed"
    assert facts["license"]["status"] == "valid"
    assert facts["document"].startswith(b"PK")
    assert facts["preview"].startswith(b"\x89PNG")
    assert len(told) == 18


async def test_each_channel_describes_itself(runner: Runner) -> None:
    async with httpx.AsyncClient(base_url=runner.demo["base_url"], timeout=20) as client:
        for channel in ("public", "pc", "mobile", "kiosk", "bank", "staff"):
            document = (await client.get(f"/{channel}/openapi.json")).json()
            assert f"/{channel}/v1/items" in document["paths"]
            assert "http" not in (await client.get(f"/{channel}/docs")).text


async def test_a_service_that_is_away_does_not_take_the_others_with_it(runner: Runner) -> None:
    demo = runner.demo
    booking = next(
        process
        for process in psutil.process_iter(["pid"])
        if _listens(process, int(demo["base_url"].rsplit(":", 1)[1]) + 12)
    )
    booking.send_signal(signal.SIGSTOP)
    try:
        async with httpx.AsyncClient(base_url=demo["base_url"], timeout=30) as client:
            slots = f"/public/v1/service-points/{demo['journey']['journey_point']}/slots?group=business"
            silent, items = await asyncio.gather(client.get(slots), client.get("/public/v1/items?limit=1"))
        assert (silent.status_code, silent.json()["type"]) == (504, "/problems/upstream-timeout")
        assert items.status_code == 200
    finally:
        booking.send_signal(signal.SIGCONT)


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(c.status == "LISTEN" and c.laddr.port == port for c in process.net_connections("tcp"))
    except psutil.Error:
        return False


async def test_a_service_starts_anew_under_load_and_no_safe_request_fails(runner: Runner) -> None:
    """The runner starts a process that ended again; meanwhile the gateway lets safe requests wait."""
    demo = runner.demo
    port = int(demo["base_url"].rsplit(":", 1)[1]) + 12
    old = next(process for process in psutil.process_iter(["pid"]) if _listens(process, port))
    slots = f"/public/v1/service-points/{demo['journey']['journey_point']}/slots?group=business"
    seen: list[int] = []
    room = asyncio.Semaphore(MOST_WAITING)

    async def ask(client: httpx.AsyncClient) -> None:
        seen.append((await client.get(slots)).status_code)
        room.release()

    async with (
        httpx.AsyncClient(base_url=demo["base_url"], timeout=60) as client,
        asyncio.TaskGroup() as group,
        asyncio.timeout(60),
    ):
        old.terminate()
        while old.is_running() or len(seen) < 50:
            await room.acquire()
            group.create_task(ask(client))
            await asyncio.sleep(0.02)
    assert set(seen) == {200}
