"""The end of the day: missed appointments, open numbers, windows, the fixed report."""

import asyncio
from datetime import date, datetime, time, timedelta

import httpx
import pytest
from hall_people import CLERK, HALL, MANAGER, STRANGER, at_kiosk, book, call, citizen, draw, serve, step
from sqlalchemy import func, select

from lib_db import Sessions
from lib_kernel import CITY_ZONE
from lib_messaging import Envelope
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from svc_booking.appointment.store import appointment
from svc_booking.database import MESSAGES
from svc_booking.hall_day.domain import closes_at, is_over
from svc_booking.hall_day.duties import close_days, close_missed
from svc_booking.journal.store import journal_entry, journal_head
from svc_booking.report.store import day_report
from svc_booking.slot.calendar import state_calendar
from svc_booking.slot.domain import OpeningHours
from svc_booking.uow import BookingUnitOfWork

HOUR = timedelta(hours=1)
WEDNESDAY = date(2026, 3, 4)
FIVE = datetime(2026, 3, 4, 17, tzinfo=CITY_ZONE)
OFFICE = OpeningHours({"wed": ((time(9), time(12)), (time(13, 30), time(17)))})


@pytest.fixture
def work(sessions: Sessions) -> type[BookingUnitOfWork]:
    """Return what opens a unit of work."""
    return lambda: BookingUnitOfWork(sessions)  # type: ignore[return-value] # called like the class


async def events(sessions: Sessions, kind: str) -> list[Envelope]:
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.envelope)
            .where(MESSAGES.outbox.c.type == kind)
            .order_by(MESSAGES.outbox.c.seq)
        )
        return [Envelope.model_validate_json(row) for row in rows]


def test_a_day_ends_with_the_last_half_hour_or_at_midnight() -> None:
    assert closes_at(OFFICE, state_calendar, WEDNESDAY) == FIVE
    midnight = datetime(2026, 3, 5, tzinfo=CITY_ZONE)
    assert closes_at(OpeningHours({}, always_open=True), state_calendar, WEDNESDAY) == midnight
    assert closes_at(OpeningHours({}), state_calendar, WEDNESDAY) == midnight


@pytest.mark.parametrize(
    ("after", "served", "over"),
    [(-HOUR, False, False), (0 * HOUR, False, True), (HOUR, True, False), (2 * HOUR, True, True)],
)
def test_a_day_is_not_closed_over_people_at_a_window(after: timedelta, served: bool, over: bool) -> None:
    assert is_over(FIVE, FIVE + after, somebody_is_served=served, unfinished_after=2 * HOUR) is over


async def test_an_appointment_is_missed_after_the_halls_time_and_not_before(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    booked = await book(service, CITIZEN)  # At 10:00; the hall waits until 11:00.
    clock.advance(2 * HOUR)
    assert await close_missed(work, clock) == 0
    clock.advance(timedelta(seconds=1))
    assert sum(await asyncio.gather(*(close_missed(work, clock) for _ in range(4)))) == 1
    [told] = await events(sessions, "booking.appointment.no_show.v1")
    assert told.data["appointment_id"] == booked["id"]
    async with sessions() as session:
        assert await session.scalar(select(appointment.c.status)) == "no_show"


async def test_a_hall_that_waits_longer_misses_later(
    service: Clients, hall: str, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    path = f"/v1/service-points/{HALL}/hall-policy"
    policy = (await service.as_(MANAGER).get(path)).json()
    await service.as_(MANAGER).put(path, json={**policy, "no_show_minutes": 120})
    await book(service, CITIZEN)
    clock.advance(timedelta(hours=2, minutes=30))
    assert await close_missed(work, clock) == 0
    clock.advance(HOUR)
    assert await close_missed(work, clock) == 1


async def test_at_closing_time_everything_open_is_closed_and_told_once(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    kept = await book(service, CITIZEN)
    missed = await book(service, OTHER_CITIZEN, index=-1 - 13)  # The last slot of today.
    arrived = (await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})).json()
    skipped = await draw(service, "p_skipped", is_green=True)
    await call(service)
    await step(service, skipped, "skip")
    served = await serve(service)
    assert served["id"] == arrived["id"]
    waiting = await draw(service, "p_waiting")
    clock.set(FIVE - timedelta(seconds=1))
    assert await close_days(work, clock) == 0
    clock.set(FIVE)
    assert sum(await asyncio.gather(*(close_days(work, clock) for _ in range(4)))) == 1
    assert await close_days(work, clock) == 0

    closed = await events(sessions, "booking.ticket.closed.v1")
    assert {(told.data["ticket_id"], told.data["reason"]) for told in closed} == {
        (skipped["id"], "missed_call"),
        (waiting["id"], "unserved"),
    }
    assert len(closed) == 2
    [gone] = await events(sessions, "booking.appointment.no_show.v1")
    assert gone.data["appointment_id"] == missed["id"]
    [day] = await events(sessions, "booking.day.closed.v1")
    assert (day.data["day"], day.data["closed_numbers"]) == ("2026-03-04", 2)
    assert (await service.as_(CITIZEN).get(f"/v1/appointments/{kept['id']}")).json()["status"] == "completed"
    windows = (await service.as_(CLERK).get(f"/v1/service-points/{HALL}/windows")).json()["items"]
    assert {window["status"] for window in windows} == {"closed"}
    board = (await service.as_(CLERK).get(f"/v1/service-points/{HALL}/board")).json()
    assert (board["calls"], board["groups"][0]["waiting"]) == ([], 0)
    async with sessions() as session:
        versions = list(
            await session.scalars(select(journal_entry.c.version).order_by(journal_entry.c.version))
        )
        assert versions == list(range(1, len(versions) + 1))
        assert await session.scalar(select(journal_head.c.version)) == len(versions)


async def test_a_closed_hall_gives_no_numbers_and_its_report_stays_as_it_is(
    service: Clients, hall: str, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    await draw(service, "p_1")
    await serve(service)
    clock.set(FIVE)
    await close_days(work, clock)
    body = {"service_point": HALL, "group": "business", "item_code": "x", "person_id": "p_2"}
    answer = await service.as_(CLERK).post("/v1/tickets", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/hall-closed")
    report = (await service.as_(MANAGER).get(f"/v1/service-points/{HALL}/day-report")).json()
    assert (report["finished"], report["closed_at"]) == (1, "2026-03-04T17:00:00+08:00")
    clock.advance(timedelta(hours=16))  # The next morning everything begins anew.
    assert (await draw(service, "p_2"))["number"] == "A001"


async def test_who_is_at_a_window_is_served_to_the_end(
    service: Clients, hall: str, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    await step(service, ticket, "start")
    clock.set(FIVE + HOUR)
    assert await close_days(work, clock) == 0
    await step(service, ticket, "finish")
    assert await close_days(work, clock) == 1


async def test_a_number_that_a_clerk_forgot_does_not_keep_the_day_open(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    ticket = await draw(service, "p_1")
    await call(service)
    await step(service, ticket, "start")
    clock.set(FIVE + 2 * HOUR)
    assert await close_days(work, clock) == 1
    [told] = await events(sessions, "booking.ticket.closed.v1")
    assert told.data["reason"] == "not_finished"


async def test_days_that_passed_while_no_worker_ran_are_closed_later(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    await draw(service, "p_1")
    clock.advance(timedelta(days=1))
    await draw(service, "p_2")
    clock.advance(timedelta(hours=1))
    assert await close_days(work, clock) == 1
    async with sessions() as session:
        assert list(await session.scalars(select(day_report.c.day))) == [WEDNESDAY]
    still_waiting = (await service.as_(CLERK).get(f"/v1/service-points/{HALL}/board")).json()
    assert still_waiting["groups"][0]["waiting"] == 1


async def test_a_manager_closes_early_and_only_once(service: Clients, hall: str, sessions: Sessions) -> None:
    ticket = await draw(service, "p_1")
    path, today = f"/v1/service-points/{HALL}/day-closing", {"day": "2026-03-04"}
    for stranger in (CLERK, STRANGER):
        assert (await service.as_(stranger).post(path, json=today)).status_code == 403
    manager = service.as_(MANAGER)
    assert (await manager.post(path, json={"day": "2026-03-05"})).json()["type"] == "/problems/day-not-over"
    assert (await manager.post(path, json=today)).json()["closed_numbers"] == 1
    assert (await manager.post(path, json=today)).json()["type"] == "/problems/day-already-closed"
    mine = (await service.as_(citizen("p_1")).get(f"/v1/tickets/{ticket['id']}")).json()
    assert (mine["status"], mine["closing"]) == ("closed", "unserved")


async def test_drawing_and_closing_at_once_leaves_no_number_open_in_a_closed_day(
    service: Clients, hall: str, sessions: Sessions, clock: FixedClock, work: type[BookingUnitOfWork]
) -> None:
    clock.set(FIVE)
    clerk = service.as_(CLERK)
    await draw(service, "p_first")
    body = {"service_point": HALL, "group": "business", "item_code": "x"}
    answers = await asyncio.gather(
        *(clerk.post("/v1/tickets", json={**body, "person_id": f"p_{n}"}) for n in range(10)),
        close_days(work, clock),
        *(clerk.post("/v1/tickets", json={**body, "person_id": f"q_{n}"}) for n in range(10)),
    )
    drawn = [answer for answer in answers if isinstance(answer, httpx.Response)]
    assert len(drawn) == 20
    assert {answer.status_code for answer in drawn} <= {201, 409}
    await close_days(work, clock)
    async with sessions() as session:
        closed = await session.scalar(
            select(func.count()).select_from(journal_entry).where(journal_entry.c.step == "closed")
        )
    assert closed == 1 + sum(answer.status_code == 201 for answer in drawn)
