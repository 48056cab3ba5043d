"""A day in figures, its workbooks, the year's indicators."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hall_people import CLERK, HALL, LEADER, MANAGER, STRANGER, at_kiosk, book, call, draw, step

from lib_db import Sessions
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_booking.report.domain import Bookings, DayFacts, Drawn, Interval, Kind, half_hour, report_of, times
from svc_booking.uow import BookingUnitOfWork
from svc_booking.window.store import load_group_names

NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)
SERVICE = Caller(CallerKind.SERVICE, "gateway", "internal")


def wait(minutes: float, begins: datetime = NINE) -> Interval:
    return Interval(Kind.WAIT, "business", "1号窗口", begins, timedelta(minutes=minutes))


def test_the_mean_and_the_ninth_of_ten() -> None:
    found = times([wait(n) for n in range(1, 11)], Kind.WAIT)
    assert (found.count, found.mean, found.p90) == (10, 5.5, 10.0)
    assert times([wait(1)], Kind.SERVICE).mean is None


def test_half_hours_are_the_citys() -> None:
    assert [half_hour(NINE), half_hour(NINE + timedelta(minutes=59))] == ["09:00", "09:30"]


def test_an_empty_day_has_no_shares() -> None:
    report = report_of(DayFacts("x", "x", date(2026, 3, 4), [], [], Bookings(0, 0, 0, 0)))
    assert (report.no_show_share, report.appointment_share, report.wait.mean) == (None, None, None)


def test_cancelled_appointments_are_not_missed_ones() -> None:
    drawn = [Drawn(NINE, "business", "p", "booked", "finished", True)]
    report = report_of(DayFacts("x", "x", date(2026, 3, 4), drawn, [wait(3)], Bookings(6, 3, 1, 2)))
    assert (report.no_show_share, report.appointment_share) == (0.25, 1.0)
    assert [line.key for line in report.half_hours] == ["09:00"]


@pytest.fixture
async def a_day(service: Clients, hall: str, sessions: Sessions, clock: FixedClock) -> Clients:
    """Let a booked person and a walk-in be served, and another not come."""
    async with sessions.begin() as session:
        await load_group_names(session, [{"code": "business", "name": "商事登记"}])
    await book(service, CITIZEN)
    await book(service, OTHER_CITIZEN, index=0)
    walk_in = await draw(service, "p_walk_in", is_green=True)
    clock.advance(timedelta(minutes=10))
    arrived = (await service.as_(at_kiosk(CITIZEN)).post("/v1/check-ins", json={})).json()
    for ticket in (walk_in, arrived):
        assert (await call(service))["id"] == ticket["id"]
        await step(service, ticket, "start")
        clock.advance(timedelta(minutes=6))
        await step(service, ticket, "finish")
    return service


async def test_a_days_report_counts_people_waits_and_services(a_day: Clients) -> None:
    answer = await a_day.as_(CLERK).get(f"/v1/service-points/{HALL}/day-report")
    report: dict[str, Any] = answer.json()
    assert (report["visitors"], report["drawn"], report["with_appointment"], report["green"]) == (2, 2, 1, 1)
    assert report["bookings"] == {"booked": 2, "arrived": 1, "no_show": 0, "cancelled": 0}
    # The walk-in waited ten minutes, the booked one six; both were served for six.
    assert report["wait"] == {"count": 2, "mean": 8.0, "p90": 10.0}
    assert report["service"]["mean"] == 6.0
    assert [(line["key"], line["drawn"], line["wait"]["count"]) for line in report["half_hours"]] == [
        ("09:00", 2, 2)
    ]
    assert [(line["key"], line["service"]["count"]) for line in report["windows"]] == [("1号窗口", 2)]
    assert report["closed_at"] is None


async def test_the_workbooks_hold_the_same_figures(a_day: Clients, tmp_path: Path) -> None:
    answer = await a_day.as_(MANAGER).get(f"/v1/service-points/{HALL}/day-report/workbook")
    assert 'filename="410422-HALL-2026-03-04.xlsx"' in answer.headers["content-disposition"]
    path = tmp_path / "day.xlsx"
    path.write_bytes(answer.content)
    book_ = openpyxl.load_workbook(path)
    assert book_.sheetnames == ["概况", "半小时", "业务组", "窗口"]
    assert [cell.value for cell in book_["业务组"][2]][:4] == ["商事登记", 2, 2, 8]
    assert [cell.value for cell in book_["概况"][2]][3:6] == [2, 2, 1]
    path.write_bytes((await a_day.as_(LEADER).get("/v1/day-reports/workbook")).content)
    assert openpyxl.load_workbook(path)["各网点"].max_row == 2


async def test_reports_are_for_those_who_are_concerned(a_day: Clients) -> None:
    path = f"/v1/service-points/{HALL}/day-report"
    assert (await a_day.as_(STRANGER).get(path)).status_code == 403
    assert (await a_day.as_(CITIZEN).get(path)).status_code == 403
    assert (await a_day.as_(CLERK).get("/v1/day-reports")).status_code == 403
    days = (await a_day.as_(LEADER).get("/v1/day-reports")).json()
    assert [day["service_point"] for day in days["items"]] == [HALL]
    assert (await a_day.as_(CITIZEN).get("/v1/indicators")).status_code == 403


async def test_the_years_indicators_come_from_what_happened(
    a_day: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    from svc_booking.hall_day.duties import close_days

    clock.advance(timedelta(hours=9))
    assert await close_days(lambda: BookingUnitOfWork(sessions), clock) == 1
    for caller in (SERVICE, LEADER, staff("s", "officer"), staff("s", "admin")):
        answer = await a_day.as_(caller).get("/v1/indicators", params={"year": 2026})
        assert answer.status_code == 200
    found = {item["code"]: item for item in answer.json()["items"]}
    assert found["green_channel_visits"]["value"] == 1
    assert found["connected_county_halls"]["value"] == 1
    assert (found["appointment_share"]["value"], found["no_show_share"]["value"]) == (0.5, 0.5)
    # The hall of this test is a county's, so the city's hall had no visitors.
    assert found["hall_visitors_a_day"]["value"] is None
    other = (await a_day.as_(SERVICE).get("/v1/indicators", params={"year": 2025})).json()
    assert {item["value"] for item in other["items"]} == {0, None}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", ["day-reports", "day-reports/workbook"])
async def test_a_day_that_no_clock_can_hold_is_refused_by_name(service: Clients, path: str, day: str) -> None:
    answer = await service.as_(LEADER).get(f"/v1/{path}", params={"on": day})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["on"]
