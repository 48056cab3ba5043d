"""Worker process of svc-seal: relay, batches, expiry, revocation lists."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_seal.batch.duties import BatchDuties
from svc_seal.components import open_parts
from svc_seal.seal.duties import SealDuties
from svc_seal.service import SERVICE
from svc_seal.settings import Settings
from svc_seal.use.duties import UseDuties

BATCH_SECONDS = 0.25
EXPIRY_SECONDS = 300.0
LIST_SECONDS = 3600.0
FORGET_SECONDS = 3600.0


@asynccontextmanager
async def open_work(runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the duties of a worker."""
    settings = runtime.settings
    if not isinstance(settings, Settings):
        raise TypeError("svc-seal's worker needs svc-seal's settings")
    async with open_parts(runtime, settings) as parts:
        batches = BatchDuties(parts.work, parts.desk, runtime.clock)
        seals = SealDuties(parts.work, parts.making.issuer, runtime.clock)
        uses = UseDuties(parts.work, runtime.clock)
        yield Work(
            duties=[
                # Two at a time: while one part is being committed the next one is signed.
                *(Periodic(f"seal-batches-{lane}", batches.seal, BATCH_SECONDS) for lane in (1, 2)),
                Periodic("expire-seals", seals.expire, EXPIRY_SECONDS),
                Periodic("renew-revocation-list", seals.renew_list, LIST_SECONDS),
                Periodic("forget-documents", uses.forget, FORGET_SECONDS),
                Periodic("forget-batches", batches.forget, FORGET_SECONDS),
            ]
        )


if __name__ == "__main__":
    run_worker(SERVICE, Settings(), open_work)
