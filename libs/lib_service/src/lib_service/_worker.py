"""The worker process of a service: relay, consumers of other services' events, periodic duties."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from lib_log import configure_logging
from lib_messaging import Consumer, InboxProcessor, Periodic, consume, keep_doing, run_until_stopped
from lib_service._runtime import Runtime, Service
from lib_service._settings import ServiceSettings

Consumers = Callable[[Runtime], Sequence[Consumer]]
Duties = Callable[[Runtime], Sequence[Periodic]]


def run_worker(
    service: Service,
    settings: ServiceSettings,
    *,
    consumers: Consumers = lambda _: (),
    duties: Duties = lambda _: (),
) -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logging(f"{service.name}-worker", settings.log_level)
    asyncio.run(_run(service, settings, consumers, duties))


async def _run(service: Service, settings: ServiceSettings, consumers: Consumers, duties: Duties) -> None:
    runtime = Runtime(service, settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runtime.aclose)
        await run_until_stopped(worker_tasks(runtime, consumers(runtime), duties(runtime)))


def worker_tasks(
    runtime: Runtime, consumers: Sequence[Consumer], duties: Sequence[Periodic]
) -> list[Awaitable[None]]:
    """Return what a worker does, each to be run as a task; tests run some of them themselves."""
    return [
        runtime.relay_events(),
        *(_consume(runtime, consumer) for consumer in consumers),
        *(keep_doing(duty) for duty in [*duties, *runtime.housekeeping()]),
    ]


async def _consume(runtime: Runtime, consumer: Consumer) -> None:
    client = await runtime.connect()
    await consume(client, [consumer.event.type], consumer.durable, InboxProcessor(consumer, runtime.uow))
