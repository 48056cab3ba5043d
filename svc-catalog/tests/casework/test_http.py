"""Casework over HTTP: tasks, clocks, transfers, notes, dossier, audit."""

from datetime import timedelta

from catalog_cases import (
    ADMIN,
    BODY,
    CLERK,
    FIRE,
    FIRE_OFFICER,
    LAW,
    MARKET,
    OFFICER,
    STRANGER,
    accepted,
    approved,
    kinds,
    step,
    submitted,
)

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_catalog.application import duties
from svc_catalog.uow import CatalogUnitOfWork


async def test_an_officer_finds_takes_and_approves_a_task(service: Clients) -> None:
    taken = await accepted(service)
    tasks = (await service.as_(OFFICER).get("/v1/tasks")).json()["items"]
    assert [task["application_id"] for task in tasks] == [taken["id"]]
    assert tasks[0]["due_at"] == taken["due_at"]
    begun = await step(service, OFFICER, f"tasks/{tasks[0]['id']}/start")
    assert begun["status"] == "in_progress"
    done = await step(service, OFFICER, f"tasks/{tasks[0]['id']}/approval")
    assert done["status"] == "approved"
    assert (await service.as_(OFFICER).get("/v1/tasks")).json()["items"] == []


async def test_a_task_of_another_department_does_not_exist_for_the_officer(service: Clients) -> None:
    taken = await accepted(service)
    [task] = (await service.as_(OFFICER).get(f"/v1/applications/{taken['id']}/tasks")).json()["items"]
    assert (await service.as_(STRANGER).post(f"/v1/tasks/{task['id']}/start")).status_code == 404
    assert (await service.as_(STRANGER).post(f"/v1/tasks/{task['id']}/approval")).status_code == 403


async def test_a_refusal_needs_its_legal_ground(service: Clients, sessions: Sessions) -> None:
    taken = await accepted(service)
    path = f"/v1/applications/{taken['id']}/refusal"
    bare = await service.as_(OFFICER).post(path, json={"note": "场所不符"})
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "legal_ground")
    done = await service.as_(OFFICER).post(path, json={"note": "场所不符", "legal_ground": LAW})
    assert (done.json()["status"], done.json()["legal_ground"]) == ("refused", LAW)
    assert (await kinds(sessions))[-1] == "catalog.application.refused.v1"


async def test_a_transferred_task_belongs_to_the_other_department(service: Clients) -> None:
    taken = await accepted(service)
    [task] = (await service.as_(OFFICER).get("/v1/tasks")).json()["items"]
    unknown = {"department": "nobody", "note": "职责调整"}
    answer = await service.as_(OFFICER).post(f"/v1/tasks/{task['id']}/transfer", json=unknown)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-place")
    await step(service, OFFICER, f"tasks/{task['id']}/transfer", {"department": FIRE, "note": "职责调整"})
    assert (await service.as_(OFFICER).get(f"/v1/applications/{taken['id']}")).status_code == 403
    done = await step(service, FIRE_OFFICER, f"applications/{taken['id']}/approval")
    assert done["status"] == "approved"


async def test_a_clerk_gives_an_application_to_another_point(service: Clients) -> None:
    filed = await submitted(service)
    moved = await step(
        service,
        CLERK,
        f"applications/{filed['id']}/transfer",
        {"service_point": "410400-HALL", "note": "就近办理"},
    )
    assert moved["service_point"] == "410400-HALL"
    assert (await service.as_(CLERK).post(f"/v1/applications/{filed['id']}/acceptance")).status_code == 403


async def test_a_special_procedure_stops_the_clock(service: Clients, clock: FixedClock) -> None:
    taken = await accepted(service)
    assert taken["due_at"][:10] == "2026-03-09"
    path = f"applications/{taken['id']}"
    await step(service, OFFICER, f"{path}/clock-stop", {"kind": "expert_review", "note": "专家评审"})
    blocked = await service.as_(OFFICER).post(f"/v1/{path}/approval")
    assert (blocked.status_code, blocked.json()["type"]) == (409, "/problems/clock-stopped")
    clock.advance(timedelta(days=5))
    running = await step(service, OFFICER, f"{path}/clock-start", {"note": "评审结束"})
    assert running["due_at"][:10] == "2026-03-12"


async def test_internal_notes_are_for_staff_only(service: Clients) -> None:
    filed = await submitted(service)
    path = f"applications/{filed['id']}"
    await step(service, CLERK, f"{path}/notes", {"note": "申请人情绪激动，注意沟通"})
    for caller, seen in ((CITIZEN, False), (CLERK, True), (OFFICER, True)):
        answer = await service.as_(caller).get(f"/v1/{path}")
        assert ("情绪激动" in answer.text) is seen


async def test_cards_are_shown_once_each_with_one_event(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    taken = await accepted(service)  # Wednesday, three days: yellow after Friday, red after Monday.

    def work() -> CatalogUnitOfWork:
        return CatalogUnitOfWork(sessions)

    async def run() -> list[int]:
        return [await duties.show_yellow(work, clock), await duties.show_red(work, clock)]

    assert await run() == [0, 0]
    clock.advance(timedelta(days=3))
    assert [await run(), await run()] == [[1, 0], [0, 0]]
    clock.advance(timedelta(days=3))
    assert [await run(), await run()] == [[0, 1], [0, 0]]
    events = await kinds(sessions)
    assert events.count("catalog.application.warned.v1") == 1
    assert events.count("catalog.application.overdue.v1") == 1
    red = (await service.as_(CLERK).get("/v1/applications", params={"overdue": True})).json()["items"]
    assert [found["id"] for found in red] == [taken["id"]]


async def test_no_card_while_the_clock_stands(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    taken = await accepted(service)
    stop = {"kind": "hearing", "note": "听证"}
    await step(service, OFFICER, f"applications/{taken['id']}/clock-stop", stop)
    clock.advance(timedelta(days=30))
    assert await duties.show_red(lambda: CatalogUnitOfWork(sessions), clock) == 0


async def test_silence_for_five_working_days_is_acceptance(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    filed = await submitted(service)
    clock.advance(timedelta(days=7))
    assert await duties.deem_accepted(lambda: CatalogUnitOfWork(sessions), clock) == 0
    clock.advance(timedelta(days=1))
    for wanted in (1, 0):
        assert await duties.deem_accepted(lambda: CatalogUnitOfWork(sessions), clock) == wanted
    found = (await service.as_(CITIZEN).get(f"/v1/applications/{filed['id']}")).json()
    assert (found["status"], found["is_deemed_accepted"]) == ("accepted", True)
    assert found["due_at"][:10] == "2026-03-09"


async def test_the_dossier_is_masked_and_its_reading_audited(service: Clients) -> None:
    filed = await submitted(service)
    path = f"/v1/applications/{filed['id']}/dossier"
    dossier = (await service.as_(OFFICER).get(path)).json()
    assert dossier["form"] == BODY["form"]
    assert dossier["applicant"]["id_number"] == "110***********002X"
    assert "13812345678" not in str(dossier)
    assert (await service.as_(STRANGER).get(path)).status_code == 403
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404
    assert (await service.as_(CITIZEN).get(path)).status_code == 200
    trail = (await service.as_(ADMIN).get("/v1/audit-records", params={"subject": filed["id"]})).json()
    assert [(record["actor"], record["action"]) for record in trail["items"]] == [
        ("s_officer", "dossier.read")
    ]


async def test_every_decision_is_in_a_whole_audit_trail(service: Clients) -> None:
    done = await approved(service)
    trail = (await service.as_(ADMIN).get("/v1/audit-records", params={"subject": done["id"]})).json()
    assert [record["action"] for record in trail["items"]] == ["application.accept", "task.approve"]
    verdict = (await service.as_(ADMIN).post("/v1/audit-records/verification")).json()
    assert verdict["is_whole"]
    assert (await service.as_(OFFICER).get("/v1/audit-records")).status_code == 403


async def test_an_application_with_several_tasks_asks_which(service: Clients) -> None:
    both = {"orgs": (MARKET, FIRE)}
    from lib_testing import staff

    filed = await submitted(service, bundle_code="open-shop", item_code=None, form={"operator_name": "李记"})
    await step(service, CLERK, f"applications/{filed['id']}/acceptance")
    wide = staff("s_wide", "officer", **both)
    answer = await service.as_(wide).post(f"/v1/applications/{filed['id']}/approval")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/which-task")
    first, second = answer.json()["tasks"]
    middle = await step(service, wide, f"tasks/{first}/approval")
    assert middle["status"] == "in_progress"
    assert (await step(service, wide, f"tasks/{second}/approval"))["status"] == "approved"


async def test_each_department_of_a_bundle_sees_and_decides_its_part(service: Clients) -> None:
    filed = await submitted(service, bundle_code="open-shop", item_code=None, form={"operator_name": "李记"})
    path = f"applications/{filed['id']}"
    assert (await service.as_(FIRE_OFFICER).get(f"/v1/{path}")).status_code == 403  # Not before acceptance.
    await step(service, CLERK, f"{path}/acceptance")
    assert (await service.as_(FIRE_OFFICER).get(f"/v1/{path}")).status_code == 200
    shown = (await service.as_(CITIZEN).get(f"/v1/{path}/tasks")).json()["items"]
    assert {task["status"] for task in shown} == {"open"}
    assert "officer" not in shown[0]
    await step(service, OFFICER, f"{path}/approval")
    done = await step(service, FIRE_OFFICER, f"{path}/approval")
    assert done["status"] == "approved"
