"""Handing in: fields of the kind, anonymous with a code, attachments, masking, audit."""

import re
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text, update

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, staff
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import AUDIT

MARKET = "114104000051840136"
DISPATCHER = staff("s_dispatcher", "dispatcher")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))
AUDITOR = staff("s_auditor", "auditor")
PRIVATE = "本人身份证41042219900307001X，电话13812345678，食品经营许可证没有办成"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


async def handed_in(service: Clients, caller: Any = CITIZEN, **body: Any) -> dict[str, Any]:
    answer = await service.as_(caller).post("/v1/cases", json={"content": PRIVATE, **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_kinds_own_fields_are_checked_by_name(service: Clients) -> None:
    client = service.as_(CITIZEN)
    body: dict[str, Any] = {"kind": "enterprise_appeal", "content": "项目环评批复迟迟没有下来"}
    body["fields"] = {"matter": "approval"}
    answer = await client.post("/v1/cases", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/case-fields-invalid")
    assert "enterprise_name" in answer.json()["detail"]
    body["fields"] = {"matter": "approval", "enterprise_name": "平顶山某某公司"}
    made = await client.post("/v1/cases", json=body)
    assert made.status_code == 201, made.text
    assert (await client.get(f"/v1/cases/{made.json()['id']}")).json()["fields"] == body["fields"]
    assert made.json()["case_number"].startswith("QQ20260304")


async def test_kinds_that_are_not_for_citizens_cannot_be_opened_by_them(service: Clients) -> None:
    for kind in ("bad_rating", "platform_order", "area_verification", "nonsense"):
        answer = await service.as_(CITIZEN).post("/v1/cases", json={"kind": kind, "content": "我要反映问题"})
        assert (answer.status_code, answer.json()["field"]) == (422, "kind")


async def test_an_anonymous_case_is_followed_by_a_code_that_is_not_in_the_database(
    service: Clients, sessions: Sessions
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    body = {"content": "窗口态度生硬，推诿不办"}
    first = await service.as_(PUBLIC).post("/v1/cases", json=body, headers=key)
    again = await service.as_(PUBLIC).post("/v1/cases", json=body, headers=key)
    code = first.json()["tracking_code"]
    assert re.fullmatch(r"([A-Z2-7]{5}-){3}[A-Z2-7]{5}", code)
    assert (again.json()["tracking_code"], again.json()["id"]) == (code, first.json()["id"])
    async with sessions() as session:
        assert len((await session.scalars(select(complaint_case.c.id))).all()) == 1
        for table in ("complaint_case", "idempotency_key", "outbox", "audit_record"):
            rows = await session.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608 - our tables
            assert not [row for row in rows if code in row or code.replace("-", "") in row]
    client = service.as_(PUBLIC)
    assert (await client.get("/v1/tracked-case")).status_code == 422
    wrong = await client.get("/v1/tracked-case", headers={"X-Tracking-Code": "AAAAA-BBBBB-CCCCC-DDDDD"})
    assert (wrong.status_code, wrong.json()["type"]) == (404, "/problems/case-not-found")
    mine = await client.get("/v1/tracked-case", headers={"X-Tracking-Code": code.lower().replace("-", " ")})
    assert mine.json()["content"] == body["content"]


async def test_with_the_code_one_supplements_confirms_and_reopens(service: Clients) -> None:
    made = await handed_in(service, PUBLIC)
    code, path = {"X-Tracking-Code": made["tracking_code"]}, f"/v1/cases/{made['id']}"
    client = service.as_(PUBLIC)
    added = await client.post("/v1/tracked-case/supplement", json={"note": "补充：在3号窗口"}, headers=code)
    assert "3号窗口" in added.text
    early = await client.post("/v1/tracked-case/confirmation", headers=code)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/illegal-move")
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for step, body in (("acceptance", None), ("start", None), ("resolution", {"note": "已整改"})):
        await service.as_(HANDLER).post(f"{path}/{step}", json=body)
    not_yet = await client.post("/v1/tracked-case/reopening", json={"note": "没有整改"}, headers=code)
    assert not_yet.json()["status"] == "reopened"
    for step, body in (("start", None), ("resolution", {"note": "这次整改了"})):
        await service.as_(HANDLER).post(f"{path}/{step}", json=body)
    assert (await client.post("/v1/tracked-case/confirmation", headers=code)).json()["status"] == "closed"


async def test_that_nobody_can_be_told_is_visible_on_the_case(service: Clients) -> None:
    silent = await handed_in(service, PUBLIC)
    seen = (await service.as_(DISPATCHER).get(f"/v1/cases/{silent['id']}")).json()
    assert [trouble["what"] for trouble in seen["troubles"]] == ["nobody_to_tell"]
    listed = (await service.as_(DISPATCHER).get("/v1/worklist", params={"trouble": True})).json()["items"]
    assert [item["id"] for item in listed] == [silent["id"]]


async def test_personal_data_are_encrypted_masked_and_shown_to_those_who_need_them(
    service: Clients, sessions: Sessions
) -> None:
    made = await handed_in(service, contact={"name": "李明", "phone": "13812345678"})
    path = f"/v1/cases/{made['id']}"
    async with sessions() as session:
        row = (await session.execute(select(complaint_case))).one()
        assert "13812345678" not in str(row)
        assert "许可证" not in str(row.content)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for_dispatcher = (await service.as_(DISPATCHER).get(path)).text
    assert "13812345678" not in for_dispatcher
    assert "41042219900307001X" not in for_dispatcher
    for_handler = (await service.as_(HANDLER).get(path)).json()
    assert "41042219900307001X" not in for_handler["content"]
    assert for_handler["contact"] == "李* 138****5678"
    own = (await service.as_(CITIZEN).get(path)).json()
    assert "41042219900307001X" in own["content"]
    assert (
        await service.as_(DISPATCHER).post(f"{path}/contact", json={"purpose": "回访"})
    ).status_code == 403
    contact = await service.as_(HANDLER).post(f"{path}/contact", json={"purpose": "电话回访"})
    assert contact.json() == {"name": "李明", "phone": "13812345678"}


async def test_internal_notes_never_reach_the_citizen(service: Clients) -> None:
    made = await handed_in(service)
    path = f"/v1/cases/{made['id']}"
    await service.as_(DISPATCHER).post(f"{path}/notes", json={"note": "内部：此人多次来访"})
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    await service.as_(HANDLER).post(f"{path}/acceptance")
    verify = {"finding": "partly", "note": "内部核实：确有两次"}
    await service.as_(HANDLER).post(f"{path}/verification", json=verify)
    assert "内部" in (await service.as_(HANDLER).get(path)).text
    for answer in (await service.as_(CITIZEN).get(path), await service.as_(CITIZEN).get("/v1/cases")):
        assert "内部" not in answer.text
        assert "s_handler" not in answer.text
        assert "suggested" not in answer.text


async def test_every_step_and_read_is_in_a_chain_that_shows_tampering(
    service: Clients, sessions: Sessions
) -> None:
    made = await handed_in(service)
    path = f"/v1/cases/{made['id']}"
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    await service.as_(HANDLER).get(path)
    records = await service.as_(AUDITOR).get("/v1/audit", params={"subject": made["case_number"]})
    assert [(one["actor"], one["action"]) for one in records.json()["items"]] == [
        (CITIZEN.subject, "case.receive"),
        ("s_dispatcher", "case.dispatch"),
        ("s_handler", "case.read"),
    ]
    assert (await service.as_(AUDITOR).post("/v1/audit/verification")).json()["whole"] is True
    async with sessions.begin() as session:
        await session.execute(update(AUDIT.records).where(AUDIT.records.c.number == 2).values(actor="nobody"))
    verdict = (await service.as_(AUDITOR).post("/v1/audit/verification")).json()
    assert (verdict["whole"], verdict["first_broken"]) == (False, 2)


async def test_attachments_are_what_their_content_says_and_only_for_those_who_may_see_the_case(
    service: Clients,
) -> None:
    made = await handed_in(service)
    path = f"/v1/cases/{made['id']}/attachments"
    client = service.as_(CITIZEN)
    added = await client.post(path, params={"name": "现场.pdf"}, content=PNG)
    assert (added.status_code, added.json()["media_type"]) == (201, "image/png")
    again = await client.post(path, params={"name": "现场.pdf"}, content=PNG)
    assert again.json()["id"] == added.json()["id"]
    refused = await client.post(path, params={"name": "x.png"}, content=b"#!/bin/sh\nrm -rf /")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/file-type-not-allowed")
    file = f"{path}/{added.json()['id']}"
    assert (await client.get(file)).content == PNG
    assert (await service.as_(OTHER_CITIZEN).get(file)).status_code == 404
    assert (await service.as_(PUBLIC).get(file)).status_code == 404
    assert (await service.as_(DISPATCHER).get(file)).content == PNG
    anonymous = await handed_in(service, PUBLIC)
    code = {"X-Tracking-Code": anonymous["tracking_code"]}
    other = f"/v1/cases/{anonymous['id']}/attachments"
    assert (await service.as_(PUBLIC).post(other, params={"name": "a.png"}, content=PNG)).status_code == 404
    kept = await service.as_(PUBLIC).post(other, params={"name": "a.png"}, content=PNG, headers=code)
    assert kept.status_code == 201
    assert len((await service.as_(PUBLIC).get(other, headers=code)).json()["items"]) == 1


async def test_a_case_too_large_or_too_full_of_files_says_so(service: Clients) -> None:
    path = f"/v1/cases/{(await handed_in(service))['id']}/attachments"
    client = service.as_(CITIZEN)
    large = await client.post(path, params={"name": "x"}, content=b"x" * (5 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["type"]) == (422, "/problems/file-too-large")
    for number in range(9):
        assert (
            await client.post(path, params={"name": "x"}, content=PNG + bytes([number]))
        ).status_code == 201
    full = await client.post(path, params={"name": "x"}, content=PNG + b"last")
    assert (full.status_code, full.json()["type"]) == (409, "/problems/too-many-attachments")
