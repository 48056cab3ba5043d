"""Batches over HTTP: sealed by the worker, each document with its result, also after a kill."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from seal_office import CODE, Office, a_document, a_pdf
from sqlalchemy import func, select

from lib_db import Sessions
from lib_testing import FixedClock
from svc_seal.batch.duties import BatchDuties
from svc_seal.components import Parts
from svc_seal.use.ports import Order, Outcome
from svc_seal.use.store import seal_use

ORDER = {"seal_code": CODE, "purpose": "批量签发", "place": {"x": 10, "y": 10}}


async def collected(office: Office, documents: list[bytes], **more: Any) -> str:
    """Return the id of a batch with documents, started."""
    created = await office.license.post("/v1/batches", json={**ORDER, **more})
    assert created.status_code == 201, created.text
    path = f"/v1/batches/{created.json()['id']}"
    for begin in range(0, len(documents), 100):
        body = {
            "documents": [
                {"name": f"{begin + index}.ofd", "document": base64.b64encode(data).decode()}
                for index, data in enumerate(documents[begin : begin + 100])
            ]
        }
        added = await office.license.post(f"{path}/documents", json=body)
        assert added.status_code == 201, added.text
    assert (await office.license.post(f"{path}/start")).json()["status"] == "running"
    return path


async def drain(duties: BatchDuties) -> None:
    while await duties.seal():
        pass


async def test_a_batch_of_pdf_files_is_sealed_by_a_seal_that_never_signed_one(
    office: Office, parts: Parts, clock: FixedClock
) -> None:
    await office.make()
    path = await collected(office, [a_pdf(), a_document(), a_pdf()])
    await drain(BatchDuties(parts.work, parts.desk, clock))
    done = (await office.license.get(path)).json()
    assert (done["status"], done["sealed"], done["failed"]) == ("finished", 3, 0)
    sealed = await office.license.get(f"{path}/documents/1")
    assert sealed.headers["content-type"] == "application/pdf"
    assert (await office.verdict(sealed.content))["valid"]


async def test_a_batch_is_sealed_with_a_result_for_each_document(
    office: Office, parts: Parts, clock: FixedClock
) -> None:
    await office.make()
    path = await collected(office, [a_document(), b"rubbish", a_document()])
    await drain(BatchDuties(parts.work, parts.desk, clock))
    done = (await office.license.get(path)).json()
    assert (done["status"], done["sealed"], done["failed"], done["pending"]) == ("finished", 2, 1, 0)
    listed = (await office.license.get(f"{path}/documents")).json()["items"]
    assert [item["status"] for item in listed] == ["sealed", "failed", "sealed"]
    assert listed[1]["problem"] == "document-invalid"
    assert "OFD" in listed[1]["detail"]
    sealed = await office.license.get(f"{path}/documents/3")
    assert (await office.verdict(sealed.content))["valid"]
    assert (await office.license.get(f"{path}/documents/2")).status_code == 404
    assert (await office.keeper.get(path)).status_code == 404
    actions = [item["action"] for item in (await office.keeper.get("/v1/audit")).json()["items"]]
    assert actions.count("seal.use") == 2


class KilledDesk:
    """A desk whose worker is killed after it sealed and before the batch is noted."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def use(self, orders: list[Order]) -> list[Outcome]:
        await self._parts.desk.use(orders)
        raise KeyboardInterrupt


async def test_a_batch_goes_on_after_a_kill_and_seals_nothing_twice(
    office: Office, parts: Parts, clock: FixedClock, sessions: Sessions
) -> None:
    await office.make()
    path = await collected(office, [a_document()] * 60)
    with pytest.raises(KeyboardInterrupt):
        await BatchDuties(parts.work, KilledDesk(parts), clock).seal()  # type: ignore[arg-type] # list for Sequence
    assert (await office.license.get(path)).json()["pending"] == 60
    await drain(BatchDuties(parts.work, parts.desk, clock))
    assert (await office.license.get(path)).json()["sealed"] == 60
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(seal_use)) == 60
    seal = (await office.keeper.get(f"/v1/seals/{CODE}")).json()
    assert seal["use_count"] == 60


async def test_several_workers_share_a_batch(
    office: Office, parts: Parts, clock: FixedClock, sessions: Sessions
) -> None:
    await office.make()
    path = await collected(office, [a_document()] * 130)
    await asyncio.gather(*(drain(BatchDuties(parts.work, parts.desk, clock)) for _ in range(3)))
    await drain(BatchDuties(parts.work, parts.desk, clock))
    done = (await office.license.get(path)).json()
    assert (done["status"], done["sealed"]) == ("finished", 130)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(seal_use)) == 130


async def test_a_batch_of_a_frozen_seal_fails_document_by_document(
    office: Office, parts: Parts, clock: FixedClock
) -> None:
    await office.make()
    path = await collected(office, [a_document()] * 2)
    await office.keeper.post(f"/v1/seals/{CODE}/freeze")
    await drain(BatchDuties(parts.work, parts.desk, clock))
    listed = (await office.license.get(f"{path}/documents", params={"status": "failed"})).json()["items"]
    assert [item["problem"] for item in listed] == ["seal-not-usable"] * 2


async def test_a_cancelled_batch_seals_no_more(office: Office, parts: Parts, clock: FixedClock) -> None:
    await office.make()
    path = await collected(office, [a_document()])
    assert (await office.license.post(f"{path}/cancellation")).json()["status"] == "cancelled"
    await drain(BatchDuties(parts.work, parts.desk, clock))
    assert (await office.license.get(path)).json()["pending"] == 1
    clock.advance(timedelta(days=31))
    assert await BatchDuties(parts.work, parts.desk, clock).forget()
    assert (await office.license.get(path)).status_code == 404


async def test_a_batch_has_at_most_a_thousand_documents_and_at_least_one(office: Office) -> None:
    await office.make()
    created = (await office.license.post("/v1/batches", json=ORDER)).json()
    path = f"/v1/batches/{created['id']}"
    assert (await office.license.post(f"{path}/start")).json()["type"] == "/problems/batch-empty"
    body = {"documents": [{"name": "x", "document": "eA=="}] * 100}
    for _ in range(10):
        assert (await office.license.post(f"{path}/documents", json=body)).status_code == 201
    full = await office.license.post(f"{path}/documents", json=body)
    assert (full.status_code, full.json()["type"]) == (422, "/problems/batch-full")
    await office.license.post(f"{path}/start")
    closed = await office.license.post(f"{path}/documents", json=body)
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/batch-closed")


async def test_documents_sent_twice_with_one_key_are_added_once(office: Office) -> None:
    await office.make()
    created = (await office.license.post("/v1/batches", json=ORDER)).json()
    path = f"/v1/batches/{created['id']}"
    body = {"documents": [{"name": "x", "document": "eA=="}]}
    headers = {"Idempotency-Key": "one-upload"}
    for _ in range(3):
        await office.license.post(f"{path}/documents", json=body, headers=headers)
    assert (await office.license.get(path)).json()["total"] == 1
