"""Calling, calling again, skipping, transferring: a clerk's day."""

import pytest
from hall_people import CLERK, HALL, SECOND_CLERK, STRANGER, call, calls_of, draw, serve, step
from sqlalchemy import select

from lib_audit import records, verify_chain
from lib_db import Sessions
from lib_messaging import Envelope
from lib_testing import Clients
from svc_booking.database import AUDIT, MESSAGES
from svc_booking.slot.store import load_points


@pytest.fixture
async def two_groups(hall: str, sessions: Sessions) -> None:
    """Let the hall have a second group at a third window."""
    point = {
        "code": HALL,
        "name": "叶县政务服务中心",
        "kind": "county_hall",
        "division": "410422000000",
        "hours": {},
        "always_open": False,
        "groups": [
            {"code": "business", "capacity": 3, "windows": ["1号窗口", "2号窗口"]},
            {"code": "tax", "capacity": 3, "windows": ["3号窗口"]},
        ],
    }
    async with sessions.begin() as session:
        await load_points(session, [point])


async def events(sessions: Sessions, kind: str) -> list[Envelope]:
    async with sessions() as session:
        found = await session.scalars(
            select(MESSAGES.outbox.c.envelope)
            .where(MESSAGES.outbox.c.type == kind)
            .order_by(MESSAGES.outbox.c.seq)
        )
        return [Envelope.model_validate_json(row) for row in found]


async def history(service: Clients, ticket: dict[str, str]) -> list[tuple[str, str | None]]:
    answer = await service.as_(CLERK).get(f"/v1/tickets/{ticket['id']}/history")
    return [(found["step"], found["window"]) for found in answer.json()["steps"]]


async def test_a_called_number_is_called_again_without_moving(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    assert (await step(service, ticket, "recall"))["status"] == "called"
    await step(service, ticket, "start")
    again = await service.as_(CLERK).post(f"/v1/tickets/{ticket['id']}/recall")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/illegal-move")
    assert await history(service, ticket) == [
        ("drawn", None),
        ("called", "1号窗口"),
        ("recalled", "1号窗口"),
        ("started", "1号窗口"),
    ]


async def test_a_number_comes_back_as_often_as_the_hall_allows(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    ticket = await draw(service, "p_1")
    for _ in range(3):
        await call(service)
        await step(service, ticket, "skip")
        assert (await step(service, ticket, "return"))["status"] == "waiting"
    await call(service)
    await step(service, ticket, "skip")
    answer = await service.as_(CLERK).post(f"/v1/tickets/{ticket['id']}/return")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/skipped-too-often")
    assert [e.data["skips"] for e in await events(sessions, "booking.ticket.skipped.v1")] == [1, 2, 3, 4]
    assert len(await events(sessions, "booking.ticket.returned.v1")) == 3


@pytest.mark.usefixtures("two_groups")
async def test_a_transferred_number_keeps_its_rank_and_its_history(
    service: Clients, sessions: Sessions
) -> None:
    moved = await draw(service, "p_1")
    later = await draw(service, "p_2", group="tax")
    await call(service)
    await step(service, moved, "start")
    sent = await step(service, moved, "transfer", group="tax", reason="需先办税务事项")
    assert (sent["status"], sent["group"], sent["number"]) == ("transferred", "tax", moved["number"])
    # It came first, so it is called first also in the other group.
    assert (await call(service, "3号窗口"))["id"] == moved["id"]
    await step(service, moved, "start")
    await step(service, moved, "finish")
    assert (await call(service, "3号窗口"))["id"] == later["id"]
    assert await history(service, moved) == [
        ("drawn", None),
        ("called", "1号窗口"),
        ("started", "1号窗口"),
        ("transferred", "1号窗口"),
        ("called", "3号窗口"),
        ("started", "3号窗口"),
        ("finished", "3号窗口"),
    ]
    [told] = await events(sessions, "booking.ticket.transferred.v1")
    assert (told.data["from_window"], told.data["to_window"]) == ("1号窗口", None)


async def test_a_number_sent_to_one_window_is_called_by_no_other(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    await step(service, ticket, "transfer", window="2号窗口", reason="原经办人在2号窗口")
    nobody = await service.as_(CLERK).post(calls_of("1号窗口"))
    assert nobody.json()["type"] == "/problems/nobody-waiting"
    assert (await call(service, "2号窗口"))["id"] == ticket["id"]


@pytest.mark.usefixtures("two_groups")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"window": "1号窗口"}, "transfer-to-nowhere"),
        ({"group": "business"}, "transfer-to-nowhere"),
        ({"window": "9号窗口"}, "window-not-found"),
        ({"window": "3号窗口", "group": "business"}, "window-not-found"),
        ({"group": "nothing"}, "service-point-not-found"),
        ({}, "malformed"),
    ],
)
async def test_a_transfer_to_nowhere_is_refused_and_says_why(
    service: Clients, body: dict[str, str], problem: str
) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    answer = await service.as_(CLERK).post(
        f"/v1/tickets/{ticket['id']}/transfer", json={**body, "reason": "x"}
    )
    assert answer.json()["type"] == f"/problems/{problem}"
    assert (await service.as_(CLERK).get(f"/v1/tickets/{ticket['id']}")).json()["status"] == "called"


async def test_skips_and_transfers_are_in_the_audit_trail(
    service: Clients, hall: str, sessions: Sessions
) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    await step(service, ticket, "skip")
    await step(service, ticket, "return")
    await call(service)
    await step(service, ticket, "transfer", window="2号窗口", reason="x")
    async with sessions() as session:
        found = await records(session, AUDIT, subject=ticket["id"])
        assert [(record.actor, record.action) for record in found] == [
            ("s_clerk", "ticket.skip"),
            ("s_clerk", "ticket.transfer"),
        ]
        assert (await verify_chain(session, AUDIT)).is_whole


async def test_a_paused_window_does_not_call_and_its_number_may_be_finished(
    service: Clients, hall: str
) -> None:
    clerk, path = service.as_(CLERK), f"/v1/service-points/{HALL}/windows/1号窗口"
    await draw(service, "p_1")
    await draw(service, "p_2")
    ticket = await call(service)
    paused = await clerk.post(f"{path}/pause", json={"reason": "设备检修"})
    assert (paused.json()["status"], paused.json()["reason"]) == ("paused", "设备检修")
    await step(service, ticket, "start")
    await step(service, ticket, "finish")
    refused = await clerk.post(calls_of("1号窗口"))
    assert (refused.status_code, refused.json()["reason"]) == (409, "设备检修")
    assert (await clerk.post(f"{path}/resumption")).json()["status"] == "open"
    await call(service)


async def test_a_window_belongs_to_the_clerk_who_opened_it(service: Clients, hall: str) -> None:
    path = f"/v1/service-points/{HALL}/windows/1号窗口"
    await draw(service, "p_1")
    first, second = service.as_(CLERK), service.as_(SECOND_CLERK)
    assert (await first.post(f"{path}/opening")).json()["clerk"] == "s_clerk"
    assert (await first.post(f"{path}/opening")).json()["type"] == "/problems/illegal-move"
    for attempt in ("opening", "resumption", "calls"):
        answer = await second.post(f"{path}/{attempt}")
        assert answer.json()["type"] == "/problems/window-taken", attempt
    await call(service)
    busy = await first.post(f"{path}/closing")
    assert (busy.status_code, busy.json()["number"]) == (409, "A001")
    [mine] = [ticket for ticket in (await first.get(f"/v1/service-points/{HALL}/board")).json()["calls"]]
    assert mine["number"] == "A001"


async def test_a_closed_window_is_free_for_another_clerk(service: Clients, hall: str) -> None:
    path = f"/v1/service-points/{HALL}/windows/1号窗口"
    await draw(service, "p_1")
    await serve(service)
    assert (await service.as_(CLERK).post(f"{path}/closing")).json()["status"] == "closed"
    await draw(service, "p_2")
    await call(service, clerk=SECOND_CLERK)
    windows = (await service.as_(CLERK).get(f"/v1/service-points/{HALL}/windows")).json()["items"]
    assert [(window["name"], window["status"], window["clerk"]) for window in windows] == [
        ("1号窗口", "open", "s_clerk_b"),
        ("2号窗口", "closed", None),
    ]


async def test_a_clerk_of_another_hall_sees_and_does_nothing_here(service: Clients, hall: str) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    stranger = service.as_(STRANGER)
    for path in ("history",):
        assert (await stranger.get(f"/v1/tickets/{ticket['id']}/{path}")).status_code == 403
    for verb in ("recall", "start", "skip", "return", "finish"):
        assert (await stranger.post(f"/v1/tickets/{ticket['id']}/{verb}")).status_code == 403
    sent = await stranger.post(f"/v1/tickets/{ticket['id']}/transfer", json={"group": "x", "reason": "x"})
    assert sent.status_code == 403
    for verb in ("opening", "resumption", "closing"):
        assert (await stranger.post(f"/v1/service-points/{HALL}/windows/2号窗口/{verb}")).status_code == 403
