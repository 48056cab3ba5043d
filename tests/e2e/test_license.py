"""A licence's life through the gateway."""

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
from journey import Journey
from platform_runner import Runner

from lib_local._people import people
from svc_license.presentation.offline import check_offline


async def test_holder_verifier_bank_and_anyone_agree_on_a_licence(runner: Runner) -> None:
    """Issued by two persons, shown to the bank, checked by anyone, offline, and as a file with its seal."""
    journey = Journey(runner.demo, lambda _: None)
    try:
        await _use_licence(journey)
    finally:
        for client in journey.clients.values():
            await client.aclose()


async def _use_licence(journey: Journey) -> None:
    holder, bank = journey.person("mobile", "citizen_a"), journey.signed("bank")
    async with httpx.AsyncClient(base_url=f"{journey.demo['base_url']}/public/v1/", timeout=20) as public:
        license_ = await _issue_directly(journey)
        path = f"licenses/{license_['id']}"
        assert (await journey.ask(holder, "GET", f"{path}/pdf")).startswith(b"%PDF")
        assert (await journey.ask(holder, "GET", f"{path}/preview")).startswith(b"\x89PNG")

        body = {"license_id": license_["id"]}
        code = (await journey.ask(holder, "POST", "presentations", json=body))["code"]
        seen = await journey.ask(bank, "POST", "scans", json={"code": code, "purpose": "开户核验"})
        assert (seen["valid"], seen["license_number"]) == (True, license_["number"])
        assert (await bank.post("scans", json={"code": code})).status_code == 409

        detail = await journey.ask(holder, "GET", path)
        check = f"license-checks/{license_['number']}/{detail['check_code']}"
        assert (await journey.ask(public, "GET", check))["valid"]
        assert "有效" in (await public.get(check, headers={"accept": "text/html"})).text
        assert (await public.get(f"{check}X")).status_code == 404

        offline = await journey.ask(holder, "POST", "presentations", json={**body, "form": "offline"})
        keys = await journey.ask(public, "GET", "presentation-keys")
        listed = (await public.get("status-lists/0")).text
        verdict = check_offline(offline["code"], keys, listed, datetime.now(UTC))
        assert (verdict.valid, verdict.facts["no"]) == (True, license_["number"])

        document = await journey.ask(holder, "GET", f"{path}/document")
        encoded = base64.b64encode(document).decode()
        judged = await journey.ask(public, "POST", "license-file-verifications", json={"document": encoded})
        assert judged["valid"], judged
        reads = (await journey.ask(holder, "GET", f"{path}/reads"))["items"]
        assert [(read["basis"], read["purpose"]) for read in reads] == [("presented", "开户核验")]


async def test_a_new_seal_seals_the_next_licence_and_a_frozen_one_makes_it_wait(runner: Runner) -> None:
    """Applied for and approved by two keepers in place of the old seal; frozen; unfrozen; all by events."""
    journey = Journey(runner.demo, lambda _: None)
    try:
        await _change_seals(journey)
    finally:
        for client in journey.clients.values():
            await client.aclose()


async def _change_seals(journey: Journey) -> None:
    keeper, second = journey.person("staff", "seal_keeper"), journey.person("staff", "admin")
    holder = journey.person("mobile", "citizen_a")
    before = await _sealed_with(journey, await _issue_directly(journey))
    old = await journey.ask(keeper, "GET", f"seals/{before}")
    new = {
        "code": "4104000099077",
        "name": old["name"],
        "department": old["department"],
        "kind": "unit",
        "replaces": before,
        "users": [{"user": "svc-license", "purpose": "*"}],
    }
    await journey.ask(keeper, "POST", "seals", json=new)
    assert (await journey.ask(second, "POST", f"seals/{new['code']}/approval"))["status"] == "active"
    assert (await journey.ask(keeper, "GET", f"seals/{before}"))["status"] == "replaced"
    # Asked for at once: whether the event has come or not, the licence gets the new seal.
    assert await _sealed_with(journey, await _issue_directly(journey)) == new["code"]

    await journey.ask(keeper, "POST", f"seals/{new['code']}/freeze", json={"reason": "印章核查"})
    waiting = await _decide(journey)
    officer = journey.person("staff", "officer")
    department = journey.demo["journey"]["journey_department"]

    async def put_off() -> bool:
        path = f"department-licenses?department={department}&status=sealing"
        items = (await journey.ask(officer, "GET", path))["items"]
        return any(item["id"] == waiting and "冻结" in (item["problem"] or "") for item in items)

    await journey.wait_for("证照等待印章解冻", put_off)
    listed = (await journey.ask(holder, "GET", "licenses"))["items"]
    assert waiting not in {item["id"] for item in listed}
    await journey.ask(keeper, "POST", f"seals/{new['code']}/unfreeze", json={"reason": "核查完毕"})
    assert await _sealed_with(journey, await _issued(journey, waiting)) == new["code"]


async def _sealed_with(journey: Journey, license_: dict[str, Any]) -> str:
    """Return the code of a licence's seal as anyone who verifies the file sees it."""
    holder = journey.person("mobile", "citizen_a")
    document = await journey.ask(holder, "GET", f"licenses/{license_['id']}/document")
    async with httpx.AsyncClient(base_url=f"{journey.demo['base_url']}/public/v1/", timeout=20) as public:
        upload = {"content-type": "application/octet-stream"}
        said = (await public.post("document-verifications", content=document, headers=upload)).json()
        assert said["valid"], said["text"]
        encoded = base64.b64encode(document).decode()
        judged = await journey.ask(public, "POST", "license-file-verifications", json={"document": encoded})
        assert judged["valid"], judged
    found: str = said["signatures"][0]["seal_code"]
    return found


async def _issue_directly(journey: Journey) -> dict[str, Any]:
    return await _issued(journey, await _decide(journey))


async def _decide(journey: Journey) -> str:
    """Let two persons decide on a licence and return its id."""
    officer, admin = journey.person("staff", "officer"), journey.person("staff", "admin")
    me = next(person for person in people("", "") if person.user == "citizen_a")
    proposal = {
        "action": "issue",
        "reason": "窗口补录",
        "type_code": journey.demo["journey"]["journey_license_type"],
        "holder_name": me.name,
        "holder_number": me.id_number,
        "fields": {"operator_name": "李记面馆总店", "premises": "宝丰县人民路 18 号"},
    }
    decision = await journey.ask(officer, "POST", "license-decisions", json=proposal)
    assert (await officer.post(f"license-decisions/{decision['id']}/approval")).status_code == 403
    decided = await journey.ask(admin, "POST", f"license-decisions/{decision['id']}/approval")
    found: str = decided["result_id"]
    return found


async def _issued(journey: Journey, license_id: str) -> dict[str, Any]:
    holder = journey.person("mobile", "citizen_a")

    async def issued() -> dict[str, Any] | None:
        items = (await journey.ask(holder, "GET", "licenses"))["items"]
        return next((item for item in items if item["id"] == license_id), None)

    found: dict[str, Any] = await journey.wait_for("直接签发的证照", issued)
    return found
