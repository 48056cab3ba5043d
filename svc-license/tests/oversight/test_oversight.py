"""Audit and indicators."""

from typing import Any

from lib_testing import CITIZEN, staff
from lib_web import Caller, CallerKind
from svc_license.database import AUDIT

AUDITOR = staff("s_auditor", "auditor")
LEADER = staff("s_leader", "leader")
CLERK = staff("s_clerk", "clerk")
SERVICE = Caller(CallerKind.SERVICE, "svc-catalog", "internal")


async def test_a_changed_or_removed_record_is_found(desk: Any) -> None:
    found = await desk.issue()
    await desk.decide("suspension", found["id"])
    await desk.decide("resumption", found["id"])
    whole = (await desk.service.as_(AUDITOR).post("/v1/audit/verification")).json()
    assert whole == {"whole": True, "records": 3, "first_broken": None}
    trail = (await desk.service.as_(AUDITOR).get("/v1/audit")).json()["items"]
    assert [row["action"] for row in trail] == [
        "license.suspension.proposed",
        "license.resumption.proposed",
        "license.resumption.approved",
    ]
    async with desk.sessions.begin() as session:
        table = AUDIT.records
        await session.execute(table.update().where(table.c.number == 2).values(actor="s_nobody"))
    broken = (await desk.service.as_(AUDITOR).post("/v1/audit/verification")).json()
    assert (broken["whole"], broken["first_broken"]) == (False, 2)
    async with desk.sessions.begin() as session:
        await session.execute(AUDIT.records.delete().where(AUDIT.records.c.number >= 2))
    cut = (await desk.service.as_(AUDITOR).post("/v1/audit/verification")).json()
    assert (cut["whole"], cut["first_broken"]) == (False, 2)


async def test_only_auditors_see_the_trail(desk: Any) -> None:
    for caller in (CITIZEN, CLERK, LEADER):
        assert (await desk.service.as_(caller).get("/v1/audit")).status_code == 403


async def test_indicators_count_licences_and_their_use(desk: Any) -> None:
    first = await desk.issue()
    await desk.approve()
    await desk.work()
    await desk.decide("suspension", first["id"])
    [second] = [
        row
        for row in (await desk.service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
        if row["status"] == "valid"
    ]
    body = {"license_id": second["id"]}
    code = (await desk.service.as_(CITIZEN).post("/v1/presentations", json=body)).json()["code"]
    await desk.service.as_(CLERK).post("/v1/scans", json={"code": code})
    for caller in (SERVICE, LEADER):
        answer = await desk.service.as_(caller).get("/v1/indicators", params={"year": 2026})
        values = {item["code"]: item["value"] for item in answer.json()["items"]}
        assert (values["licenses_total"], values["licenses_valid"], values["licenses_suspended"]) == (2, 1, 1)
        assert values["licenses_valid:食品经营许可证"] == 1
        assert (values["licenses_presented"], values["licenses_read"]) == (1, 1)
        assert {item["unit"] for item in answer.json()["items"]} == {"count"}
    before = (await desk.service.as_(LEADER).get("/v1/indicators", params={"year": 2025})).json()["items"]
    assert {item["value"] for item in before} == {0}
    assert (await desk.service.as_(CITIZEN).get("/v1/indicators", params={"year": 2026})).status_code == 403
