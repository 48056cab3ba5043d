"""Ratings by events and over HTTP, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lib_contracts import Event
from lib_contracts.booking import TicketFinished
from lib_contracts.catalog import ApplicationDelivered
from lib_db import Sessions
from lib_kernel import IllegalMove, move
from lib_messaging import Consumer, InboxProcessor, wrap
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock, staff
from svc_complaint.complaint_case.duties import fire_due
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import MESSAGES
from svc_complaint.rating.consumers import invite_after_application, invite_after_ticket
from svc_complaint.rating.domain import NEXT, Status
from svc_complaint.rating.store import expire, rating
from svc_complaint.uow import ComplaintUnitOfWork

NOW = datetime(2026, 3, 4, tzinfo=UTC)
VISIT = uuid4()
MARKET = "114104000051840136"
DISPATCHER = staff("s_dispatcher", "dispatcher")
HANDLER = staff("s_handler", "case_handler", orgs=(MARKET,))


def a_finished_ticket(appointment_id: UUID | None = VISIT) -> TicketFinished:
    return TicketFinished(
        ticket_id=uuid4(),
        number="B001",
        person_id=CITIZEN.subject,
        appointment_id=appointment_id,
        service_point="410422-HALL",
        service_point_name="叶县政务服务中心",
        item_code="410131016001",
        window="1号窗口",
        finished_at=NOW,
    )


def a_delivery(appointment_id: UUID | None = VISIT) -> ApplicationDelivered:
    return ApplicationDelivered(
        application_id=uuid4(),
        case_number="1",
        person_id=CITIZEN.subject,
        item_code="410131016001",
        item_name="食品经营许可（新办）",
        department="114104000051840136",
        service_point="410422-HALL",
        appointment_id=appointment_id,
        happened_at=NOW,
    )


async def tell(sessions: Sessions, clock: FixedClock, event: Event, times: int = 1) -> None:
    consumer: Consumer = (
        invite_after_ticket if isinstance(event, TicketFinished) else invite_after_application
    )
    processor = InboxProcessor(consumer.given(clock=clock, days=30), lambda: ComplaintUnitOfWork(sessions))
    envelope = wrap(event, source="test", now=clock.now())
    for _ in range(times):
        await processor.process(envelope)


async def invited(service: Clients) -> list[dict[str, Any]]:
    answer = await service.as_(CITIZEN).get("/v1/ratings", params={"status": "invited"})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("event", [a_finished_ticket(), a_delivery()], ids=["ticket", "application"])
async def test_an_event_delivered_twice_invites_once(
    service: Clients, sessions: Sessions, clock: FixedClock, event: Event
) -> None:
    await tell(sessions, clock, event, times=2)
    assert len(await invited(service)) == 1
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(MESSAGES.outbox)) == 1


@pytest.mark.parametrize("ticket_first", [True, False])
async def test_a_visit_and_its_application_are_one_service(
    service: Clients, sessions: Sessions, clock: FixedClock, ticket_first: bool
) -> None:
    events: list[Event] = [a_finished_ticket(), a_delivery()]
    for event in events if ticket_first else reversed(events):
        await tell(sessions, clock, event)
    [found] = await invited(service)
    assert (found["service_name"], found["department"]) == ("食品经营许可（新办）", "114104000051840136")


async def test_services_without_an_appointment_are_rated_apart(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_finished_ticket(None))
    await tell(sessions, clock, a_delivery(None))
    assert len(await invited(service)) == 2


async def test_a_bad_rating_opens_a_case_by_itself(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_delivery())
    [invitation] = await invited(service)
    client = service.as_(CITIZEN)
    body = {"level": 1, "tags": ["态度生硬"], "comment": "跑了三趟"}
    answer = await client.post(f"/v1/ratings/{invitation['id']}/submission", json=body)
    assert answer.status_code == 201, answer.text
    case = (await client.get(f"/v1/cases/{answer.json()['case_id']}")).json()
    assert (case["kind"], case["department"]) == ("bad_rating", "114104000051840136")
    assert case["due_at"] == "2026-03-11T23:59:59+08:00"
    assert "跑了三趟" in case["content"]
    handler = staff("s_dispatcher", "dispatcher")
    assert len((await service.as_(handler).get("/v1/cases")).json()["items"]) == 1


async def test_a_good_rating_opens_none_and_counts_once(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_delivery())
    [invitation] = await invited(service)
    path = f"/v1/ratings/{invitation['id']}/submission"
    assert (await service.as_(OTHER_CITIZEN).post(path, json={"level": 5})).status_code == 404
    assert (await service.as_(CITIZEN).post(path, json={"level": 5})).json()["case_id"] is None
    again = await service.as_(CITIZEN).post(path, json={"level": 1})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/illegal-move")
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(complaint_case)) == 0
        assert await session.scalar(select(rating.c.level)) == 5


@pytest.mark.parametrize("level", [0, 6, "5", 2.5])
async def test_other_levels_are_refused(service: Clients, level: object) -> None:
    answer = await service.as_(CITIZEN).post(f"/v1/ratings/{uuid4()}/submission", json={"level": level})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "level"


async def test_the_window_is_known_whichever_event_comes_first(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_delivery())
    await tell(sessions, clock, a_finished_ticket())
    async with sessions() as session:
        found = (
            await session.execute(select(rating.c.window, rating.c.department, rating.c.service_name))
        ).one()
    assert tuple(found) == ("1号窗口", MARKET, "食品经营许可（新办）")


async def test_tags_are_those_of_the_level(service: Clients, sessions: Sessions, clock: FixedClock) -> None:
    await tell(sessions, clock, a_delivery())
    [invitation] = await invited(service)
    path = f"/v1/ratings/{invitation['id']}/submission"
    answer = await service.as_(CITIZEN).post(path, json={"level": 5, "tags": ["态度生硬"]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rating-tag-unknown")
    assert "服务热情" in answer.json()["allowed"]
    tags = (await service.as_(CITIZEN).get("/v1/rating-tags")).json()["items"]
    assert {tag["level"] for tag in tags} == {1, 2, 3, 4, 5}


async def test_a_service_may_be_rated_for_some_days_only(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_delivery())
    [invitation] = await invited(service)
    clock.advance(timedelta(days=31))
    path = f"/v1/ratings/{invitation['id']}/submission"
    late = await service.as_(CITIZEN).post(path, json={"level": 5})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/rating-closed")
    await expire(sessions, clock)
    assert await invited(service) == []
    assert (await service.as_(CITIZEN).post(path, json={"level": 5})).status_code == 409


async def badly_rated(service: Clients, sessions: Sessions, clock: FixedClock) -> dict[str, Any]:
    await tell(sessions, clock, a_delivery(None))
    invitation = (await invited(service))[0]
    path = f"/v1/ratings/{invitation['id']}/submission"
    answer = await service.as_(CITIZEN).post(path, json={"level": 1, "tags": ["推诿扯皮"]})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_bad_rating_must_be_verified_and_called_back_before_it_closes_by_itself(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    rated = await badly_rated(service, sessions, clock)
    path, handler = f"/v1/cases/{rated['case_id']}", service.as_(HANDLER)
    await service.as_(DISPATCHER).post(f"{path}/dispatch", json={"department": MARKET})
    for step, body in (("acceptance", None), ("start", None), ("resolution", {"note": "已致歉整改"})):
        assert (await handler.post(f"{path}/{step}", json=body)).status_code == 200
    refused = await service.as_(DISPATCHER).post(f"{path}/closing", json={"note": "超时未确认"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/call-back-missing")
    clock.advance(timedelta(days=8))
    while await fire_due(ComplaintUnitOfWork(sessions), clock):
        pass
    seen = (await handler.get(path)).json()
    assert (seen["status"], seen["called_back_at"]) == ("resolved", None)
    assert "call_back" in {trouble["what"] for trouble in seen["troubles"]}
    await handler.post(f"{path}/call-back", json={"reached": False, "note": "无人接听"})
    assert (await handler.get(path)).json()["called_back_at"] is None
    await handler.post(f"{path}/verification", json={"finding": "true", "note": "情况属实"})
    await handler.post(f"{path}/call-back", json={"reached": True, "content": True, "note": "表示理解"})
    closed = await service.as_(DISPATCHER).post(f"{path}/closing", json={"note": "已回访"})
    assert (closed.json()["status"], closed.json()["outcome"]) == ("closed", "unanswered")
    troubles = (await handler.get(path)).json()["troubles"]
    assert all(trouble["settled_at"] for trouble in troubles)


async def test_a_department_appeals_and_somebody_else_decides(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    rated = await badly_rated(service, sessions, clock)
    path = f"/v1/ratings/{rated['id']}"
    both = staff("s_both", "case_handler", "dispatcher", orgs=(MARKET,))
    outsider = staff("s_x", "case_handler", orgs=("114104000051840211",))
    reason = {"reason": "该服务当日并未发生"}
    assert (await service.as_(outsider).post(f"{path}/appeal", json=reason)).status_code == 404
    assert (await service.as_(both).post(f"{path}/appeal", json=reason)).json()["status"] == "appealed"
    waiting = (await service.as_(DISPATCHER).get("/v1/ratings-to-review")).json()["items"]
    assert [one["id"] for one in waiting] == [rated["id"]]
    assert CITIZEN.subject not in str(waiting)
    decision = {"set_aside": True, "note": "核实为误评"}
    own = await service.as_(both).post(f"{path}/review", json=decision)
    assert own.status_code == 403
    done = await service.as_(DISPATCHER).post(f"{path}/review", json=decision)
    assert done.json()["status"] == "set_aside"
    [rate] = await rates(service, "department")
    assert (rate["invited"], rate["rated"], rate["bad"], rate["satisfied_share"]) == (1, 1, 0, None)


async def test_an_upheld_rating_counts_and_is_not_appealed_twice(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    path = f"/v1/ratings/{(await badly_rated(service, sessions, clock))['id']}"
    reason = {"reason": "该服务当日并未发生"}
    await service.as_(HANDLER).post(f"{path}/appeal", json=reason)
    upheld = {"set_aside": False, "note": "评价属实"}
    assert (await service.as_(DISPATCHER).post(f"{path}/review", json=upheld)).json()["status"] == "submitted"
    again = await service.as_(HANDLER).post(f"{path}/appeal", json=reason)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/rating-appealed-before")
    [rate] = await rates(service, "department")
    assert rate["bad"] == 1


async def rates(service: Clients, by: str) -> list[dict[str, Any]]:
    query = {"by": by, "since": "2026-03-01", "until": "2026-03-31"}
    answer = await service.as_(DISPATCHER).get("/v1/rating-rates", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize(("field", "day"), [("since", "0001-01-01"), ("until", "9999-12-31")])
async def test_a_span_that_no_clock_can_hold_is_refused_by_name(
    service: Clients, field: str, day: str
) -> None:
    query = {"by": "item", "since": "2026-03-01", "until": "2026-03-31", field: day}
    answer = await service.as_(DISPATCHER).get("/v1/rating-rates", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_rates_by_item_window_and_department(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    for number in range(4):
        await tell(sessions, clock, a_finished_ticket(None))
        if number < 3:
            [invitation] = await invited(service)
            path = f"/v1/ratings/{invitation['id']}/submission"
            await service.as_(CITIZEN).post(path, json={"level": (5, 3, 1)[number]})
    [rate] = await rates(service, "window")
    assert (rate["key"], rate["levels"]) == ("410422-HALL/1号窗口", [1, 0, 1, 0, 1])
    assert (rate["active_share"], rate["satisfied_share"]) == (0.75, 0.6667)
    [by_item] = await rates(service, "item")
    assert (by_item["key"], by_item["bad"]) == ("410131016001", 1)
    assert await rates(service, "clerk") == []
    assert await rates(service, "department") == []


async def test_too_many_ratings_of_one_person_are_flagged_and_still_count(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    for _ in range(11):
        await tell(sessions, clock, a_delivery(None))
        [invitation] = await invited(service)
        await service.as_(CITIZEN).post(f"/v1/ratings/{invitation['id']}/submission", json={"level": 5})
    flagged = await service.as_(DISPATCHER).get("/v1/ratings-to-review", params={"flagged": True})
    assert [one["flags"] for one in flagged.json()["items"]] == [["same_person"]]
    [rate] = await rates(service, "department")
    assert (rate["rated"], rate["flagged"], rate["good"]) == (11, 1, 11)


async def test_two_submissions_at_once_are_one_rating(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    await tell(sessions, clock, a_delivery())
    [invitation] = await invited(service)
    path = f"/v1/ratings/{invitation['id']}/submission"
    answers = await asyncio.gather(*(service.as_(CITIZEN).post(path, json={"level": 1}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(complaint_case)) == 1


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)
