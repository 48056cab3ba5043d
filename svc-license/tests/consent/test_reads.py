"""Reads by partners, departments and clerks: only under consent or law, each seen by holder and auditor."""

from typing import Any

import pytest

from lib_testing import CITIZEN, OTHER_CITIZEN, staff
from lib_web import Caller, CallerKind
from svc_license.consent.store import load_grounds

POLICE = "11410400005184000P"
MARKET = "11410400005184603J"
BANK = Caller(CallerKind.PARTNER, "psbc", "bank", partner="psbc")
OFFICER = staff("s_police", "officer", orgs=(POLICE,))
CLERK = staff("s_clerk", "clerk", points=("410422-HALL",))
UNTIL = "2026-04-01T00:00:00+08:00"


@pytest.fixture
async def grounds(desk: Any) -> None:
    """Load the law that lets the police read food permits."""
    record = {
        "code": "LG1",
        "reader": POLICE,
        "license_type": f"{MARKET}001",
        "basis": "《治安管理办法》第四条",
    }
    async with desk.sessions.begin() as session:
        await load_grounds(session, [record, {**record, "code": "LG2", "license_type": f"{MARKET}002"}])


async def read(desk: Any, found: dict[str, Any], **more: Any) -> Any:
    body = {"license_number": found["number"], "department": POLICE, "purpose": "旅馆业审查", **more}
    return await desk.service.as_(OFFICER).post("/v1/department-reads", json=body)


async def uses(desk: Any, found: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    items = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    return [(item["reader"], item["purpose"], item["basis"], item["ground"]) for item in items]


@pytest.mark.usefixtures("grounds")
async def test_a_department_reads_under_a_law_that_names_it_and_the_kind(desk: Any) -> None:
    found = await desk.issue()
    seen = (await read(desk, found, ground="LG1")).json()
    assert (seen["holder_name"], seen["fields"]) == ("李*", {"operator_name": "李记面馆"})
    assert await uses(desk, found) == [(POLICE, "旅馆业审查", "ground", "LG1")]
    for ground in ("LG2", "LG9"):
        refused = await read(desk, found, ground=ground)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/consent-missing")
    assert (await read(desk, found)).json()["field"] == "consent_id"
    other = await read(desk, found, department=MARKET, ground="LG1")
    assert other.status_code == 403
    assert len(await uses(desk, found)) == 1
    mine = (await desk.service.as_(OFFICER).get("/v1/legal-grounds")).json()["items"]
    assert [ground["code"] for ground in mine] == ["LG1", "LG2"]


@pytest.mark.usefixtures("grounds")
async def test_a_law_that_ends_ends_the_reads(desk: Any) -> None:
    found = await desk.issue()
    async with desk.sessions.begin() as session:
        await load_grounds(session, [])
    assert (await read(desk, found, ground="LG1")).status_code == 403


async def test_a_department_reads_under_a_consent_given_to_it_and_a_partner_not(desk: Any) -> None:
    found = await desk.issue()
    body = {"license_id": found["id"], "department": POLICE, "purpose": "旅馆业审查", "expires_at": UNTIL}
    given = (await desk.service.as_(CITIZEN).post("/v1/consents", json=body)).json()
    assert (given["partner"], given["grantee_kind"]) == (POLICE, "department")
    assert (await read(desk, found, consent_id=given["id"])).status_code == 200
    bank = {"license_number": found["number"], "consent_id": given["id"], "purpose": "贷前核验"}
    assert (await desk.service.as_(BANK).post("/v1/verifications", json=bank)).status_code == 403
    both = await desk.service.as_(CITIZEN).post("/v1/consents", json={**body, "partner": "psbc"})
    assert both.status_code == 422


async def test_the_holder_sees_what_was_agreed_to_beside_what_the_reader_says(desk: Any) -> None:
    found = await desk.issue()
    body = {"license_id": found["id"], "partner": "psbc", "purpose": "办理经营贷款", "expires_at": UNTIL}
    given = (await desk.service.as_(CITIZEN).post("/v1/consents", json=body)).json()
    for said in ("办理经营贷款", "营销名单"):
        ask = {"license_number": found["number"], "consent_id": given["id"], "ground": "LG1", "purpose": said}
        assert (await desk.service.as_(BANK).post("/v1/verifications", json=ask)).status_code == 200
    later, earlier = await uses(desk, found)
    assert later == ("psbc", "办理经营贷款（对方填写：营销名单）", "consent", None)
    assert earlier == ("psbc", "办理经营贷款", "consent", None)


async def test_a_clerk_sees_what_the_person_at_the_window_holds_and_it_is_on_record(desk: Any) -> None:
    found = await desk.issue()
    body = {"holder_number": "11010519491231002x", "purpose": "办理延续业务"}
    [seen] = (await desk.service.as_(CLERK).post("/v1/holding-reads", json=body)).json()["items"]
    assert (seen["number"], seen["holder_name"], seen["status"]) == (found["number"], "李*", "valid")
    assert await uses(desk, found) == [("s_clerk", "办理延续业务", "service", None)]
    nobody = {"holder_number": "110105194912310000", "purpose": "办理延续业务"}
    assert (await desk.service.as_(CLERK).post("/v1/holding-reads", json=nobody)).json()["items"] == []
    for other in (OTHER_CITIZEN, OFFICER):
        assert (await desk.service.as_(other).post("/v1/holding-reads", json=body)).status_code == 403
    no_purpose = {"holder_number": "11010519491231002X", "purpose": ""}
    assert (await desk.service.as_(CLERK).post("/v1/holding-reads", json=no_purpose)).status_code == 422
    auditor = staff("s_auditor", "auditor")
    trail = (await desk.service.as_(auditor).get("/v1/audit")).json()["items"]
    assert [row["action"] for row in trail if row["actor"] == "s_clerk"] == ["license.read", "holdings.read"]
    assert "11010519491231002X" not in str(trail)


async def test_a_suspended_licence_is_told_as_such(desk: Any) -> None:
    found = await desk.issue()
    body = {"license_id": found["id"], "partner": "psbc", "purpose": "办理贷款", "expires_at": UNTIL}
    given = (await desk.service.as_(CITIZEN).post("/v1/consents", json=body)).json()
    await desk.decide("suspension", found["id"])
    ask = {"license_number": found["number"], "consent_id": given["id"], "purpose": "贷前核验"}
    seen = (await desk.service.as_(BANK).post("/v1/verifications", json=ask)).json()
    assert (seen["valid"], seen["status"], seen["seal_valid"]) == (False, "suspended", True)


async def test_sister_services_learn_what_a_person_holds(desk: Any) -> None:
    found = await desk.issue()
    service = Caller(CallerKind.SERVICE, "svc-catalog", "internal")
    query = {"person_id": CITIZEN.subject, "license_types": [found["type_code"], "other"]}
    [held] = (await desk.service.as_(service).get("/v1/holdings", params=query)).json()["items"]
    assert held == {
        "type_code": found["type_code"],
        "license_id": found["id"],
        "name": "食品经营许可证",
        "valid_until": "2031-03-03",
    }
    assert (await desk.service.as_(CITIZEN).get("/v1/holdings", params=query)).status_code == 403
