"""Worker process of svc-catalog: relay and consumers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_service import Runtime, Work, run_worker
from svc_catalog.application.consumers import deliver_with_license
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings


@asynccontextmanager
async def work(runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the handlers of other services' events."""
    yield Work(consumers=[deliver_with_license.given(clock=runtime.clock)])


if __name__ == "__main__":
    run_worker(SERVICE, Settings(), work)
