"""The worker process of a service: relay, consumers of other services' events, periodic duties."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import uvloop

from lib_log import configure_logging
from lib_messaging import Consumer, InboxProcessor, Periodic, consume, keep_doing, run_until_stopped
from lib_service._runtime import Runtime, Service
from lib_service._settings import ServiceSettings


@dataclass(frozen=True)
class Work:
    """What a service's worker does beside relaying its events."""

    consumers: Sequence[Consumer] = ()
    duties: Sequence[Periodic] = ()


OpenWork = Callable[[Runtime], AbstractAsyncContextManager[Work]]


@asynccontextmanager
async def no_work(_runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield nothing to do."""
    yield Work()


def run_worker(service: Service, settings: ServiceSettings, work: OpenWork = no_work) -> None:
    """Run until SIGTERM or SIGINT. `work` is entered at start and left at stop."""
    configure_logging(f"{service.name}-worker", settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(service, settings, work))


async def _run(service: Service, settings: ServiceSettings, work: OpenWork) -> None:
    runtime = Runtime(service, settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runtime.aclose)
        found = await stack.enter_async_context(work(runtime))
        await run_until_stopped(worker_tasks(runtime, found))


def worker_tasks(runtime: Runtime, work: Work) -> list[Awaitable[None]]:
    """Return what a worker does, each to be run as a task."""
    return [
        runtime.relay_events(),
        *(_consume(runtime, consumer) for consumer in work.consumers),
        *(keep_doing(duty) for duty in [*work.duties, *runtime.housekeeping()]),
    ]


async def _consume(runtime: Runtime, consumer: Consumer) -> None:
    client = await runtime.connect()
    await consume(client, [consumer.event.type], consumer.durable, InboxProcessor(consumer, runtime.uow))
