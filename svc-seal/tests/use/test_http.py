"""Seals used over HTTP, on a real database with real SM2."""

import asyncio
import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from seal_office import CODE, ORDER, Office, a_document
from sqlalchemy import func, select, text, update

from lib_db import Sessions
from lib_gm import Trust, check_signature, parse_signature, public_key_of, sm3
from lib_ofd import read_package, read_signatures, write_package
from lib_testing import Clients, FixedClock, foreign, staff
from svc_seal.authority import open_authority
from svc_seal.database import AUDIT, MESSAGES
from svc_seal.seed import seed
from svc_seal.settings import Settings
from svc_seal.uow import SealUnitOfWork
from svc_seal.use.duties import UseDuties
from svc_seal.use.store import seal_use


async def test_a_sealed_document_verifies_for_anyone(office: Office, sessions: Sessions) -> None:
    await office.make()
    said = await office.verdict(await office.seal())
    assert said["valid"], said
    [signature] = said["signatures"]
    assert (signature["seal_name"], signature["seal_status"]) == ("平顶山市市场监督管理局", "active")
    assert signature["form"] == "GB/T 38540-2020 (V4)"
    async with sessions() as session:
        kinds = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
    assert kinds == ["seal.seal.activated.v1", "seal.document.sealed.v1"]


async def test_the_second_implementation_accepts_the_sealed_file(office: Office) -> None:
    """Reads the file with nothing of ours but the public keys in it."""
    await office.make()
    files = read_package(await office.seal())
    folder = "/Doc_0/Signs/Sign_0"
    xml, value = files[f"{folder}/Signature.xml"], files[f"{folder}/SignedValue.dat"]
    to_sign, by, algorithm, signature = foreign.parts(foreign.parts(value)[0][1])
    point = public_key_of(by[1]).point()
    assert foreign.verify(point, signature[1][1:], to_sign[2])
    assert algorithm[2] == foreign.oid(foreign.SM2_SM3)
    _version, seal, _time, digest, path = foreign.parts(to_sign[1])
    assert digest[1][1:] == foreign.sm3(xml)
    assert path[1].decode() == f"{folder}/Signature.xml"
    assert seal[2] == files[f"{folder}/Seal.esl"]
    for name, data in files.items():
        if name not in {
            f"{folder}/Signature.xml",
            f"{folder}/SignedValue.dat",
            "/Doc_0/Signs/Signatures.xml",
        }:
            assert base64.b64encode(foreign.sm3(data)) in xml, name


async def test_a_changed_document_is_found_and_says_what(office: Office) -> None:
    await office.make()
    files = read_package(await office.seal())
    page = next(name for name in files if name.endswith("Content.xml"))
    files[page] = files[page].replace("食品".encode(), "药品".encode())
    said = await office.verdict(write_package(files))
    assert not said["valid"]
    [found] = [item for item in said["signatures"][0]["findings"] if not item["ok"]]
    assert (found["check"], found["files"]) == ("content", [page])
    assert page in said["text"]


async def test_a_second_seal_leaves_the_first_good(office: Office) -> None:
    await office.make()
    both = await office.seal("license-0002", await office.seal())
    said = await office.verdict(both)
    assert said["valid"]
    assert len(said["signatures"]) == 2


async def test_a_seal_goes_to_a_keyword(office: Office) -> None:
    await office.make()
    document = await office.seal(keyword={"text": "盖章"})
    [signature] = read_signatures(document)
    assert signature.place is not None
    assert 180 < signature.place.x + 21 < 240
    missing = await office.ask("license-0002", a_document(), keyword={"text": "没有"})
    assert missing.json()["type"] == "/problems/seal-place-invalid"
    riding = await office.ask("license-0003", a_document(), across_pages={})
    assert riding.json()["type"] == "/problems/seal-place-invalid"


@pytest.mark.parametrize(
    "place", [{"x": None}, {"keyword": {"text": "章"}, "x": 1, "y": 1}, {"x": 1, "y": None}]
)
async def test_exactly_one_kind_of_place_is_given(office: Office, place: dict[str, object]) -> None:
    answer = await office.ask("license-0001", a_document(), **place)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/malformed"


async def test_one_occasion_is_sealed_once_even_at_the_same_time(office: Office, sessions: Sessions) -> None:
    await office.make()
    answers = await asyncio.gather(*(office.ask("license-0001", a_document()) for _ in range(8)))
    results = [answer.json() for answer in answers]
    assert len({result["use_id"] for result in results}) == 1
    assert len({result["document"] for result in results}) == 1
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(seal_use)) == 1
        events = select(func.count()).select_from(MESSAGES.outbox)
        assert await session.scalar(events.where(MESSAGES.outbox.c.type == "seal.document.sealed.v1")) == 1


async def test_many_uses_at_the_same_time_are_each_one_record_and_counted(office: Office) -> None:
    await office.make()
    await asyncio.gather(*(office.ask(f"license-{number:04d}", a_document()) for number in range(20)))
    seal = (await office.keeper.get(f"/v1/seals/{CODE}")).json()
    assert seal["use_count"] == 20
    records = (await office.keeper.get("/v1/audit", params={"subject": CODE})).json()["items"]
    used = [record for record in records if record["action"] == "seal.use"]
    assert len({record["facts"]["digest"] for record in used}) == 20
    assert (await office.keeper.post("/v1/audit/verification")).json()["whole"]


async def test_a_frozen_seal_is_not_used(office: Office) -> None:
    await office.make()
    await office.keeper.post(f"/v1/seals/{CODE}/freeze")
    refused = await office.ask("license-0001", a_document())
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/seal-not-usable")
    await office.keeper.post(f"/v1/seals/{CODE}/unfreeze")
    await office.seal()


async def test_freezing_in_the_midst_of_use_lets_nothing_out_afterwards(office: Office) -> None:
    await office.make()
    uses = [office.ask(f"license-{number:04d}", a_document()) for number in range(12)]
    *answers, frozen = await asyncio.gather(*uses, office.keeper.post(f"/v1/seals/{CODE}/freeze"))
    assert frozen.status_code == 200
    assert {answer.status_code for answer in answers} <= {201, 409}
    records = (await office.keeper.get("/v1/audit", params={"subject": CODE})).json()["items"]
    actions = [record["action"] for record in records]
    assert actions[actions.index("seal.freeze") :] == ["seal.freeze"]
    assert actions.count("seal.use") == sum(answer.status_code == 201 for answer in answers)


async def test_an_expired_seal_is_not_used_but_old_signatures_stay_good(
    office: Office, clock: FixedClock
) -> None:
    await office.make()
    document = await office.seal()
    clock.advance(timedelta(days=6 * 365))
    assert (await office.ask("license-0002", a_document())).json()["type"] == "/problems/seal-not-usable"
    assert (await office.verdict(document))["valid"]


async def test_who_has_no_grant_may_not_use_a_seal(office: Office) -> None:
    await office.make()
    body = {"seal_code": CODE, "purpose": "p", "use_key": "k" * 8, "x": 1, "y": 1, "document": "eA=="}
    assert (await office.keeper.post("/v1/documents", json=body)).status_code == 403
    assert (await office.public.post("/v1/documents", json=body)).status_code == 403
    assert (await office.ask("license-0001", b"x", seal_code="410400000")).status_code == 404


async def test_a_clerk_with_a_grant_uses_the_seal_for_that_purpose(office: Office, service: Clients) -> None:
    await office.make(users=[{"user": "s_clerk", "purpose": "合同"}])
    clerk = service.as_(staff("s_clerk", "window_clerk"))
    body = {
        "document": base64.b64encode(a_document()).decode(),
        "seal_code": CODE,
        "purpose": "合同",
        "use_key": "contract-1",
        "x": 1,
        "y": 1,
    }
    assert (await clerk.post("/v1/documents", json=body)).status_code == 201
    assert (await clerk.post("/v1/documents", json={**body, "purpose": "其他"})).status_code == 403


async def test_digests_are_signed_as_seal_signatures_and_raw(
    office: Office, settings: Settings, clock: FixedClock
) -> None:
    await office.make()
    digests = [sm3(bytes([number])) for number in range(5)]
    items = [{"digest": digest.hex(), "property_info": f"/S_{i}.xml"} for i, digest in enumerate(digests)]
    body = {"seal_code": CODE, "purpose": "文件签章", "items": items}
    answer = await office.license.post("/v1/digest-signatures", json=body)
    signatures = [base64.b64decode(item) for item in answer.json()["signatures"]]
    authority = open_authority(settings.keys_dir, clock.now(), settings)
    trust = Trust.of([authority.root.certificate], [authority.ca.certificate])
    for index, signature in enumerate(signatures):
        facts = parse_signature(signature)
        assert (facts.data_hash, facts.property_info) == (digests[index], f"/S_{index}.xml")
        assert all(found.ok for found in check_signature(signature, trust))
    raw = await office.license.post("/v1/digest-signatures", json={**body, "form": "raw"})
    point = public_key_of(parse_signature(signatures[0]).signer).point()
    for digest, signed in zip(digests, raw.json()["signatures"], strict=True):
        assert foreign.verify(point, base64.b64decode(signed), digest)
    assert (await office.keeper.get(f"/v1/seals/{CODE}")).json()["use_count"] == 10


async def test_sealed_files_are_forgotten_after_a_month_but_not_the_use(
    office: Office, sessions: Sessions, clock: FixedClock
) -> None:
    await office.make()
    await office.seal()
    duties = UseDuties(lambda: SealUnitOfWork(sessions), clock)
    assert not await duties.forget()
    clock.advance(timedelta(days=31))
    assert await duties.forget()
    again = await office.ask("license-0001", a_document())
    assert (again.status_code, again.json()["type"]) == (409, "/problems/seal-use-forgotten")


async def test_a_changed_audit_record_breaks_the_chain(office: Office, sessions: Sessions) -> None:
    await office.make()
    await office.seal()
    listed = (await office.keeper.get("/v1/audit")).json()["items"]
    actions = [record["action"] for record in listed]
    assert actions == ["revocation_list.issue", "seal.apply", "seal.approve", "seal.use"]
    assert (await office.keeper.post("/v1/audit/verification")).json()["whole"]
    async with sessions.begin() as session:
        second = update(AUDIT.records).where(AUDIT.records.c.number == 2)
        await session.execute(second.values(actor="somebody"))
    broken = (await office.keeper.post("/v1/audit/verification")).json()
    assert (broken["whole"], broken["first_broken"]) == (False, 2)
    assert "第 2 条" in broken["text"]


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_deleted_audit_record_is_found_also_the_last(
    office: Office, sessions: Sessions, number: int
) -> None:
    await office.make()
    await office.seal()
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM audit_record WHERE number = :n"), {"n": number})
    broken = (await office.keeper.post("/v1/audit/verification")).json()
    assert (broken["whole"], broken["first_broken"]) == (False, number)


async def test_loading_the_citys_seals_twice_makes_them_once(
    settings: Settings, sessions: Sessions, clock: FixedClock, tmp_path: Path
) -> None:
    record = {**ORDER, "kind": "unit", "created_by": "s_a", "approved_by": "s_b"}
    (tmp_path / "seals.json").write_text(json.dumps([record]))
    here = settings.model_copy(update={"city_data_dir": tmp_path})
    await seed(here, clock)
    await seed(here, clock)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(AUDIT.records)) == 2
