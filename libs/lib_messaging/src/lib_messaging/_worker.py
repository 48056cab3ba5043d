"""The worker process of a service: relay, consumers and periodic duties under one roof."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.client import Client

log = structlog.get_logger(__name__)

CANCEL_AGAIN_SECONDS = 0.05

Duty = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Periodic:
    """Something done again and again: `run` returns a truthy value when there may be more to do at once."""

    name: str
    run: Duty
    seconds: float


async def connect(url: str, *, name: str) -> Client:
    """Connect to NATS and keep reconnecting for ever; raises when the first attempt fails."""

    async def note(error: Exception) -> None:
        log.warning("nats.error", error=type(error).__name__)

    client = Client()
    try:
        await client.connect(
            url,
            name=name,
            token=os.environ.get("NATS_TOKEN") or None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            allow_reconnect=True,
            error_cb=note,
        )
    except BaseException:
        # Also when cancelled half way: the client would keep its socket open.
        await client.close()
        raise
    return client


async def keep_doing(duty: Periodic) -> None:
    """Run a duty until cancelled; an error is logged and the duty tried again after its pause."""
    while True:
        try:
            if await duty.run():
                continue
        except Exception as error:
            log.warning("duty.failed", duty=duty.name, error=type(error).__name__)
        await asyncio.sleep(duty.seconds)


async def run_until_stopped(duties: Iterable[Awaitable[None]]) -> None:
    """Run all duties until SIGTERM or SIGINT, then cancel them; a transaction under way rolls back."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = [asyncio.ensure_future(duty) for duty in duties]
    server = await _serve_health()
    stopped = asyncio.ensure_future(stop.wait())
    log.info("worker.ready")
    try:
        await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop_tasks([stopped, *running])
        results = await asyncio.gather(*running, return_exceptions=True)
        if server is not None:
            server.close()
    for result in results:
        if isinstance(result, Exception):
            raise result


async def stop_tasks(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until all have ended.

    A cancellation can get lost in a library that uses `asyncio.wait_for` (before Python 3.12), so it is
    repeated.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)


async def _serve_health() -> asyncio.Server | None:
    port = os.environ.get("WORKER_HEALTH_PORT")
    if not port:
        return None

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    host = os.environ.get("WORKER_HEALTH_HOST", "127.0.0.1")
    return await asyncio.start_server(answer, host, int(port))
