"""A bank's webhook address for the time of the check: notes every call and answers as it is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

PATH = "/conformance/webhook"


@dataclass(frozen=True)
class Received:
    """A call as it arrived."""

    headers: dict[str, str]
    body: bytes
    answered: int


@dataclass
class Receiver:
    """Answers 204, unless `answers` holds something else for the next calls."""

    calls: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        """Note a call and answer it."""
        body = await request.read()
        status = self.answers.pop(0) if self.answers else 204
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self.arrived:
            self.calls.append(Received(headers, body, status))
            self.arrived.notify_all()
        return web.Response(status=status)

    async def wait_for(self, count: int, seconds: float) -> bool:
        """Return whether so many calls have arrived, waiting at most so long."""
        try:
            async with asyncio.timeout(seconds), self.arrived:
                await self.arrived.wait_for(lambda: len(self.calls) >= count)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def receiving(host: str, port: int) -> AsyncGenerator[tuple[Receiver, int]]:
    """Listen; yield the receiver and the port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post(PATH, receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    try:
        found = runner.addresses[0][1]
        yield receiver, int(found)
    finally:
        await runner.cleanup()
