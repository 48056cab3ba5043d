"""Seals from application to their end, over HTTP."""

import asyncio
from datetime import timedelta

import pytest
from asn1crypto import pem
from seal_office import CODE, ORDER, Office
from sqlalchemy import select

from lib_db import Sessions
from lib_gm import Trust, parse_seal, read_revocation_list, serial_of
from lib_testing import FixedClock
from svc_seal.authority import open_authority
from svc_seal.certificate.issuer import AuthorityListIssuer
from svc_seal.database import MESSAGES
from svc_seal.seal.duties import SealDuties
from svc_seal.settings import Settings
from svc_seal.uow import SealUnitOfWork

NEW = "4104000000901"


async def listed(office: Office) -> set[int]:
    answer = await office.public.get("/v1/revocation-list")
    assert answer.headers["content-type"] == "application/pkix-crl"
    return set(read_revocation_list(answer.content).revoked)


async def serial(office: Office, code: str = CODE) -> int:
    made = (await office.keeper.get(f"/v1/seals/{code}/file")).content
    return serial_of(parse_seal(made).signers[0])


async def test_a_seal_needs_two_persons(office: Office) -> None:
    await office.keeper.post("/v1/seals", json=ORDER)
    own = await office.keeper.post(f"/v1/seals/{CODE}/approval")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/four-eyes")
    assert (await office.keeper.post("/v1/seals", json=ORDER)).status_code == 409
    assert (await office.second.post(f"/v1/seals/{CODE}/approval")).status_code == 200
    assert (await office.second.post(f"/v1/seals/{CODE}/approval")).status_code == 409


async def test_an_application_may_be_refused_by_the_second_person(office: Office) -> None:
    await office.keeper.post("/v1/seals", json=ORDER)
    because = {"reason": "名称与批文不符"}
    own = await office.keeper.post(f"/v1/seals/{CODE}/refusal", json=because)
    assert own.json()["type"] == "/problems/four-eyes"
    refused = (await office.second.post(f"/v1/seals/{CODE}/refusal", json=because)).json()
    assert (refused["status"], refused["reason"]) == ("refused", "名称与批文不符")
    assert (await office.second.post(f"/v1/seals/{CODE}/approval")).status_code == 409


async def test_approved_twice_at_once_it_is_made_once(office: Office) -> None:
    await office.keeper.post("/v1/seals", json=ORDER)
    path = f"/v1/seals/{CODE}/approval"
    answers = await asyncio.gather(*(office.second.post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_pictures_come_as_png_and_svg_and_as_a_preview(office: Office) -> None:
    await office.make()
    png = await office.keeper.get(f"/v1/seals/{CODE}/picture")
    svg = await office.keeper.get(f"/v1/seals/{CODE}/picture", params={"format": "svg"})
    assert png.content.startswith(b"\x89PNG")
    assert svg.content.startswith(b"<svg ")
    shown = {"name": "平顶山市公安局", "kind": "special", "line": "行政审批专用章"}
    preview = await office.keeper.post("/v1/seal-previews", json=shown)
    assert preview.content.startswith(b"\x89PNG")
    wrong = await office.keeper.post("/v1/seal-previews", json={"name": "𠮷𠮷𠮷𠮷"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/seal-picture-impossible")
    assert "𠮷" in wrong.json()["detail"]


async def test_the_structure_of_a_seal_is_handed_out_and_chains_to_the_published_certificates(
    office: Office, clock: FixedClock
) -> None:
    await office.make()
    seal = parse_seal((await office.keeper.get(f"/v1/seals/{CODE}/file")).content)
    assert (seal.es_id, seal.name, seal.width) == (CODE, ORDER["name"], 42)
    published = (await office.public.get("/v1/authority-certificates")).content
    authority, root = (der for _kind, _headers, der in pem.unarmor(published, multiple=True))
    crl = (await office.public.get("/v1/revocation-list")).content
    trust = Trust.of([root], [authority], [crl])
    found = trust.check(seal.signers[0], clock.now(), role="signer", who="签章人")
    assert all(item.ok for item in found)


async def test_a_revoked_seal_is_on_the_list_at_once(office: Office) -> None:
    await office.make()
    assert await listed(office) == set()
    reason = {"reason": "key_compromise", "note": "密钥介质遗失"}
    answer = await office.keeper.post(f"/v1/seals/{CODE}/revocation", json=reason)
    assert answer.json()["status"] == "revoked"
    assert await listed(office) == {await serial(office)}


async def test_an_old_signature_stays_good_after_revocation_unless_the_key_was_lost(
    office: Office, clock: FixedClock
) -> None:
    await office.make()
    await office.make(NEW)
    good = await office.seal()
    lost = await office.seal("license-0002", seal_code=NEW)
    clock.advance(timedelta(days=1))
    await office.keeper.post(f"/v1/seals/{CODE}/revocation")
    await office.keeper.post(f"/v1/seals/{NEW}/revocation", json={"reason": "key_compromise"})
    said = await office.verdict(good)
    assert said["valid"], said["text"]
    assert said["signatures"][0]["seal_status"] == "revoked"
    assert await office.failed(lost) == {"signer-revocation"}


async def test_a_new_seal_takes_the_place_of_the_old_in_one_step(office: Office) -> None:
    await office.make()
    await office.keeper.post("/v1/seals", json={**ORDER, "code": NEW, "replaces": CODE})
    assert (await office.keeper.get(f"/v1/seals/{CODE}")).json()["status"] == "active"
    await office.second.post(f"/v1/seals/{NEW}/approval")
    old = (await office.keeper.get(f"/v1/seals/{CODE}")).json()
    assert (old["status"], old["replaced_by"]) == ("replaced", NEW)
    assert await listed(office) == {await serial(office)}
    assert (await office.ask("license-0001", b"")).json()["type"] == "/problems/seal-not-usable"


async def test_only_a_living_seal_can_be_replaced(office: Office) -> None:
    await office.make()
    await office.keeper.post(f"/v1/seals/{CODE}/revocation")
    answer = await office.keeper.post("/v1/seals", json={**ORDER, "code": NEW, "replaces": CODE})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/seal-not-replaceable")


async def test_seals_expire_by_the_clock_and_lists_are_renewed(
    office: Office, settings: Settings, sessions: Sessions, clock: FixedClock
) -> None:
    await office.make()
    authority = open_authority(settings.keys_dir, clock.now(), settings)
    duties = SealDuties(lambda: SealUnitOfWork(sessions), AuthorityListIssuer(authority), clock)
    assert not await duties.expire()
    before = (await office.public.get("/v1/revocation-list")).headers["etag"]
    clock.advance(timedelta(days=6 * 365))
    assert await duties.expire()
    assert not await duties.expire()
    assert (await office.keeper.get(f"/v1/seals/{CODE}")).json()["status"] == "expired"
    await duties.renew_list()
    await duties.renew_list()
    after = (await office.public.get("/v1/revocation-list")).headers["etag"]
    assert (before, after) == ('"crl-1"', '"crl-2"')


async def test_every_change_is_an_event(office: Office, sessions: Sessions) -> None:
    await office.make()
    await office.keeper.post(f"/v1/seals/{CODE}/freeze", json={"reason": "盘点"})
    await office.keeper.post(f"/v1/seals/{CODE}/unfreeze")
    await office.keeper.post(f"/v1/seals/{CODE}/revocation")
    async with sessions() as session:
        kinds = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
    assert [kind.split(".")[2] for kind in kinds] == ["activated", "frozen", "unfrozen", "revoked"]


async def test_lists_are_filtered_by_status(office: Office) -> None:
    await office.make()
    await office.keeper.post("/v1/seals", json={**ORDER, "code": NEW})
    found = (await office.keeper.get("/v1/seals", params={"status": "applied"})).json()["items"]
    assert [seal["code"] for seal in found] == [NEW]


@pytest.mark.parametrize("path", ["seals", f"seals/{CODE}", f"seals/{CODE}/file", "audit"])
async def test_only_keepers_see_seals(office: Office, path: str) -> None:
    assert (await office.public.get(f"/v1/{path}")).status_code == 403
    assert (await office.license.get(f"/v1/{path}")).status_code == 403


async def test_grants_say_who_may_use_a_seal_for_what(office: Office) -> None:
    await office.make(users=[{"user": "svc-license", "purpose": "签发证照"}])
    assert (await office.ask("license-0001", b"x", purpose="别的用途")).status_code == 403
    refused = await office.ask("license-0001", b"x", purpose="别的用途")
    assert refused.json()["type"] == "/problems/seal-use-not-granted"
    path = f"/v1/seals/{CODE}/grants"
    [first] = (await office.keeper.get(path)).json()["items"]
    assert (first["user"], first["purpose"]) == ("svc-license", "签发证照")
    await office.seal()
    assert (await office.keeper.post(f"{path}/{first['id']}/end")).json()["ended_at"]
    assert (await office.keeper.post(f"{path}/{first['id']}/end")).status_code == 409
    assert (await office.ask("license-0002", b"x")).status_code == 403
    await office.keeper.post(path, json={"user": "svc-license", "valid_until": "2026-03-01T00:00:00+08:00"})
    assert (await office.ask("license-0002", b"x")).status_code == 403
    await office.keeper.post(path, json={"user": "svc-license"})
    await office.seal("license-0002")
    unknown = await office.keeper.post("/v1/seals/410400/grants", json={"user": "s_clerk"})
    assert unknown.status_code == 404
