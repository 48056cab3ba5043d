"""The board, the phone and the hints over HTTP, on a real database."""

import asyncio
import json
from datetime import timedelta

import pytest
from hall_people import CLERK, HALL, STRANGER, call, citizen, draw, serve, step
from sqlalchemy import select

from lib_db import Sessions
from lib_messaging import Envelope
from lib_testing import PUBLIC, Clients, FixedClock
from svc_booking.board.duties import tell_near
from svc_booking.board.stream import read_position
from svc_booking.database import MESSAGES
from svc_booking.uow import BookingUnitOfWork


async def test_the_board_shows_windows_groups_and_the_version_it_stands_at(
    service: Clients, hall: str
) -> None:
    await draw(service, "p_1")
    await draw(service, "p_2")
    await call(service)
    await service.as_(CLERK).post(f"/v1/service-points/{HALL}/windows/2号窗口/opening")
    await service.as_(CLERK).post(
        f"/v1/service-points/{HALL}/windows/2号窗口/pause", json={"reason": "交接班"}
    )
    board = (await service.as_(PUBLIC).get(f"/v1/service-points/{HALL}/board")).json()
    assert board["name"] == "叶县政务服务中心"
    assert board["groups"] == [{"group": "business", "name": "business", "waiting": 1}]
    assert [(w["name"], w["status"], w["reason"]) for w in board["windows"]] == [
        ("1号窗口", "open", None),
        ("2号窗口", "paused", "交接班"),
    ]
    # Two numbers drawn, a window opened by its first call, the call, a window opened and paused.
    assert board["version"] == 6
    assert "person" not in json.dumps(board)


async def test_the_boards_page_and_files_have_no_inline_script_and_no_outside_address(
    service: Clients, hall: str
) -> None:
    screen = service.as_(PUBLIC)
    page = await screen.get(f"/v1/service-points/{HALL}/board/page")
    assert page.headers["content-type"].startswith("text/html")
    assert "叶县政务服务中心" in page.text
    assert "http" not in page.text
    assert page.text.count("<script") == 1
    assert 'src="../../../board-assets/board.js"' in page.text
    for name, kind in (("board.js", "text/javascript"), ("board.css", "text/css")):
        asset = await screen.get(f"/v1/board-assets/{name}")
        assert asset.headers["content-type"].startswith(kind)
        assert "http" not in asset.text
        tag = {"if-none-match": asset.headers["etag"]}
        assert (await screen.get(f"/v1/board-assets/{name}", headers=tag)).status_code == 304
    assert (await screen.get("/v1/board-assets/..%2Fpage.py")).status_code == 404
    assert (await screen.get("/v1/service-points/NOWHERE/board/page")).status_code == 404
    assert (await screen.get("/v1/service-points/NOWHERE/board/events")).status_code == 404


@pytest.mark.parametrize(
    ("said", "understood"),
    [(None, None), ("", None), ("7", 7), ("-1", None), ("x", None), ("٣", None)],
)
def test_only_a_number_is_a_position(said: str | None, understood: int | None) -> None:
    assert read_position(said) == understood


async def test_a_number_tells_its_place_and_minutes(service: Clients, hall: str, clock: FixedClock) -> None:
    for person in range(3):
        await draw(service, f"p_{person}")
    last = await draw(service, "p_last")
    await call(service)
    standing = (await service.as_(citizen("p_last")).get(f"/v1/tickets/{last['id']}")).json()
    # One window is open and takes the usual eight minutes for each of three.
    assert (standing["ahead"], standing["expected_minutes"]) == (2, 24)
    clock.advance(timedelta(minutes=3))
    standing = (await service.as_(citizen("p_last")).get(f"/v1/tickets/{last['id']}")).json()
    assert standing["expected_minutes"] == 21
    stranger = await service.as_(citizen("p_0")).get(f"/v1/tickets/{last['id']}")
    assert stranger.status_code == 404


async def test_minutes_follow_the_pace_of_the_last_services(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    for person in range(6):
        await draw(service, f"p_{person}")
    for _ in range(3):
        ticket = await call(service)
        await step(service, ticket, "start")
        clock.advance(timedelta(minutes=2))
        await step(service, ticket, "finish")
    last = await draw(service, "p_last")
    standing = (await service.as_(CLERK).get(f"/v1/tickets/{last['id']}")).json()
    assert (standing["ahead"], standing["expected_minutes"]) == (3, 6)


async def test_a_long_wait_is_answered_with_halls_where_it_is_shorter(
    service: Clients, hall: str, clock: FixedClock
) -> None:
    path = f"/v1/service-points/{HALL}/diversions"
    for person in range(6):
        await draw(service, f"p_{person}")
    await call(service)
    before = (await service.as_(PUBLIC).get(path, params={"group": "business"})).json()
    # Over half an hour, but the other hall has no window open.
    assert (before["expected_minutes"], before["items"], before["hint"]) == (48, [], None)
    other = service.as_(STRANGER)
    await other.post("/v1/service-points/410402-HALL/windows/1号窗口/opening")
    found = (await service.as_(PUBLIC).get(path, params={"group": "business"})).json()
    [hint] = found["items"]
    assert (hint["service_point"], hint["expected_minutes"], hint["same_division"]) == (
        "410402-HALL",
        0,
        False,
    )
    assert "新华区政务服务中心" in found["hint"]
    nowhere = await service.as_(PUBLIC).get(path, params={"group": "x"})
    assert nowhere.status_code == 404


async def near(sessions: Sessions) -> list[tuple[str, int]]:
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.envelope)
            .where(MESSAGES.outbox.c.type == "booking.ticket.near.v1")
            .order_by(MESSAGES.outbox.c.seq)
        )
        told = [Envelope.model_validate_json(row).data for row in rows]
    return [(data["number"], data["ahead"]) for data in told]


async def test_each_person_is_told_once_that_their_turn_is_near(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    for person in range(6):
        await draw(service, f"p_{person}")

    async def workers() -> None:
        await asyncio.gather(*(tell_near(lambda: BookingUnitOfWork(sessions), clock) for _ in range(4)))

    await workers()
    assert sorted(await near(sessions)) == [("A001", 0), ("A002", 1), ("A003", 2), ("A004", 3)]
    await workers()
    assert len(await near(sessions)) == 4
    await serve(service)
    await workers()
    assert (await near(sessions))[4:] == [("A005", 3)]


async def test_a_number_that_is_being_called_is_not_told_that_it_is_near(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock
) -> None:
    ticket = await draw(service, "p_1")
    async with BookingUnitOfWork(sessions) as calling:
        await calling.tickets.lock(ticket["id"])
        assert await tell_near(lambda: BookingUnitOfWork(sessions), clock) == 0
    assert await tell_near(lambda: BookingUnitOfWork(sessions), clock) == 1
