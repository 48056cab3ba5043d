"""Cases over HTTP, on a real database."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from lib_db import Sessions
from lib_kernel import IllegalMove, move
from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, FixedClock, staff
from svc_complaint.complaint_case.domain import NEXT, Status
from svc_complaint.complaint_case.store import complaint_case, mark_overdue
from svc_complaint.database import MESSAGES

MARKET = "11410400005184603J"
DISPATCHER = staff("s_dispatcher", "dispatcher")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))
OTHER = staff("s_other", "case_handler", orgs=("other",))
BODY = {"kind": "could_not_get_it_done", "content": "食品经营许可办了三次没有办成", "item_code": "1"}


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


async def received(service: Clients) -> str:
    answer = await service.as_(CITIZEN).post("/v1/cases", json=BODY)
    assert answer.status_code == 201, answer.text
    return f"/v1/cases/{answer.json()['id']}"


async def resolved(service: Clients) -> str:
    path = await received(service)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for step, body in (("acceptance", None), ("start", None), ("resolution", {"note": "已上门帮办"})):
        answer = await service.as_(HANDLER).post(f"{path}/{step}", json=body)
        assert answer.status_code == 200, answer.text
    return path


async def test_from_receipt_to_confirmation(service: Clients, sessions: Sessions) -> None:
    path = await resolved(service)
    done: dict[str, Any] = (await service.as_(CITIZEN).post(f"{path}/confirmation")).json()
    assert done["status"] == "closed"
    assert [step["status"] for step in done["steps"]] == [
        "dispatched", "accepted", "in_progress", "resolved", "closed",
    ]  # fmt: skip
    async with sessions() as session:
        kinds = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
    assert kinds == [f"complaint.case.{verb}.v1" for verb in ("received", "dispatched", "resolved", "closed")]


async def test_a_person_who_is_not_content_reopens_it(service: Clients) -> None:
    path = await resolved(service)
    again = await service.as_(CITIZEN).post(f"{path}/reopening", json={"note": "还是没有办成"})
    assert again.json()["status"] == "reopened"
    assert (await service.as_(HANDLER).post(f"{path}/start")).json()["status"] == "in_progress"


async def test_a_department_returns_what_is_not_its_own(service: Clients) -> None:
    path = await received(service)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    back = await service.as_(HANDLER).post(f"{path}/return", json={"note": "属税务部门"})
    assert back.json()["status"] == "received"


async def test_each_sees_and_does_only_what_is_theirs(service: Clients) -> None:
    path = await received(service)
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404
    assert (await service.as_(CITIZEN).post(f"{path}/dispatch", json={"department": "x"})).status_code == 403
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    assert (await service.as_(OTHER).get(path)).status_code == 403
    assert (await service.as_(OTHER).post(f"{path}/acceptance")).status_code == 403
    for caller, count in ((CITIZEN, 1), (OTHER_CITIZEN, 0), (HANDLER, 1), (OTHER, 0), (DISPATCHER, 1)):
        assert len((await service.as_(caller).get("/v1/cases")).json()["items"]) == count


async def test_steps_out_of_order_are_refused(service: Clients) -> None:
    path = await received(service)
    answer = await service.as_(CITIZEN).post(f"{path}/confirmation")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/illegal-move")


async def test_what_people_write_is_encrypted(service: Clients, sessions: Sessions) -> None:
    path = await received(service)
    async with sessions() as session:
        assert BODY["content"] not in str(await session.scalar(select(complaint_case.c.content)))
    assert (await service.as_(CITIZEN).get(path)).json()["content"] == BODY["content"]


async def test_anonymous_cases_are_taken(service: Clients) -> None:
    answer = await service.as_(PUBLIC).post("/v1/cases", json=BODY)
    assert answer.status_code == 201
    assert answer.json()["case_number"].startswith("GJ20260304")


async def test_a_case_past_its_deadline_is_marked(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    path = await received(service)
    await mark_overdue(sessions, clock)
    assert not (await service.as_(CITIZEN).get(path)).json()["is_overdue"]
    clock.advance(timedelta(days=8))
    await mark_overdue(sessions, clock)
    assert (await service.as_(CITIZEN).get(path)).json()["is_overdue"]
