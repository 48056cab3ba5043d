"""What time does: ladder, silence, looks; exactly once with several workers, and when they are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from lib_db import Sessions
from lib_kernel import CITY_ZONE, new_id
from lib_testing import CITIZEN, Clients, FixedClock, staff
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.duties import fire_due
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import MESSAGES
from svc_complaint.directory.store import contact
from svc_complaint.kind.domain import Status
from svc_complaint.kind.store import current
from svc_complaint.settings import Settings
from svc_complaint.timer.domain import Name
from svc_complaint.timer.store import case_timer
from svc_complaint.uow import ComplaintUnitOfWork

MARKET = "114104000051840136"
DISPATCHER = staff("s_dispatcher", "dispatcher")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))
NewUow = Callable[[], ComplaintUnitOfWork]
BODY = {"content": "食品经营许可证办了三次没有办成"}


async def received(service: Clients, **more: Any) -> str:
    answer = await service.as_(CITIZEN).post("/v1/cases", json={**BODY, **more})
    return f"/v1/cases/{answer.json()['id']}"


async def in_progress(service: Clients, **more: Any) -> str:
    path = await received(service, **more)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for step in ("acceptance", "start"):
        await service.as_(HANDLER).post(f"{path}/{step}")
    return path


async def fire(new_uow: NewUow, clock: FixedClock) -> None:
    while await fire_due(new_uow(), clock):
        pass


async def told(sessions: Sessions, event: str) -> list[dict[str, Any]]:
    async with sessions() as session:
        wanted = select(MESSAGES.outbox.c.envelope).where(MESSAGES.outbox.c.type == f"complaint.{event}.v1")
        rows = await session.scalars(wanted.order_by(MESSAGES.outbox.c.seq))
        return [json.loads(row)["data"] for row in rows]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


async def test_the_ladder_is_climbed_rung_by_rung_and_ends_in_a_supervision_order(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service)
    due = datetime.fromisoformat((await service.as_(CITIZEN).get(path)).json()["due_at"])
    assert due == at("2026-03-11 23:59:59")
    expected = [
        (due - timedelta(seconds=1), 1, False),
        (due, 2, True),
        (at("2026-03-12 23:59:59"), 3, True),
        (at("2026-03-16 23:59:59"), 4, True),
    ]
    for moment, level, overdue in expected:
        clock.set(moment)
        await fire(new_uow, clock)
        await fire(new_uow, clock)
        seen = (await service.as_(DISPATCHER).get(path)).json()
        assert (seen["level"], seen["is_overdue"]) == (level, overdue)
    assert [one["level"] for one in await told(sessions, "case.escalated")] == [1, 2, 3, 4]
    staff_told = await told(sessions, "staff.alerted")
    assert [one["person_id"] for one in staff_told] == ["s_handler"] * 3 + ["s_admin"]
    [order] = await told(sessions, "case.supervised")
    assert (order["person_id"], order["case_id"]) == (CITIZEN.subject, path.rsplit("/", 1)[1])


async def test_deadlines_run_over_the_spring_festival_by_the_clock(
    service: Clients, clock: FixedClock, new_uow: NewUow
) -> None:
    clock.set(at("2026-02-13 10:00"))
    path = await received(service)
    seen = (await service.as_(CITIZEN).get(path)).json()
    assert seen["due_at"] == "2026-02-27T23:59:59+08:00"
    clock.set(at("2026-02-23 23:00"))  # Nine days off.
    await fire(new_uow, clock)
    assert (await service.as_(DISPATCHER).get(path)).json()["is_overdue"] is False
    clock.set(at("2026-02-28 00:00"))
    await fire(new_uow, clock)
    assert (await service.as_(DISPATCHER).get(path)).json()["is_overdue"] is True


async def test_acceptance_counts_office_hours(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    clock.set(at("2026-02-14 16:00"))  # a worked Saturday: one hour is left before the festival
    path = await received(service)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    clock.set(at("2026-02-24 11:59"))
    await fire(new_uow, clock)
    assert not [one for one in await told(sessions, "case.escalated") if one["deadline"] == "accept"]
    clock.set(at("2026-02-24 12:00"))
    await fire(new_uow, clock)
    assert [one["deadline"] for one in await told(sessions, "case.escalated")] == ["accept"]


async def test_what_was_done_in_time_is_not_escalated(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service)
    await service.as_(HANDLER).post(f"{path}/resolution", json={"note": "办成了"})
    clock.advance(timedelta(days=6))
    await fire(new_uow, clock)
    assert await told(sessions, "case.escalated") == []


async def test_silence_closes_a_solved_case_and_tells_the_person(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service)
    await service.as_(HANDLER).post(f"{path}/resolution", json={"note": "办成了"})
    clock.advance(timedelta(days=8))
    await fire(new_uow, clock)
    seen = (await service.as_(CITIZEN).get(path)).json()
    assert (seen["status"], seen["outcome"]) == ("closed", "unanswered")
    assert len(await told(sessions, "case.closed")) == 1


async def test_a_left_over_matter_is_brought_up_again_and_again(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service, kind="difficult_problem")
    await service.as_(HANDLER).post(f"{path}/tracking", json={"helper": "s_helper", "note": "帮办"})
    for _ in range(2):
        clock.advance(timedelta(days=8))
        await fire(new_uow, clock)
    looks = [one for one in await told(sessions, "staff.alerted") if one["reason"] == "look"]
    assert [one["person_id"] for one in looks] == ["s_helper", "s_helper"]


async def test_that_there_is_nobody_to_alert_is_visible_on_the_case(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    async with sessions.begin() as session:
        await session.execute(contact.delete())
    path = await received(service)
    clock.advance(timedelta(days=8))
    await fire(new_uow, clock)
    troubles = (await service.as_(DISPATCHER).get(path)).json()["troubles"]
    named = {trouble["what"] for trouble in troubles}
    assert {"nobody_for_dispatcher", "nobody_for_department_lead"} <= named


async def test_a_longer_deadline_moves_the_ladder_and_a_fired_rung_stays_fired(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service)
    clock.set(at("2026-03-12 00:00"))
    await fire(new_uow, clock)
    ask = {"until": "2026-03-25T17:00:00+08:00", "note": "等待批复"}
    await service.as_(HANDLER).post(f"{path}/extension", json=ask)
    granted = await service.as_(DISPATCHER).post(f"{path}/extension-decision", json={"approved": True})
    assert granted.json()["is_overdue"] is False
    await fire(new_uow, clock)
    assert [one["level"] for one in await told(sessions, "case.escalated")] == [1, 2]
    clock.set(at("2026-03-25 17:00"))
    await fire(new_uow, clock)
    assert [one["level"] for one in await told(sessions, "case.escalated")] == [1, 2, 1, 2]


async def many(sessions: Sessions, clock: FixedClock, count: int) -> None:
    """Write open cases whose deadline timer is due."""
    due = clock.now() - timedelta(hours=1)
    async with sessions.begin() as session:
        kind = await current(session, "could_not_get_it_done")
        since = due - timedelta(days=5)
        cases = [
            {
                "id": new_id(),
                "case_number": f"T{number:06d}",
                "kind": kind.code,
                "kind_version": kind.version,
                "channel": "mobile",
                "content": "",
                "department": MARKET,
                "received_at": since,
                "due_at": due,
                "status": Status.IN_PROGRESS,
                "status_since": since,
                "is_overdue": False,
                "steps": [],
            }
            for number in range(count)
        ]
        timers = [
            {"id": new_id(), "case_id": case["id"], "name": Name.RESOLVE, "rung": 2, "due_at": due}
            for case in cases
        ]
        await session.execute(insert(complaint_case), cases)
        await session.execute(insert(case_timer), timers)


async def escalations(sessions: Sessions) -> Counter[tuple[UUID, int]]:
    found = await told(sessions, "case.escalated")
    return Counter((UUID(one["case_id"]), one["level"]) for one in found)


async def test_three_workers_escalate_everything_exactly_once(
    sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    await many(sessions, clock, 150)
    await asyncio.gather(*(fire(new_uow, clock) for _ in range(3)))
    await fire(new_uow, clock)
    counted = await escalations(sessions)
    # Each case is past rung 1 (the warning) and at rung 2, and neither is told twice.
    assert len({case for case, _ in counted}) == 150
    assert set(counted.values()) == {1}
    async with sessions() as session:
        open_and_due = (case_timer.c.fired_at.is_(None)) & (case_timer.c.due_at <= clock.now())
        assert await session.scalar(select(func.count()).select_from(case_timer).where(open_and_due)) == 0


async def test_workers_that_are_killed_lose_and_double_nothing(
    settings: Settings, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    await many(sessions, clock, 240)
    script = Path(__file__).with_name("kill_worker.py")
    command = [sys.executable, str(script), settings.database_url, clock.now().astimezone(UTC).isoformat()]

    def start() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ))  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    async def fired() -> int:
        async with sessions() as session:
            wanted = select(func.count()).select_from(case_timer).where(case_timer.c.fired_at.is_not(None))
            return await session.scalar(wanted) or 0

    workers = [await asyncio.to_thread(start) for _ in range(3)]
    try:
        for number in range(3):
            # The kill comes in the middle of the work: some timers fired since the last one, some did not.
            before = await fired()
            async with asyncio.timeout(60):
                while await fired() <= before and await fired() < 480:
                    pass
            os.kill(workers[number].pid, signal.SIGKILL)
    finally:
        for worker in workers:
            worker.kill()
            await asyncio.to_thread(worker.wait)
            if worker.stdout is not None:
                worker.stdout.close()
    await fire(new_uow, clock)
    counted = await escalations(sessions)
    assert len({case for case, _ in counted}) == 240
    assert set(counted.values()) == {1}


async def test_a_case_that_somebody_works_on_is_passed_over_and_fired_afterwards(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    path = await in_progress(service)
    clock.set(at("2026-03-12 00:00"))
    async with new_uow() as held:
        case: Case = await held.cases.lock(UUID(path.rsplit("/", 1)[1]))
        await fire(new_uow, clock)
        assert await told(sessions, "case.escalated") == []
        assert case.level == 0
    await fire(new_uow, clock)
    assert [one["level"] for one in await told(sessions, "case.escalated")] == [1, 2]


async def test_a_case_that_cannot_go_on_shows_so_and_holds_nobody_up(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    broken, sound = await in_progress(service), await in_progress(service)
    async with sessions.begin() as session:
        await session.execute(
            update(complaint_case)
            .where(complaint_case.c.id == UUID(broken.rsplit("/", 1)[1]))
            .values(kind_version=99)
        )
    clock.set(at("2026-03-12 00:00"))
    await fire(new_uow, clock)
    assert {one["case_id"] for one in await told(sessions, "case.escalated")} == {sound.rsplit("/", 1)[1]}
    troubles = (await service.as_(DISPATCHER).get(broken)).json()["troubles"]
    assert [trouble["what"] for trouble in troubles if not trouble["settled_at"]] == ["timer"]
