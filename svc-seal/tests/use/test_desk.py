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

OTHER = "4104000000902"


class SlowWork:
    """Work that goes on only when the test says so."""

    def __init__(self) -> None:
        self._begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, material: Material, now: datetime) -> bytes:
        self._begun.set()
        assert self.go_on.wait(30)
        return b"signature"

    async def begins(self) -> None:
        """Wait until the first use is being worked on."""
        assert await asyncio.to_thread(self._begun.wait, 30)


async def test_uses_admitted_before_a_freeze_are_refused_as_frozen(office: Office, parts: Parts) -> None:
    await office.make()
    slow = SlowWork()
    async with asyncio.TaskGroup() as group:
        # More uses than threads: some are still to be begun when the seal leaves the cabinet.
        admitted = group.create_task(parts.desk.use([order_of(slow) for _ in range(9)]))
        await slow.begins()
        assert (await office.keeper.post(f"/v1/seals/{CODE}/freeze")).status_code == 200
        later = await parts.desk.use([order_of(lambda material, now: b"")] * WORTH_A_SECOND)
        slow.go_on.set()
    assert {type(outcome.error) for outcome in [*later, *admitted.result()]} == {SealNotUsable}


async def test_a_freeze_in_the_midst_of_a_group_leaves_the_uses_of_other_seals(
    office: Office, parts: Parts
) -> None:
    await office.make()
    await office.make(OTHER)
    begun, go_on = threading.Event(), threading.Event()

    def slow(material: Material, now: datetime) -> bytes:
        begun.set()
        assert go_on.wait(30)
        return b"sealed"

    orders = [
        Order(code, "签发证照", "svc-license", Kind.OFD, slow, f"{code}-{number}")
        for number in range(3)
        for code in (CODE, OTHER)
    ]
    async with asyncio.TaskGroup() as group:
        using = group.create_task(parts.desk.use(orders))
        assert await asyncio.to_thread(begun.wait, 30)
        assert (await office.keeper.post(f"/v1/seals/{CODE}/freeze")).status_code == 200
        go_on.set()
    frozen, others = using.result()[::2], using.result()[1::2]
    assert {type(outcome.error) for outcome in frozen} == {SealNotUsable}
    assert [outcome.use.use_key for outcome in others if outcome.use] == [f"{OTHER}-{n}" for n in range(3)]
    for code, used in ((CODE, 0), (OTHER, 3)):
        records = (await office.keeper.get("/v1/audit", params={"subject": code})).json()["items"]
        assert [record["action"] for record in records].count("seal.use") == used
        assert (await office.keeper.get(f"/v1/seals/{code}")).json()["use_count"] == used


async def test_other_uses_go_on_while_pdf_files_take_their_time(office: Office, parts: Parts) -> None:
    await office.make()
    slow = SlowWork()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(parts.desk.use([order_of(slow, Kind.PDF) for _ in range(20)]))
        await slow.begins()
        for kind in (Kind.DIGEST, Kind.OFD):
            [quick] = await parts.desk.use([order_of(lambda material, now: b"quick", kind)])
            assert quick.error is None
        assert not waiting.done()
        slow.go_on.set()
    assert {outcome.error for outcome in waiting.result()} == {None}


def order_of(work: Work, kind: Kind = Kind.DIGEST) -> Order:
    return Order(CODE, "签发证照", "svc-license", kind, work)
