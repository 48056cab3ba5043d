"""The digest: numbers against a slow recount, made up after downtime, sent once, page and workbook."""

import asyncio
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import insert, select

from lib_db import Sessions
from lib_kernel import CITY_ZONE, new_id
from lib_testing import CITIZEN, Clients, FixedClock, staff
from svc_complaint.complaint_case.domain import Outcome
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import MESSAGES
from svc_complaint.digest import page, store
from svc_complaint.digest.domain import missing
from svc_complaint.digest.duties import make_due
from svc_complaint.kind.domain import Status
from svc_complaint.uow import ComplaintUnitOfWork

LEADER = staff("s_leader", "leader")
NewUow = Callable[[], ComplaintUnitOfWork]
AT = time(8)
DAY = date(2026, 3, 3)


def rows(count: int, days: int = 12) -> list[dict[str, Any]]:
    """Return cases spread over days, some closed, with made-up but fixed facts."""
    found = []
    for number in range(count):
        received = datetime(2026, 2, 20, 2, tzinfo=UTC) + timedelta(hours=number * 7 % (24 * days))
        closed = received + timedelta(hours=30 + number % 90) if number % 3 else None
        found.append(
            {
                "id": new_id(),
                "case_number": f"T{number:06d}",
                "kind": ("could_not_get_it_done", "consultation", "bad_rating")[number % 3],
                "content": "",
                "category": ("waiting", "materials", None)[number % 3],
                "department": ("114104000051840136", "114104000051840211", None)[number % 3],
                "division": ("410422000000", "410425000000")[number % 2],
                "service_point": ("410422-HALL", None)[number % 2],
                "received_at": received,
                "due_at": received + timedelta(days=2),
                "status": Status.CLOSED if closed else Status.IN_PROGRESS,
                "status_since": received,
                "is_overdue": False,
                "closed_at": closed,
                "outcome": Outcome.SOLVED if closed else None,
                "steps": [],
            }
        )
    return found


async def made(sessions: Sessions, cases: list[dict[str, Any]]) -> None:
    async with sessions.begin() as session:
        await session.execute(insert(complaint_case), cases)


async def ready(sessions: Sessions) -> list[dict[str, Any]]:
    async with sessions() as session:
        wanted = select(MESSAGES.outbox.c.envelope).where(
            MESSAGES.outbox.c.type == "complaint.digest.ready.v1"
        )
        return [
            json.loads(row)["data"] for row in await session.scalars(wanted.order_by(MESSAGES.outbox.c.seq))
        ]


def recount(cases: list[dict[str, Any]], day: date) -> dict[str, int]:
    begin = datetime.combine(day, time(), CITY_ZONE)
    end = begin + timedelta(days=1)
    open_ = [c for c in cases if c["received_at"] < end and not (c["closed_at"] and c["closed_at"] < end)]
    return {
        "received": sum(begin <= c["received_at"] < end for c in cases),
        "closed": sum(bool(c["closed_at"]) and begin <= c["closed_at"] < end for c in cases),
        "open": len(open_),
        "overdue": sum(c["due_at"] < end for c in open_),
    }


async def test_the_numbers_are_those_of_a_slow_recount(sessions: Sessions) -> None:
    cases = rows(300)
    await made(sessions, cases)
    async with sessions() as session:
        found = await store.compute(session, DAY)
    names = ("received", "closed", "open", "overdue")
    assert {name: found[name] for name in names} == recount(cases, DAY)
    assert found["day_before"] == recount(cases, DAY - timedelta(days=1))
    assert found["week_before"] == recount(cases, DAY - timedelta(days=7))
    for by, column in (("by_kind", "kind"), ("by_category", "category"), ("by_department", "department")):
        for row in found[by]:
            part = [case for case in cases if (case[column] or "") == row["code"]]
            assert {name: row[name] for name in names} == recount(part, DAY)
        assert sum(row["open"] for row in found[by]) == found["open"]
    assert all(topic["cases"] >= 3 for topic in found["topics"])
    assert found["topics"]


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-03-04 07:59", []),
        ("2026-03-04 08:00", [3]),
        ("2026-03-04 23:59", [3]),
        ("2026-03-07 09:00", [3, 4, 5, 6]),
    ],
)
def test_days_become_due_in_the_morning_after_and_are_made_up(now: str, days: list[int]) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=CITY_ZONE)
    due = missing(moment, AT, {date(2026, 3, 2)}, date(2026, 3, 2), 31)
    assert due == [date(2026, 3, day) for day in days]


def test_only_some_days_are_made_up_and_none_before_the_first_case() -> None:
    now = datetime(2026, 3, 31, 9, tzinfo=CITY_ZONE)
    assert len(missing(now, AT, set(), date(2026, 1, 1), 5)) == 5
    assert missing(now, AT, set(), date(2026, 3, 30), 5) == [date(2026, 3, 30)]
    assert missing(now, AT, set(), None, 5) == [date(2026, 3, 30)]


async def test_missing_days_are_made_up_and_each_is_sent_once_by_several_workers(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    await service.as_(LEADER).put("/v1/digest-subscription")
    await service.as_(LEADER).put("/v1/digest-subscription")
    await made(sessions, rows(40, days=3))
    clock.set(datetime(2026, 2, 26, 9, tzinfo=CITY_ZONE))

    async def work() -> None:
        for _ in range(8):
            await make_due(new_uow(), clock, AT, 31)

    await asyncio.gather(*(work() for _ in range(3)))
    await work()
    events = await ready(sessions)
    assert [event["day"] for event in events] == [f"2026-02-{day}" for day in range(20, 26)]
    assert {event["person_id"] for event in events} == {"s_leader"}
    await service.as_(LEADER).delete("/v1/digest-subscription")
    clock.advance(timedelta(days=1))
    await work()
    assert len(await ready(sessions)) == 6
    assert (await service.as_(LEADER).get("/v1/digests/2026-02-26")).status_code == 200


async def test_json_page_and_workbook_say_the_same(
    service: Clients, sessions: Sessions, clock: FixedClock, new_uow: NewUow
) -> None:
    await made(sessions, rows(300))
    clock.set(datetime(2026, 3, 4, 9, tzinfo=CITY_ZONE))
    while await make_due(new_uow(), clock, AT, 31):
        pass
    client = service.as_(LEADER)
    facts = (await client.get("/v1/digests/2026-03-03")).json()
    page = await client.get("/v1/digests/2026-03-03/page")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count('class="chart"') == 4
    assert f"<b>{facts['received']}</b>" in page.text
    assert "市场监督管理局" in page.text
    assert "等候时间长" in page.text
    assert "onclick" not in page.text
    assert "http" not in page.text.replace("https", "http").split("<body>")[1]
    book = openpyxl.load_workbook(io.BytesIO((await client.get("/v1/digests/2026-03-03/sheet")).content))
    assert book.sheetnames == ["总览", "按原因", "按部门", "按区划", "按诉求类别", "重复反映"]
    assert book["总览"]["B2"].value == facts["received"]
    assert (await client.get("/v1/digests/2027-01-01")).status_code == 404
    assert (await service.as_(CITIZEN).get("/v1/digests/2026-03-03")).status_code == 403


def test_a_quiet_day_shows_no_empty_charts_and_tables() -> None:
    empty: dict[str, Any] = dict.fromkeys(("received", "closed", "open", "overdue"), 0)
    facts = {
        **empty, "day": "2026-03-03", "closed_on_time": 0, "escalated": 0, "troubles": 0,
        "ratings": {"rated": 0, "bad": 0, "called_back": 0}, "topics": [], "day_before": None,
        "week_before": None, "by_kind": [], "by_category": [], "by_department": [], "by_division": [],
    }  # fmt: skip
    shown = page.page(facts, [facts], {})
    assert shown.count('class="chart"') == 1
    assert "<table" not in shown
