"""The sealing desk when groups of uses overlap."""

import asyncio
import threading
from datetime import datetime

from seal_office import CODE, Office

from svc_seal.components import Parts
from svc_seal.seal.domain import SealNotUsable
from svc_seal.use.desk import WORTH_A_SECOND
from svc_seal.use.domain import Kind
from svc_seal.use.ports import Material, Order, Work


async def test_uses_admitted_before_a_freeze_are_refused_as_frozen(office: Office, parts: Parts) -> None:
    await office.make()
    begun, go_on = threading.Event(), threading.Event()

    def slow(material: Material, now: datetime) -> bytes:
        begun.set()
        assert go_on.wait(30)
        return b"signature"

    async with asyncio.TaskGroup() as group:
        # More uses than threads: some are still to be begun when the seal leaves the cabinet.
        admitted = group.create_task(parts.desk.use([order_of(slow) for _ in range(9)]))
        assert await asyncio.to_thread(begun.wait, 30)
        assert (await office.keeper.post(f"/v1/seals/{CODE}/freeze")).status_code == 200
        later = await parts.desk.use([order_of(lambda material, now: b"")] * WORTH_A_SECOND)
        go_on.set()
    assert {type(outcome.error) for outcome in [*later, *admitted.result()]} == {SealNotUsable}


def order_of(work: Work) -> Order:
    return Order(CODE, "签发证照", "svc-license", Kind.DIGEST, work)
