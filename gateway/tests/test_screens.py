"""Composed screens: everything at once, and what is there when a service is away."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from gateway.indicator_page import render
from gateway.indicators import Gatherer, indicator_routes
from gateway.screens import screens
from gateway.visits import Visits
from lib_testing import CITIZEN, PUBLIC, FixedClock, signer, staff
from lib_web import Caller, SisterClient, install_problems

Answers = Mapping[str, Any]

ITEM = {
    "code": "410101001000",
    "window_group": "business",
    "materials": [{"satisfied_by": "T1"}, {"satisfied_by": None}],
}
SLOTS = {
    "items": [
        {"slot_id": "a", "starts_at": "2026-03-05T09:00:00+08:00", "free": 0},
        {"slot_id": "b", "starts_at": "2026-03-05T09:30:00+08:00", "free": 2},
    ]
}
EARLIER = {"items": [{"slot_id": "c", "starts_at": "2026-03-05T08:30:00+08:00", "free": 1}]}
BOARD = {
    "service_point": "HALL-1",
    "name": "叶县政务服务中心",
    "calls": [{"number": "A007"}],
    "groups": [{"waiting": 3}, {"waiting": 4}],
    "windows": [{"status": "open"}, {"status": "closed"}],
}
WORKING: dict[str, Answers] = {
    "catalog": {
        "/v1/items/410101001000": ITEM,
        "/v1/service-points": {"items": [{"code": "HALL-1"}, {"code": "HALL-2"}]},
        "/v1/service-points/HALL-1": {"code": "HALL-1", "groups": [{"code": "business"}]},
        "/v1/applications": {"items": [{"case_number": "1"}]},
        "/v1/window/persons": {"open": [{"case_number": "1"}], "drafts": []},
        "/v1/indicators": {
            "items": [
                {"code": "one_visit_share", "title": "最多跑一次", "value": 0.99, "unit": "share",
                 "numerator": 421, "denominator": 425},
            ]
        },
    },
    "booking": {
        "/v1/service-points/HALL-1/slots": SLOTS,
        "/v1/service-points/HALL-2/slots": EARLIER,
        "/v1/service-points/HALL-1/board": BOARD,
        "/v1/appointments": {"items": []},
    },
    "license": {"/v1/material-proofs": {"items": [{"type_code": "T1"}]}, "/v1/licenses": {"items": []},
                "/v1/holding-reads": {"items": [{"name": "营业执照"}]}},
    "complaint": {"/v1/ratings": {"items": []}},
}  # fmt: skip


def sisters(working: Mapping[str, Answers]) -> dict[str, SisterClient]:
    def client(name: str) -> SisterClient:
        def answer(request: httpx.Request) -> httpx.Response:
            found = working.get(name, {}).get(request.url.path)
            return httpx.Response(503) if found is None else httpx.Response(200, json=found)

        return SisterClient("gateway", "http://s", signer(), httpx.MockTransport(answer))

    return {name: client(name) for name in ("catalog", "booking", "license", "seal", "complaint")}


def client(caller: Caller, working: Mapping[str, Answers] = WORKING) -> httpx.AsyncClient:
    app = FastAPI()
    install_problems(app)
    app.include_router(screens(sisters(working), b"k" * 32))

    @app.middleware("http")
    async def known(request: Request, go_on: Any) -> Response:
        request.state.caller = caller
        answer: Response = await go_on(request)
        return answer

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g")


async def test_a_person_begins_with_everything_at_hand() -> None:
    answer = await client(CITIZEN).get("/v1/items/410101001000/start?service_point=HALL-1")
    screen = answer.json()
    assert screen["item"]["code"] == "410101001000"
    assert screen["proofs"] == [{"type_code": "T1"}]
    assert [slot["slot_id"] for slot in screen["slots"]] == ["b"]
    assert screen["missing"] == []


async def test_without_a_point_the_soonest_half_hours_of_the_division_are_shown() -> None:
    answer = await client(CITIZEN).get("/v1/items/410101001000/start?division=410422000000")
    assert [(s["service_point"], s["slot_id"]) for s in answer.json()["slots"]] == [
        ("HALL-2", "c"),
        ("HALL-1", "b"),
    ]


async def test_who_is_not_a_citizen_has_no_proofs() -> None:
    answer = await client(PUBLIC).get("/v1/items/410101001000/start")
    assert (answer.json()["proofs"], answer.json()["slots"]) == ([], [])


@pytest.mark.parametrize(("away", "missing"), [("license", ["proofs"]), ("booking", ["slots"])])
async def test_a_part_whose_service_is_away_is_left_out(away: str, missing: list[str]) -> None:
    working = {name: answers for name, answers in WORKING.items() if name != away}
    answer = await client(CITIZEN, working).get("/v1/items/410101001000/start?service_point=HALL-1")
    assert answer.status_code == 200
    assert answer.json()["missing"] == missing
    assert answer.json()[missing[0]] is None


async def test_without_its_main_part_there_is_no_screen() -> None:
    working = {name: answers for name, answers in WORKING.items() if name != "catalog"}
    answer = await client(CITIZEN, working).get("/v1/items/410101001000/start")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/upstream-unavailable")


async def test_my_page_shows_what_it_can() -> None:
    working = {name: answers for name, answers in WORKING.items() if name != "complaint"}
    screen = (await client(CITIZEN, working).get("/v1/my-page")).json()
    assert screen["applications"] == [{"case_number": "1"}]
    assert (screen["ratings"], screen["missing"]) == (None, ["ratings"])


async def test_a_hall_shows_its_board_and_its_free_half_hours_by_group() -> None:
    screen = (await client(PUBLIC).get("/v1/service-points/HALL-1/overview")).json()
    assert screen["board"] == BOARD
    assert [slot["slot_id"] for slot in screen["slots"]["business"]] == ["b"]


async def test_the_window_shows_what_a_person_has_open_holds_and_booked() -> None:
    body = {
        "id_number": "11010519491231002X",
        "service_point": "HALL-1",
        "identification": "id_card",
        "consent_note": "本人同意查询",
    }
    answer = await client(staff("s_1", "clerk")).post("/v1/window/overview", json=body)
    screen = answer.json()
    assert screen["open"] == {"open": [{"case_number": "1"}], "drafts": []}
    assert screen["licenses"] == [{"name": "营业执照"}]
    assert screen["appointments"] == []
    assert screen["person_id"].startswith("p_")
    assert "11010519491231002X" not in answer.text
    wrong = await client(staff("s_1", "clerk")).post("/v1/window/overview", json={**body, "id_number": "1"})
    assert wrong.status_code == 422


class ThreeVisitors(Visits):
    """Counts that stand still."""

    def __init__(self) -> None:
        """Count without a broker."""

    async def registered(self) -> int:
        """Return a count."""
        return 60

    async def daily(self) -> dict[Any, int]:
        """Return two days."""
        return {1: 2, 2: 4}


def report(working: Mapping[str, Answers], clock: FixedClock) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(indicator_routes())
    app.state.gatherer = Gatherer(sisters(working), ThreeVisitors(), clock)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g")


async def test_the_indicators_are_gathered_with_the_city_s_own_of_2021(clock: FixedClock) -> None:
    found = (await report(WORKING, clock).get("/v1/indicators")).json()
    by_code = {item["code"]: item for item in found["items"]}
    assert by_code["daily_visitor_share"]["value"] == pytest.approx(0.05)
    assert by_code["one_visit_share"]["reported_2021"] == 0.99
    assert found["missing"] == ["booking", "license", "complaint"]
    assert found["year"] == 2026


async def test_the_halls_are_shown_as_they_are_now(clock: FixedClock) -> None:
    found = (await report(WORKING, clock).get("/v1/indicators")).json()
    [hall] = found["halls"]  # The other hall's board does not answer.
    assert hall == {
        "service_point": "HALL-1",
        "name": "叶县政务服务中心",
        "waiting": 7,
        "open_windows": 1,
        "last_call": "A007",
    }


async def test_the_page_says_what_is_missing_and_loads_nothing_from_elsewhere(clock: FixedClock) -> None:
    page = (await report(WORKING, clock).get("/v1/indicators/page")).text
    assert "最多跑一次" in page
    assert "99%" in page
    assert "预约叫号、电子证照、诉求与评价" in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("data-option=") == 2


def test_the_page_gives_deadlines_and_ratings_a_heading_and_licence_types_one_chart() -> None:
    rows: list[tuple[Any, ...]] = [
        ("on_time_share", "按时办结率", 0.99, "share", "catalog"),
        ("satisfied_share", "好差评好评率", 0.98, "share", "complaint"),
        ("area_persons_reported", "区域协查上报人数", 5, "count", "complaint"),
        *(
            (f"licenses_valid:种类{number}", f"有效：种类{number}", number, "count", "license")
            for number in range(30)
        ),
    ]
    names = ("code", "title", "value", "unit", "source")
    rest = {"reported_2021": None, "numerator": None, "denominator": None}
    items = [{**dict(zip(names, row, strict=True)), **rest} for row in rows]
    at = datetime(2026, 3, 4, tzinfo=UTC)
    page = render({"year": 2026, "at": at, "missing": [], "items": items, "halls": []})
    assert [page.count(f"<h2>{heading}</h2>") for heading in ("期限", "诉求与评价", "电子证照")] == [1, 1, 0]
    assert page.count('class="tile"') == 3
    assert page.count("data-option=") == 3
    assert "种类29" in page.partition("<details>")[0]
    assert "种类3&quot;" not in page.partition("<details>")[0]
