"""Showing and scanning: good once and for a minute, offline with its freshness, changed codes never pass."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lib_gm import FieldCipher
from lib_messaging import Envelope
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, staff
from lib_web import Caller, CallerKind
from svc_license.database import MESSAGES
from svc_license.license.domain import Status
from svc_license.presentation.domain import CodeExpired, CodeInvalid
from svc_license.presentation.duties import ForgettingCodes
from svc_license.presentation.offline import check_offline
from svc_license.presentation.store import add_key, open_signer
from svc_license.presentation.tokens import LIST_SIZE, pack, unpack

LATEST = select(MESSAGES.outbox.c.envelope).order_by(MESSAGES.outbox.c.seq.desc()).limit(1)
BANK = Caller(CallerKind.PARTNER, "psbc", "bank", partner="psbc")
CLERK = staff("s_clerk", "clerk")


async def shown(desk: Any, found: dict[str, Any], form: str = "online", caller: Caller = CITIZEN) -> Any:
    body = {"license_id": found["id"], "form": form}
    return await desk.service.as_(caller).post("/v1/presentations", json=body)


async def scanned(desk: Any, code: str, caller: Caller = BANK) -> Any:
    return await desk.service.as_(caller).post("/v1/scans", json={"code": code, "purpose": "开户核验"})


@pytest.mark.parametrize("verifier", [BANK, CLERK, OTHER_CITIZEN], ids=lambda caller: str(caller.kind))
async def test_a_shown_licence_is_scanned_and_both_sides_have_it_on_record(
    desk: Any, verifier: Caller
) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    assert len(code) < 300
    seen = (await scanned(desk, code, verifier)).json()
    assert (seen["valid"], seen["license_name"], seen["holder_name"]) == (True, "食品经营许可证", "李*")
    assert seen["holder_number"] == "110***********002X"
    assert seen["issuer"] == "平顶山市市场监督管理局"
    [read] = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    assert (read["basis"], read["purpose"]) == ("presented", "开户核验")
    assert read["reader"] == ("个人核验" if verifier is OTHER_CITIZEN else verifier.subject)
    assert await desk.events() == ["issued", "presented"]
    async with desk.sessions() as session:
        told = Envelope.model_validate_json((await session.scalars(LATEST)).one()).data
    assert told["partner"] == ("psbc" if verifier is BANK else None)
    trail = (await desk.service.as_(staff("s_auditor", "auditor")).get("/v1/audit")).json()["items"]
    assert trail[-1]["actor"] == verifier.subject


async def test_a_code_is_good_once_even_for_scans_at_the_same_moment(desk: Any) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    answers = await asyncio.gather(*(scanned(desk, code) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/presentation-used"}
    assert (await desk.events()).count("presented") == 1


@pytest.mark.parametrize(("later", "status"), [(89, 200), (91, 422), (-29, 200), (-31, 422)])
async def test_a_code_lives_a_minute_and_clocks_may_differ_by_half_of_one(
    desk: Any, later: int, status: int
) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    desk.clock.advance(timedelta(seconds=later))
    assert (await scanned(desk, code)).status_code == status


async def test_a_licence_that_is_not_in_force_cannot_be_shown_and_scans_say_so(desk: Any) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    await desk.decide("suspension", found["id"])
    seen = (await scanned(desk, code)).json()
    assert (seen["valid"], seen["status"]) == (False, "suspended")
    for form in ("online", "offline"):
        refused = await shown(desk, found, form)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/license-not-presentable")


async def test_nobody_shows_anothers_licence(desk: Any) -> None:
    found = await desk.issue()
    assert (await shown(desk, found, caller=OTHER_CITIZEN)).status_code == 404


async def test_changed_codes_and_codes_of_another_kind_never_pass(desk: Any) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    header, payload, signature = code.split(".")
    changed = payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1]
    offline = (await shown(desk, found, "offline")).json()["code"]
    for wrong in (
        f"{header}.{changed}.{signature}",
        f"{header}.{payload}.{signature[::-1]}",
        offline,
        "x" * 40,
    ):
        refused = await scanned(desk, wrong)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/presentation-invalid")


async def kept(desk: Any, found: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Return an offline code, the public keys and the status list, as a verifier keeps them."""
    code = (await shown(desk, found, "offline")).json()
    keys = (await desk.service.as_(PUBLIC).get("/v1/presentation-keys")).json()
    listed = await desk.service.as_(PUBLIC).get("/v1/status-lists/0")
    assert listed.status_code == 200
    return code["code"], keys, listed.text


async def test_an_offline_code_is_checked_without_asking_and_says_how_fresh_it_is(desk: Any) -> None:
    found = await desk.issue()
    code, keys, _ = await kept(desk, found)
    assert not any("d" in key for key in keys["keys"])
    desk.clock.advance(timedelta(hours=2))
    verdict = check_offline(code, keys, None, desk.clock.now())
    assert (verdict.valid, verdict.age) == (True, timedelta(hours=2))
    assert (verdict.facts["name"], verdict.facts["holder"]) == ("食品经营许可证", "李*")
    assert verdict.facts["id"] == "110***********002X"
    with pytest.raises(CodeExpired):
        check_offline(code, keys, None, desk.clock.now() + timedelta(hours=23))


async def test_a_newer_status_list_overrules_an_offline_code(desk: Any) -> None:
    found = await desk.issue()
    code, keys, before = await kept(desk, found)
    await desk.decide("suspension", found["id"])
    desk.clock.advance(timedelta(minutes=6))
    listed = (await desk.service.as_(PUBLIC).get("/v1/status-lists/0")).text
    now = desk.clock.now()
    assert check_offline(code, keys, listed, now).standing == "suspended"
    assert check_offline(code, keys, before, now).standing == "valid"  # Kept too long: its age says so.
    assert check_offline(code, keys, before, now).age >= timedelta(minutes=6)
    with pytest.raises(CodeInvalid):
        check_offline(code, keys, code, now)
    with pytest.raises(CodeInvalid):
        check_offline(code[:-6] + "AAAAAA", keys, listed, now)


async def test_an_offline_code_ends_with_its_licence(desk: Any) -> None:
    found = await desk.issue()
    desk.clock.advance(timedelta(days=5 * 365 + 1) - timedelta(hours=12))
    code, keys, _ = await kept(desk, found)
    assert check_offline(code, keys, None, desk.clock.now()).valid
    assert not check_offline(code, keys, None, desk.clock.now() + timedelta(hours=23)).valid


async def test_a_status_list_is_the_same_text_until_it_is_made_anew(desk: Any) -> None:
    await desk.issue()
    ask = desk.service.as_(PUBLIC)
    first = await ask.get("/v1/status-lists/0")
    tag = first.headers["etag"]
    desk.clock.advance(timedelta(seconds=100))
    unchanged = await ask.get("/v1/status-lists/0", headers={"if-none-match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    desk.clock.advance(timedelta(minutes=5))
    assert (await ask.get("/v1/status-lists/0", headers={"if-none-match": tag})).status_code == 200
    assert (await ask.get("/v1/status-lists/1")).status_code == 404
    assert len(first.content) < 2000


async def test_processes_share_the_signing_key_and_old_keys_stay_readable(desk: Any, settings: Any) -> None:
    found = await desk.issue()
    code, _, _ = await kept(desk, found)
    cipher = FieldCipher.from_file(settings.field_keys_file)
    both = await asyncio.gather(*(open_signer(desk.sessions, cipher, desk.clock.now()) for _ in range(3)))
    assert len({signer.current.kid for signer in both}) == 1
    async with desk.sessions.begin() as session:
        newer = await add_key(session, cipher, desk.clock.now())
    signer = await open_signer(desk.sessions, cipher, desk.clock.now())
    assert signer.current.kid == newer
    assert check_offline(code, signer.public(), None, desk.clock.now()).valid


async def test_old_codes_are_forgotten_and_scans_are_not(desk: Any) -> None:
    found = await desk.issue()
    code = (await shown(desk, found)).json()["code"]
    await scanned(desk, code)
    desk.clock.advance(timedelta(days=3))
    await ForgettingCodes(desk.sessions, desk.clock).run_once()
    assert (await scanned(desk, code)).status_code == 422
    reads = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    assert len(reads) == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.integers(0, LIST_SIZE - 1), st.sampled_from(list(Status)), max_size=20))
def test_any_standing_round_trips_through_the_list(standings: dict[int, Status]) -> None:
    packed = pack(standings)
    wanted = {Status.VALID: "valid", Status.SUSPENDED: "suspended"}
    for place, status in standings.items():
        assert unpack(packed, place) == wanted.get(status, "ended")
    free = next(place for place in range(LIST_SIZE) if place not in standings)
    assert unpack(packed, free) == "unknown"
