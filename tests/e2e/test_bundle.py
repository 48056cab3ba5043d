"""One thing (一件事) gives each department's licence, and what is held need not be handed in."""

import base64
from typing import Any

import httpx
from journey import Journey
from platform_runner import Runner

from lib_local._people import people

HOTEL = "open-hotel"
ANSWERS = {"entity": "individual", "meals": "yes", "place": "rent", "extras": ["none"], "agent": "self"}
FORM = {
    "operator_name": "叶县昆阳客栈",
    "legal_representative": "王芳",
    "premises": "叶县昆阳街道东大街 6 号",
    "credit_code": "新办",
    "business_form": "餐饮服务经营者",
    "business_items": "热食类食品制售",
    "scope": "旅店，客房 20 间",
    "floor_area": 180,
}
SEALS = {
    "营业执照": "平顶山市市场监督管理局",
    "食品经营许可证": "平顶山市市场监督管理局",
    "公共场所卫生许可证": "平顶山市卫生健康委员会",
    "特种行业许可证": "平顶山市公安局",
}
FOOD_PERMIT = "410101001000"
BUSINESS_LICENCE, HOUSE_TITLE = "114104000051840136001", "114104000051840804009"


async def test_a_hotel_opens_with_one_application_and_has_each_departments_licence(runner: Runner) -> None:
    journey = Journey(runner.demo, lambda _: None)
    try:
        await _open_hotel(journey)
    finally:
        for client in journey.clients.values():
            await client.aclose()


async def _open_hotel(journey: Journey) -> None:
    mobile = journey.person("mobile", "citizen_b")
    planned = await journey.ask(mobile, "POST", f"bundles/{HOTEL}/plans", json={"answers": ANSWERS})
    body = {
        **_applicant("citizen_b", journey),
        "bundle_code": HOTEL,
        "answers": ANSWERS,
        "form": {name: FORM[name] for name in planned["form"]["properties"]},
        "materials": [
            {"name": material["name"], "proof": "手机上传"}
            for material in planned["materials"]
            if material["required"] and material["made_by"] is None
        ],
    }
    filed = await journey.ask(mobile, "POST", "applications", json=body)
    path = f"applications/{filed['id']}"
    await journey.ask(journey.person("staff", "clerk"), "POST", f"{path}/acceptance")
    await _approve_tasks(journey, path)

    async def delivered() -> dict[str, Any] | None:
        found: dict[str, Any] = await journey.ask(mobile, "GET", path)
        return found if found["status"] == "delivered" else None

    done = await journey.wait_for("各部门的证照", delivered)
    wallet = {item["id"]: item for item in (await journey.ask(mobile, "GET", "licenses"))["items"]}
    assert {result["license_name"] for result in done["results"]} == set(SEALS)
    told = "".join(step["note"] for step in done["steps"])
    for result in done["results"]:
        assert wallet[result["license_id"]]["number"] == result["license_number"]
        assert result["license_number"] in told
        assert await _seal_of(journey, result["license_id"]) == SEALS[result["license_name"]]


async def _approve_tasks(journey: Journey, path: str) -> None:
    """Approve the departments' tasks in the order in which they open."""
    admin = journey.person("staff", "admin")
    while True:
        tasks = (await journey.ask(admin, "GET", f"{path}/tasks"))["items"]
        waiting = [task["id"] for task in tasks if task["status"] == "open"]
        if not waiting:
            assert {task["status"] for task in tasks} == {"approved"}
            return
        for task in waiting:
            await journey.ask(admin, "POST", f"tasks/{task}/approval")


async def _seal_of(journey: Journey, license_id: str) -> str:
    """Return whose seal is on a licence of the wallet; it must be good."""
    document = await journey.ask(
        journey.person("mobile", "citizen_b"), "GET", f"licenses/{license_id}/document"
    )
    body = {"document": base64.b64encode(document).decode()}
    async with httpx.AsyncClient(base_url=f"{journey.demo['base_url']}/public/v1/", timeout=20) as public:
        verdict = await journey.ask(public, "POST", "document-verifications", json=body)
    assert verdict["valid"], verdict
    [signature] = verdict["signatures"]
    return str(signature["seal_name"])


async def test_a_held_licence_need_not_be_handed_in(runner: Runner) -> None:
    journey = Journey(runner.demo, lambda _: None)
    try:
        await _submit_nothing_held(journey)
    finally:
        for client in journey.clients.values():
            await client.aclose()


async def _submit_nothing_held(journey: Journey) -> None:
    mobile = journey.person("mobile", "enterprise_agent")
    held = await _hold_business_licence(journey)
    item = await journey.ask(mobile, "GET", f"items/{FOOD_PERMIT}")
    by_hand = [each for each in item["materials"] if each["required"] and each["satisfied_by"] is None]
    body = {
        **_applicant("enterprise_agent", journey),
        "item_code": FOOD_PERMIT,
        "form": {name: FORM[name] for name in item["form"]["properties"]},
        "materials": [{"name": material["name"], "proof": "手机上传"} for material in by_hand],
    }
    # The wallet is asked for both licences that would prove something and has one of them.
    checked = await journey.ask(mobile, "POST", "application-prechecks", json=body)
    proven = [found["material"] for found in checked["findings"] if found["code"] == "proven-by-wallet"]
    assert (checked["ready"], proven, checked["missing"]) == (False, ["营业执照"], ["经营场所使用证明"])
    refused = await mobile.post("applications", json=body)
    assert (refused.status_code, refused.json()["missing"]) == (409, ["经营场所使用证明"])

    lease = {"name": "经营场所使用证明", "proof": "租赁合同"}
    body["materials"] = [*body["materials"], lease]
    filed = await journey.ask(mobile, "POST", "applications", json=body)
    assert [found["material"] for found in filed["precheck"]] == ["营业执照"]
    clerk = journey.person("staff", "clerk")
    dossier = await journey.ask(clerk, "GET", f"applications/{filed['id']}/dossier")
    named = {material["name"]: material for material in dossier["materials"]}
    assert (named["营业执照"]["source"], named["营业执照"]["proof"]) == ("wallet", f"license:{held}")


async def _hold_business_licence(journey: Journey) -> str:
    """Put a business licence into the applicant's wallet, issued by two persons; return its id."""
    holder = journey.person("mobile", "enterprise_agent")
    me = next(person for person in people("", "") if person.user == "enterprise_agent")
    proposal = {
        "action": "issue",
        "reason": "窗口补录",
        "type_code": BUSINESS_LICENCE,
        "holder_name": me.name,
        "holder_number": me.id_number,
        "fields": {"operator_name": "叶县昆阳客栈"},
    }
    decision = await journey.ask(
        journey.person("staff", "officer"), "POST", "license-decisions", json=proposal
    )
    admin = journey.person("staff", "admin")
    decided = await journey.ask(admin, "POST", f"license-decisions/{decision['id']}/approval")

    async def issued() -> bool:
        query = {"license_types": [BUSINESS_LICENCE, HOUSE_TITLE]}
        proofs = (await journey.ask(holder, "GET", "material-proofs", params=query))["items"]
        return decided["result_id"] in [proof["license_id"] for proof in proofs]

    await journey.wait_for("营业执照", issued)
    return str(decided["result_id"])


def _applicant(user: str, journey: Journey) -> dict[str, Any]:
    me = journey.demo["people"][user]
    return {
        "applicant": {"name": me["name"], "id_number": me["id_number"], "phone": "13800000002"},
        "service_point": journey.demo["journey"]["journey_point"],
    }
