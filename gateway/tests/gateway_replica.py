"""More replicas and a worker on the broker of a running city."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from gateway_city import City, listening

from gateway.main import create_app
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.worker import calling
from lib_messaging import connect, stop_tasks
from lib_testing import free_port


@asynccontextmanager
async def replica(city: City, **changes: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Run another gateway process's worth of state; yield its client."""
    app = create_app(city.settings.model_copy(update=changes))
    inner: Any = app.app
    async with inner.router.lifespan_context(inner):
        await inner.state.registry.is_loaded.wait()
        origin = str(city.client.base_url)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin) as client:
            yield client


@asynccontextmanager
async def listening_replica(city: City, **changes: Any) -> AsyncGenerator[str]:
    """Run another gateway that really listens; yield its address, which is its public origin too."""
    port = free_port()
    settings = city.settings.model_copy(update={"public_origin": f"http://127.0.0.1:{port}", **changes})
    app = create_app(settings)
    inner: Any = app.app
    async with inner.router.lifespan_context(inner):
        await inner.state.registry.is_loaded.wait()
        async with listening(app, port) as address:
            yield address


@asynccontextmanager
async def worker(settings: Settings) -> AsyncGenerator[Parts]:
    """Run what the worker process does for partners, on a connection of its own; yield its parts."""
    client = await connect(settings.nats_url, name="worker")
    parts = Parts(client, settings)
    poster = parts.poster()
    tasks = [asyncio.ensure_future(duty) for duty in calling(parts, poster)]
    await parts.registry.is_loaded.wait()
    try:
        yield parts
    finally:
        await stop_tasks(tasks)
        await poster.aclose()
        await client.close()


async def eventually(found: Callable[[], Awaitable[object]], seconds: float = 20.0) -> None:
    """Wait until something is so; fail when it never is."""
    for _ in range(int(seconds * 100)):
        if await found():
            return
        await asyncio.sleep(0.01)
    assert await found()
