"""Ratings by events and over HTTP, on a real database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lib_contracts import Event
from lib_contracts.booking import TicketFinished
from lib_contracts.catalog import ApplicationDelivered
from lib_db import Sessions
from lib_messaging import Consumer, InboxProcessor, wrap
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock, staff
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.database import MESSAGES
from svc_complaint.rating.consumers import invite_after_application, invite_after_ticket
from svc_complaint.rating.store import rating
from svc_complaint.uow import ComplaintUnitOfWork

NOW = datetime(2026, 3, 4, tzinfo=UTC)
VISIT = uuid4()


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
