"""Worker process of svc-catalog: relay, consumers, publications that are due."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_catalog.application.consumers import deliver_with_license
from svc_catalog.item_draft.duties import publish_drafts
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork


@asynccontextmanager
async def work(runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the handlers of other services' events and what time does to drafts."""

    async def publish() -> int:
        return await publish_drafts(lambda: cast(CatalogUnitOfWork, runtime.uow()), runtime.clock)

    yield Work(
        consumers=[deliver_with_license.given(clock=runtime.clock)],
        duties=[Periodic("publish-items", publish, 5.0)],
    )


if __name__ == "__main__":
    run_worker(SERVICE, Settings(), work)
