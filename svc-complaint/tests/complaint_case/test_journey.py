"""Cases over HTTP on a real database: from receipt to the end, and the ways between departments."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, FixedClock, staff
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import MESSAGES

MARKET = "114104000051840136"
POLICE = "114104000051840211"
TAX = "114104000051840729"
DISPATCHER = staff("s_dispatcher", "dispatcher")
SUPERVISOR = staff("s_supervisor", "supervisor")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))
OTHER = staff("s_other", "case_handler", orgs=(POLICE,))
ADMIN = staff("s_admin", "admin")
BODY = {
    "kind": "could_not_get_it_done",
    "content": "食品经营许可证办了三次都要求补材料，没有办成",
    "item_code": "1",
}


async def received(service: Clients, **more: Any) -> str:
    answer = await service.as_(CITIZEN).post("/v1/cases", json={**BODY, **more})
    assert answer.status_code == 201, answer.text
    return f"/v1/cases/{answer.json()['id']}"


async def do(service: Clients, caller: Any, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await service.as_(caller).post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def in_progress(service: Clients, **more: Any) -> str:
    path = await received(service, **more)
    await do(service, DISPATCHER, f"{path}/dispatch", {"department": MARKET})
    for step in ("acceptance", "start"):
        await do(service, HANDLER, f"{path}/{step}")
    return path


async def resolved(service: Clients, **more: Any) -> str:
    path = await in_progress(service, **more)
    await do(service, HANDLER, f"{path}/resolution", {"note": "已上门帮办"})
    return path


async def told(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        kinds = await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))
        return [kind.removeprefix("complaint.").removesuffix(".v1") for kind in kinds]


async def test_from_receipt_to_confirmation(service: Clients, sessions: Sessions) -> None:
    path = await resolved(service)
    done = await do(service, CITIZEN, f"{path}/confirmation")
    assert (done["status"], done["outcome"]) == ("closed", "solved")
    assert [step["status"] for step in done["steps"]] == [
        "triaged", "dispatched", "accepted", "in_progress", "resolved", "confirmed", "closed",
    ]  # fmt: skip
    verbs = ("received", "triaged", "dispatched", "resolved", "closed")
    assert await told(sessions) == [f"case.{verb}" for verb in verbs]


async def test_the_reply_reaches_the_person_and_a_better_one_is_a_new_version(service: Clients) -> None:
    path = await resolved(service)
    await do(service, HANDLER, f"{path}/replies", {"note": "许可证已寄出，单号见短信"})
    mine = (await service.as_(CITIZEN).get(path)).json()
    assert [(reply["version"], reply["text"]) for reply in mine["replies"]] == [
        (1, "已上门帮办"),
        (2, "许可证已寄出，单号见短信"),
    ]


async def test_a_person_who_is_not_content_reopens_it_with_a_new_deadline(
    service: Clients, clock: FixedClock
) -> None:
    path = await resolved(service)
    before = (await service.as_(CITIZEN).get(path)).json()["due_at"]
    clock.advance(timedelta(days=1))
    again = await do(service, CITIZEN, f"{path}/reopening", {"note": "还是没有办成"})
    assert again["status"] == "reopened"
    assert again["due_at"] > before
    assert (await do(service, HANDLER, f"{path}/start"))["status"] == "in_progress"


async def test_a_closed_case_reopens_within_the_window_only(service: Clients, clock: FixedClock) -> None:
    early, late = await resolved(service), await resolved(service)
    for path in (early, late):
        await do(service, CITIZEN, f"{path}/confirmation")
    clock.advance(timedelta(days=15))
    assert (await do(service, CITIZEN, f"{early}/reopening", {"note": "又坏了"}))["status"] == "reopened"
    clock.advance(timedelta(days=1))
    refused = await do(service, CITIZEN, f"{late}/reopening", {"note": "又坏了"}, 409)
    assert refused["type"] == "/problems/too-late"


async def test_a_department_returns_what_is_not_its_own_and_the_reason_stays_inside(service: Clients) -> None:
    path = await received(service)
    await do(service, DISPATCHER, f"{path}/dispatch", {"department": MARKET})
    back = await do(service, HANDLER, f"{path}/return", {"note": "属税务部门，市场监管不管"})
    assert back["status"] == "received"
    assert "属税务部门" in (await service.as_(DISPATCHER).get(path)).text
    assert "属税务部门" not in (await service.as_(CITIZEN).get(path)).text
    assert (await do(service, DISPATCHER, f"{path}/dispatch", {"department": TAX}))["department"] == TAX


async def test_a_department_hands_over_to_another(service: Clients) -> None:
    path = await in_progress(service)
    moved = await do(service, HANDLER, f"{path}/transfer", {"department": POLICE, "note": "需公安核实"})
    assert (moved["status"], moved["department"]) == ("dispatched", POLICE)
    await do(service, HANDLER, f"{path}/acceptance", status=403)
    assert (await do(service, OTHER, f"{path}/acceptance"))["status"] == "accepted"


async def test_an_unknown_department_is_refused_by_name(service: Clients) -> None:
    path = await received(service)
    answer = await do(service, DISPATCHER, f"{path}/dispatch", {"department": "no-such"}, 422)
    assert (answer["type"], answer["unknown"]) == ("/problems/org-unknown", ["no-such"])


async def test_the_lead_solves_it_only_when_all_co_handlers_answered(service: Clients) -> None:
    path = await in_progress(service)
    await do(service, HANDLER, f"{path}/co-handlers", {"departments": [POLICE], "note": "请核实身份"})
    work = (await service.as_(OTHER).get("/v1/worklist")).json()["items"]
    assert [item["awaiting"] for item in work] == [[POLICE]]
    refused = await do(service, HANDLER, f"{path}/resolution", {"note": "好了"}, 409)
    assert (refused["type"], refused["departments"]) == ("/problems/co-handlers-open", [POLICE])
    opinion = {"department": POLICE, "note": "身份无误"}
    await do(service, OTHER, f"{path}/opinion", opinion)
    again = await do(service, OTHER, f"{path}/opinion", opinion, 403)
    assert again["type"] == "/problems/not-co-handler"
    seen = (await service.as_(HANDLER).get(path)).json()
    assert [(part["department"], part["opinion"]) for part in seen["parts"]] == [(POLICE, "身份无误")]
    assert (await do(service, HANDLER, f"{path}/resolution", {"note": "好了"}))["status"] == "resolved"


async def test_more_time_is_granted_by_somebody_else_and_counts_from_then(service: Clients) -> None:
    path = await in_progress(service)
    both = staff("s_both", "case_handler", "supervisor", orgs=(MARKET,))
    ask = {"until": "2026-03-20T18:00:00+08:00", "note": "等待上级批复"}
    await do(service, both, f"{path}/extension", ask)
    own = await do(service, both, f"{path}/extension-decision", {"approved": True}, 403)
    assert own["type"] == "/problems/four-eyes"
    waiting = (await service.as_(SUPERVISOR).get("/v1/worklist", params={"deciding": True})).json()["items"]
    assert len(waiting) == 1
    granted = await do(service, SUPERVISOR, f"{path}/extension-decision", {"approved": True})
    assert granted["due_at"] == "2026-03-20T18:00:00+08:00"
    none = await do(service, SUPERVISOR, f"{path}/extension-decision", {"approved": True}, 409)
    assert none["type"] == "/problems/nothing-to-decide"


async def test_a_supervision_order_is_answered_by_the_department(
    service: Clients, sessions: Sessions
) -> None:
    path = await in_progress(service)
    order = {"until": "2026-03-05T18:00:00+08:00", "note": "群众多次反映"}
    await do(service, HANDLER, f"{path}/supervision", order, 403)
    await do(service, SUPERVISOR, f"{path}/supervision", order)
    listed = (await service.as_(HANDLER).get("/v1/worklist", params={"supervised": True})).json()["items"]
    assert [item["supervised_until"] for item in listed] == ["2026-03-05T18:00:00+08:00"]
    await do(service, HANDLER, f"{path}/supervision-answer", {"note": "今日上门"})
    assert (await service.as_(HANDLER).get(path)).json()["supervisions"][0]["answered_by"] == "s_handler"
    assert "case.supervised" in await told(sessions)


async def test_a_left_over_matter_has_a_helper_who_may_see_it(service: Clients) -> None:
    path = await in_progress(service)
    helper = staff("s_helper", "case_handler", orgs=("elsewhere",))
    assert (await service.as_(helper).get(path)).status_code == 403
    await do(service, HANDLER, f"{path}/tracking", {"helper": "s_helper", "note": "全程帮办"})
    assert (await service.as_(helper).get(path)).json()["helper"] == "s_helper"
    assert (
        len((await service.as_(DISPATCHER).get("/v1/worklist", params={"tracked": True})).json()["items"])
        == 1
    )


async def test_similar_cases_are_found_with_the_shared_words_and_merged(
    service: Clients, sessions: Sessions
) -> None:
    first = await received(service)
    same = {"content": "办食品经营许可证，反复要求补材料，三次都没有办成"}
    answer = await service.as_(OTHER_CITIZEN).post("/v1/cases", json=same)
    second = f"/v1/cases/{answer.json()['id']}"
    await received(service, content="公积金提取系统登录不上，验证码收不到")
    [found] = (await service.as_(DISPATCHER).get(f"{second}/similar")).json()["items"]
    assert f"/v1/cases/{found['id']}" == first
    assert {"食品", "许可证", "材料"} & set(found["shared_words"])
    merged = await do(service, DISPATCHER, f"{second}/merge", {"into": found["id"]})
    assert (merged["status"], merged["outcome"]) == ("closed", "merged")
    main = (await service.as_(CITIZEN).get(first)).json()["case_number"]
    assert (await service.as_(OTHER_CITIZEN).get(second)).json()["merged_into"] == main
    await do(service, DISPATCHER, f"{first}/dispatch", {"department": MARKET})
    for step, body in (("acceptance", None), ("start", None), ("resolution", {"note": "已办成"})):
        await do(service, HANDLER, f"{first}/{step}", body)
    async with sessions() as session:
        envelopes = await session.scalars(
            select(MESSAGES.outbox.c.envelope).where(MESSAGES.outbox.c.type == "complaint.case.followed.v1")
        )
        [envelope] = envelopes.all()
    assert OTHER_CITIZEN.subject in envelope
    assert main in envelope


async def test_what_is_merged_can_be_reopened_on_its_own(service: Clients) -> None:
    first, second = await received(service), await received(service)
    await do(service, DISPATCHER, f"{second}/merge", {"into": first.rsplit("/", 1)[1]})
    assert (await do(service, CITIZEN, f"{second}/reopening", {"note": "不是一回事"}))["status"] == "reopened"
    assert (await service.as_(CITIZEN).get(second)).json()["merged_into"] is None
    into_itself = await do(service, DISPATCHER, f"{second}/merge", {"into": second.rsplit("/", 1)[1]}, 422)
    assert into_itself["field"] == "into"


async def test_staff_close_what_is_not_for_them_and_people_withdraw(service: Clients) -> None:
    one, two = await received(service), await received(service)
    assert (await do(service, DISPATCHER, f"{one}/closing", {"note": "非政务事项"}))["outcome"] == "declined"
    assert (await do(service, CITIZEN, f"{two}/withdrawal", {"note": "自己办好了"}))["outcome"] == "withdrawn"
    refused = await do(service, CITIZEN, f"{two}/supplement", {"note": "还有"}, 409)
    assert refused["type"] == "/problems/case-closed"


async def test_a_citizen_cannot_do_what_staff_do(service: Clients) -> None:
    path = await received(service)
    for step in ("dispatch", "acceptance", "supervision", "merge", "notes"):
        assert (await service.as_(CITIZEN).post(f"{path}/{step}", json={})).status_code in {403, 422}
    assert (await service.as_(PUBLIC).get(path)).status_code == 403


async def test_two_who_confirm_at_once_close_it_once(service: Clients, sessions: Sessions) -> None:
    path = await resolved(service)
    answers = await asyncio.gather(*(service.as_(CITIZEN).post(f"{path}/confirmation") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert (await told(sessions)).count("case.closed") == 1
    async with sessions() as session:
        assert (await session.scalars(select(complaint_case.c.status))).all() == ["closed"]
