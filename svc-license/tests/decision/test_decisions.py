"""Decisions of the department: by two persons, once, with the right number, and everybody is told."""

import asyncio
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, LicenseNumber, move
from lib_testing import CITIZEN, OTHER_CITIZEN, staff
from svc_license.decision.domain import NEXT, Standing
from svc_license.license.domain import Status
from svc_license.license.duties import Expiry, Indexing
from svc_license.license.store import license_table
from svc_license.license.text import HOLDER_NUMBER

COLUMNS = (license_table.c.status, license_table.c.number)
OFFICER = staff("s_officer", "officer", orgs=("11410400005184603J",))
STRANGER = staff("s_stranger", "officer", orgs=("11410400000000000X",))
SECOND = staff("s_second", "officer", orgs=("11410400005184603J",))
NEW = {
    "type_code": "11410400005184603J002",
    "holder_name": "李明",
    "holder_number": "11010519491231002X",
    "fields": {"holder": "李明", "birth_date": "1949-12-31"},
}


@pytest.mark.parametrize(("current", "wanted"), list(product(Standing, Standing)))
def test_only_listed_moves_are_allowed(current: Standing, wanted: Standing) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


async def test_a_licence_is_issued_by_two_persons_of_the_department(desk: Any) -> None:
    body = {"action": "issue", "reason": "窗口补录", **NEW}
    refused = await desk.service.as_(STRANGER).post("/v1/license-decisions", json=body)
    assert refused.status_code == 403
    assert (await desk.service.as_(CITIZEN).post("/v1/license-decisions", json=body)).status_code == 403
    proposed = (await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)).json()
    path = f"/v1/license-decisions/{proposed['id']}"
    seen = (await desk.service.as_(SECOND).get(path)).json()
    assert (seen["holder_name"], seen["holder_number"]) == ("李明", "110***********002X")
    alone = await desk.service.as_(OFFICER).post(f"{path}/approval")
    assert (alone.status_code, alone.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await desk.service.as_(STRANGER).post(f"{path}/approval")).status_code == 403
    assert await desk.rows(*COLUMNS) == []
    approved = (await desk.service.as_(SECOND).post(f"{path}/approval")).json()
    assert approved["status"] == "approved"
    assert (await desk.service.as_(SECOND).post(f"{path}/approval")).status_code == 409
    await desk.work()
    [(status, number)] = await desk.rows(*COLUMNS)
    assert status is Status.VALID
    assert LicenseNumber.parse(number).type_code == NEW["type_code"]
    assert await desk.events() == ["issued"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields": {"birth_date": "1949-12-31"}}, "holder"),
        ({"fields": {"holder": "李明", "height": "180"}}, "height"),
        ({"fields": {"holder": "李明", "birth_date": "31.12.1949"}}, "birth_date"),
        ({"fields": None}, "type_code"),
    ],
)
async def test_a_proposal_that_cannot_become_a_licence_is_refused_at_once(
    desk: Any, change: dict[str, Any], field: str
) -> None:
    body = {"action": "issue", "reason": "窗口补录", **NEW, **change}
    refused = await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_a_name_that_cannot_be_printed_is_refused_naming_the_character(desk: Any) -> None:
    body = {"action": "issue", "reason": "窗口补录", **NEW, "holder_name": "李𠮷"}
    refused = (await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)).json()
    assert (refused["type"], refused["characters"]) == ("/problems/character-missing", "𠮷")


async def test_a_rejected_proposal_leaves_nothing(desk: Any) -> None:
    body = {"action": "issue", "reason": "窗口补录", **NEW}
    proposed = (await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)).json()
    path = f"/v1/license-decisions/{proposed['id']}/rejection"
    rejected = (await desk.service.as_(SECOND).post(path, json={"reason": "材料不全"})).json()
    assert (rejected["status"], rejected["remark"]) == ("rejected", "材料不全")
    assert await desk.rows(*COLUMNS) == []


async def test_a_renewal_is_the_next_version_of_the_same_number(desk: Any) -> None:
    found = await desk.issue()
    desk.clock.advance(timedelta(days=30))
    await desk.decide("renewal", found["id"])
    assert [status for status, _ in await desk.rows(*COLUMNS)] == [Status.VALID, Status.DRAFTING]
    await desk.work()
    (old, first), (new, second) = await desk.rows(*COLUMNS)
    assert (old, new) == (Status.SUPERSEDED, Status.VALID)
    before, after = LicenseNumber.parse(first), LicenseNumber.parse(second)
    assert (before.version, after.version) == ("001", "002")
    assert (before.serial, before.issuer) == (after.serial, after.issuer)
    wallet = (await desk.service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
    assert wallet[0]["valid_until"] == "2036-03-03"
    detail = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{wallet[0]['id']}")).json()
    assert (detail["supersedes"], detail["first_issued_on"]) == (found["id"], "2026-03-04")
    assert await desk.events() == ["issued", "superseded", "issued"]


async def test_a_change_says_the_new_and_keeps_holder_and_end(desk: Any) -> None:
    found = await desk.issue()
    await desk.decide("change", found["id"], fields={"operator_name": "李记面馆二店"})
    await desk.work()
    wallet = (await desk.service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
    assert {row["status"] for row in wallet} == {"valid", "superseded"}
    valid = next(row for row in wallet if row["status"] == "valid")
    detail = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{valid['id']}")).json()
    assert detail["fields"] == {"operator_name": "李记面馆二店"}
    assert (detail["holder_name"], detail["valid_until"]) == ("李明", found["valid_until"])


async def test_a_suspension_takes_effect_at_once_and_a_resumption_by_two(desk: Any) -> None:
    found = await desk.issue()
    await desk.decide("suspension", found["id"])
    detail = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}")).json()
    assert (detail["status"], detail["status_reason"]) == ("suspended", "依法作出")
    query = {"license_types": [found["type_code"]]}
    assert (await desk.service.as_(CITIZEN).get("/v1/material-proofs", params=query)).json()["items"] == []
    again = {"action": "suspension", "reason": "依法作出", "license_id": found["id"]}
    assert (await desk.service.as_(OFFICER).post("/v1/license-decisions", json=again)).status_code == 409
    await desk.decide("resumption", found["id"])
    assert (await desk.rows(license_table.c.status))[0].status is Status.VALID
    assert await desk.events() == ["issued", "suspended", "resumed"]


async def test_a_revocation_is_final(desk: Any) -> None:
    found = await desk.issue()
    await desk.decide("revocation", found["id"])
    assert await desk.events() == ["issued", "revoked"]
    for action in ("resumption", "renewal", "suspension"):
        body = {"action": action, "reason": "依法作出", "license_id": found["id"]}
        refused = await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)
        assert refused.status_code == 409


async def test_one_decision_at_a_time_waits_on_a_licence(desk: Any) -> None:
    found = await desk.issue()
    body = {"action": "revocation", "reason": "依法作出", "license_id": found["id"]}
    answers = await asyncio.gather(
        *(desk.service.as_(OFFICER).post("/v1/license-decisions", json=body) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_of_approvals_at_the_same_moment_one_counts(desk: Any) -> None:
    body = {"action": "issue", "reason": "窗口补录", **NEW}
    proposed = (await desk.service.as_(OFFICER).post("/v1/license-decisions", json=body)).json()
    path = f"/v1/license-decisions/{proposed['id']}/approval"
    answers = await asyncio.gather(*(desk.service.as_(SECOND).post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    await desk.work()
    assert [status for status, _ in await desk.rows(*COLUMNS)] == [Status.VALID]


async def test_a_revocation_while_a_renewal_is_made_stops_the_renewal(desk: Any, sealing: Any) -> None:
    found = await desk.issue()
    await desk.decide("renewal", found["id"])
    await desk.decide("revocation", found["id"])
    await desk.work()
    assert [status for status, _ in await desk.rows(*COLUMNS)] == [Status.REVOKED, Status.CANCELLED]
    assert await desk.events() == ["issued", "revoked"]
    wallet = (await desk.service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
    assert [row["status"] for row in wallet] == ["revoked"]


async def test_a_licence_ends_by_the_clock_once_however_many_workers(desk: Any) -> None:
    for _ in range(3):
        await desk.approve()
    await desk.work()
    expiry = Expiry(desk.open_work, desk.clock)
    await expiry.run_once()
    assert {status for status, _ in await desk.rows(*COLUMNS)} == {Status.VALID}
    desk.clock.advance(timedelta(days=5 * 366))
    await asyncio.gather(*(expiry.run_once() for _ in range(4)))
    await expiry.run_once()
    assert [status for status, _ in await desk.rows(*COLUMNS)] == [Status.EXPIRED] * 3
    assert (await desk.events()).count("expired") == 3


async def test_an_expired_licence_can_be_renewed(desk: Any) -> None:
    found = await desk.issue()
    desk.clock.advance(timedelta(days=5 * 366))
    await Expiry(desk.open_work, desk.clock).run_once()
    await desk.decide("renewal", found["id"])
    await desk.work()
    assert [status for status, _ in await desk.rows(*COLUMNS)] == [Status.SUPERSEDED, Status.VALID]


async def test_a_draft_that_cannot_be_made_is_seen_and_can_be_given_up(desk: Any, catalog: Any) -> None:
    catalog.name = "李𠮷"
    await desk.approve()
    await desk.work()
    query = {"department": "11410400005184603J", "status": "drafting"}
    [draft] = (await desk.service.as_(OFFICER).get("/v1/department-licenses", params=query)).json()["items"]
    assert "𠮷" in draft["problem"]
    assert draft["attempts"] == 1
    path = f"/v1/department-licenses/{draft['id']}/cancellation"
    given_up = await desk.service.as_(OFFICER).post(path, json={"reason": "改由纸质证照办理"})
    assert given_up.json()["status"] == "cancelled"
    desk.clock.advance(timedelta(hours=1))
    assert not await desk.issuing.run_once()


async def test_staff_of_others_see_nothing(desk: Any) -> None:
    found = await desk.issue()
    query = {"department": "11410400005184603J"}
    assert (await desk.service.as_(STRANGER).get("/v1/department-licenses", params=query)).status_code == 403
    body = {"action": "suspension", "reason": "依法作出", "license_id": found["id"]}
    assert (await desk.service.as_(STRANGER).post("/v1/license-decisions", json=body)).status_code == 403
    assert (await desk.service.as_(OTHER_CITIZEN).get(f"/v1/licenses/{found['id']}")).status_code == 404


async def test_licences_of_the_first_release_become_findable_by_their_holder(
    desk: Any, settings: Any
) -> None:
    await desk.issue()
    async with desk.sessions.begin() as session:
        await session.execute(license_table.update().values(holder_index=None))
    cipher = FieldCipher.from_file(settings.field_keys_file)
    await Indexing(desk.open_work, cipher).run_once()
    [(index, number)] = await desk.rows(license_table.c.holder_index, license_table.c.holder_number)
    assert index == cipher.blind_index(cipher.decrypt(number, context=HOLDER_NUMBER))
