"""Attachments over HTTP."""

import hashlib
from datetime import timedelta
from pathlib import Path

from catalog_cases import ADMIN, BODY, CLERK, OFFICER, STRANGER, submitted

from lib_db import Sessions
from lib_files import FileStore
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_catalog.attachment.domain import LARGEST
from svc_catalog.attachment.duties import forget_unused

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "050001a5f645400000000049454e44ae426082"
)


async def uploaded(service: Clients, name: str = "照片.png") -> dict[str, str]:
    answer = await service.as_(CITIZEN).post("/v1/attachments", params={"name": name}, content=PNG)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


async def test_a_file_is_known_by_its_content_and_digested(service: Clients) -> None:
    kept = await uploaded(service, "合同.pdf")
    assert kept["media_type"] == "image/png"
    assert kept["digest"] == hashlib.new("sm3", PNG).hexdigest()
    path = f"/v1/attachments/{kept['id']}"
    assert (await service.as_(CITIZEN).get(path)).content == PNG
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404


async def test_what_is_no_document_or_too_large_is_refused(service: Clients) -> None:
    client = service.as_(CITIZEN)
    script = await client.post("/v1/attachments", params={"name": "a.png"}, content=b"#!/bin/sh\nrm -rf /\n")
    assert (script.status_code, script.json()["type"]) == (422, "/problems/file-type-not-allowed")
    large = await client.post("/v1/attachments", params={"name": "a.png"}, content=PNG + bytes(LARGEST))
    assert (large.status_code, large.json()["largest"]) == (422, LARGEST)


async def test_an_application_names_files_that_staff_may_then_read(service: Clients) -> None:
    kept = await uploaded(service)
    materials = [{"name": "申请书", "attachment_id": kept["id"]}]
    filed = await submitted(service, materials=materials)
    path = f"/v1/applications/{filed['id']}/attachments/{kept['id']}"
    assert (await service.as_(OFFICER).get(path)).content == PNG
    assert (await service.as_(STRANGER).get(path)).status_code == 403
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404
    other = await uploaded(service)
    beside = f"/v1/applications/{filed['id']}/attachments/{other['id']}"
    assert (await service.as_(OFFICER).get(beside)).status_code == 404
    trail = (await service.as_(ADMIN).get("/v1/audit-records", params={"subject": filed["id"]})).json()
    assert {record["action"] for record in trail["items"]} == {"attachment.read"}


async def test_somebody_elses_file_cannot_be_named(service: Clients) -> None:
    kept = await uploaded(service)
    body = {**BODY, "materials": [{"name": "申请书", "attachment_id": kept["id"]}]}
    answer = await service.as_(OTHER_CITIZEN).post("/v1/applications", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/attachment-unknown")


async def test_a_clerk_uploads_for_the_person_at_the_window(service: Clients) -> None:
    client = service.as_(CLERK)
    nobody = await client.post("/v1/attachments", params={"name": "a.png"}, content=PNG)
    assert nobody.status_code == 403
    params = {"name": "a.png", "person_id": CITIZEN.subject}
    kept = (await client.post("/v1/attachments", params=params, content=PNG)).json()
    listed = (await service.as_(CITIZEN).get("/v1/attachments")).json()["items"]
    assert [found["id"] for found in listed] == [kept["id"]]


async def test_unused_files_are_forgotten_and_used_ones_kept(
    service: Clients, sessions: Sessions, clock: FixedClock, tmp_path: Path
) -> None:
    used, unused = await uploaded(service), await uploaded(service)
    await submitted(service, materials=[{"name": "申请书", "attachment_id": used["id"]}])
    files = FileStore(f"file://{tmp_path / 'files'}")
    assert await forget_unused(sessions, files, clock) == 0
    clock.advance(timedelta(days=31))
    assert await forget_unused(sessions, files, clock) == 1
    assert (await service.as_(CITIZEN).get(f"/v1/attachments/{unused['id']}")).status_code == 404
    assert (await service.as_(CITIZEN).get(f"/v1/attachments/{used['id']}")).status_code == 200
