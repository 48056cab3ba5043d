"""Runs a courier for each partner that is called, on one worker at a time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway.registry import Registry
from gateway.store import Bucket
from gateway.webhook.courier import Courier
from lib_kernel import new_id
from lib_messaging import stop_tasks

log = structlog.get_logger(__name__)

LEASE_SECONDS = 12.0
RENEW_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 10.0
TRY_AGAIN_SECONDS = 1.0


class Lease:
    """A partner's lease: the bucket forgets it when its holder stops renewing it."""

    def __init__(self, bucket: Bucket, code: str, holder: str) -> None:
        self._bucket = bucket
        self._code = code
        self._holder = holder.encode()
        self._revision = 0

    async def take(self) -> bool:
        """Take it if nobody has it."""
        if not await self._bucket.create(self._code, self._holder):
            return False
        entry = await self._bucket.get(self._code)
        self._revision = entry.revision if entry and entry.value == self._holder else 0
        return self._revision > 0

    async def keep(self) -> None:
        """Renew it until somebody else has it or the broker is away too long; then return."""
        loop = asyncio.get_running_loop()
        renewed_at = loop.time()
        while loop.time() - renewed_at < LEASE_SECONDS - RENEW_SECONDS:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                revision = await self._bucket.replace(self._code, self._holder, self._revision)
            except Exception as error:
                log.warning("webhook.lease_not_renewed", partner=self._code, error=type(error).__name__)
                continue
            if revision is None:
                return
            self._revision, renewed_at = revision, loop.time()

    async def give_back(self) -> None:
        """Let another worker have it at once."""
        with suppress(Exception):
            await self._bucket.remove(self._code, self._revision)


class Dispatcher:
    """Keeps a task for each partner with a webhook. A partner that hangs hangs alone."""

    def __init__(self, client: Client, registry: Registry, courier: Callable[[str], Courier]) -> None:
        self._client = client
        self._registry = registry
        self._courier = courier
        self._leases = Bucket(client, "webhook-lease", LEASE_SECONDS)
        self._holder = new_id().hex
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self._registry.is_loaded.wait()
        # What is queued is also published: a hint that spares the waiting.
        hints = await self._client.subscribe("webhook.>", cb=self._hint)
        self._registry.when_partner_changes(self._wake)
        try:
            while True:
                for code, partner in list(self._registry.partners.items()):
                    if partner.webhook is not None and code not in self._tasks:
                        self._wakes[code] = asyncio.Event()
                        self._tasks[code] = asyncio.create_task(self._serve(code))
                await asyncio.sleep(TRY_AGAIN_SECONDS)
        finally:
            await stop_tasks(self._tasks.values())
            with suppress(Exception):
                await hints.unsubscribe()

    async def _serve(self, code: str) -> None:
        while True:
            lease = Lease(self._leases, code, self._holder)
            try:
                if await lease.take():
                    await self._deliver(code, lease)
            except Exception as error:
                log.warning("webhook.interrupted", partner=code, error=type(error).__name__)
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _deliver(self, code: str, lease: Lease) -> None:
        delivering = asyncio.create_task(self._sweep(code))
        keeping = asyncio.create_task(lease.keep())
        try:
            await asyncio.wait([delivering, keeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop_tasks([delivering, keeping])
            await lease.give_back()
        if delivering.done() and not delivering.cancelled():
            delivering.result()

    async def _sweep(self, code: str) -> None:
        courier, wake = self._courier(code), self._wakes[code]
        while True:
            wake.clear()
            wait = await courier.sweep()
            with suppress(TimeoutError):
                longest = LOOK_AGAIN_SECONDS if wait is None else min(wait, LOOK_AGAIN_SECONDS)
                await asyncio.wait_for(wake.wait(), longest)

    async def _hint(self, message: Msg) -> None:
        self._wake(message.subject.split(".", 2)[1])

    def _wake(self, code: str) -> None:
        if code in self._wakes:
            self._wakes[code].set()
