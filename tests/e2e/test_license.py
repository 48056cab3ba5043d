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


async def _issue_directly(journey: Journey) -> dict[str, Any]:
    officer, admin = journey.person("staff", "officer"), journey.person("staff", "admin")
    holder = journey.person("mobile", "citizen_a")
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

    async def issued() -> dict[str, Any] | None:
        items = (await journey.ask(holder, "GET", "licenses"))["items"]
        return next((item for item in items if item["id"] == decided["result_id"]), None)

    found: dict[str, Any] = await journey.wait_for("直接签发的证照", issued)
    return found
