"""The annual indicators against a slow recount of made-up rows."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from lib_db import Sessions
from lib_kernel import CITY_ZONE, new_id
from lib_testing import CITIZEN, Clients, staff
from lib_web import Caller, CallerKind
from svc_complaint.complaint_case.domain import Outcome
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.kind.domain import Status as CaseStatus
from svc_complaint.rating.domain import Status
from svc_complaint.rating.store import rating

BEGIN = datetime(2026, 1, 1, tzinfo=CITY_ZONE)
END = datetime(2027, 1, 1, tzinfo=CITY_ZONE)
KINDS = ("could_not_get_it_done", "difficult_problem", "consultation", "bad_rating")
OUTCOMES = (Outcome.SOLVED, Outcome.UNANSWERED, Outcome.MERGED, Outcome.WITHDRAWN)


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(240):
        received = BEGIN - timedelta(days=20) + timedelta(days=number * 2)
        is_closed = number % 5 != 0
        closed = received + timedelta(days=number % 9)
        found.append(
            {
                "id": new_id(),
                "case_number": f"T{number:06d}",
                "kind": KINDS[number % 4],
                "content": "",
                "received_at": received,
                "due_at": received + timedelta(days=5),
                "status": CaseStatus.CLOSED if is_closed else CaseStatus.ACCEPTED,
                "status_since": received,
                "is_overdue": False,
                "resolved_at": closed if is_closed and number % 2 else None,
                "closed_at": closed if is_closed else None,
                "outcome": OUTCOMES[number % 7 % 4] if is_closed else None,
                "called_back_at": closed if number % 3 == 0 else None,
                "steps": [],
            }
        )
    return found


def ratings(of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(300):
        invited = BEGIN - timedelta(days=10) + timedelta(days=number)
        is_given = number % 4 != 0
        level = number % 5 + 1 if is_given else None
        bad = level is not None and level < 3
        status = (Status.SET_ASIDE if number % 11 == 0 else Status.SUBMITTED) if is_given else Status.EXPIRED
        found.append(
            {
                "id": new_id(),
                "service_key": f"k{number}",
                "person_id": "p",
                "service_name": "s",
                "item_code": "i",
                "department": "d",
                "service_point": "p",
                "invited_at": invited,
                "status": status,
                "level": level,
                "tags": [],
                "submitted_at": invited + timedelta(hours=30) if is_given else None,
                "case_id": of[number % len(of)]["id"] if bad else None,
            }
        )
    return found


Expected = dict[str, tuple[float, int | None, int | None]]


def recount(of: list[dict[str, Any]], rated: list[dict[str, Any]]) -> Expected:
    by_id = {case["id"]: case for case in of}
    solved = [
        case
        for case in of
        if case["closed_at"]
        and BEGIN <= case["closed_at"] < END
        and case["outcome"] in {Outcome.SOLVED, Outcome.UNANSWERED}
    ]
    on_time = [case for case in solved if (case["resolved_at"] or case["closed_at"]) <= case["due_at"]]
    invited = [one for one in rated if BEGIN <= one["invited_at"] < END]
    given = [one for one in invited if one["submitted_at"]]
    counted = [one for one in invited if one["status"] is Status.SUBMITTED]
    good = [one for one in counted if one["level"] >= 3]
    bad = [
        by_id[one["case_id"]]
        for one in rated
        if one["case_id"] and BEGIN <= one["submitted_at"] < END and one["status"] is Status.SUBMITTED
    ]
    called = [case for case in bad if case["called_back_at"]]

    def of_kind(*kinds: str) -> int:
        return sum(case["kind"] in kinds for case in solved)

    def share(part: list[Any], whole: list[Any]) -> tuple[float, int, int]:
        return round(len(part) / len(whole), 4), len(part), len(whole)

    return {
        "complaints_solved": (len(solved), None, None),
        "complaints_solved_service": (of_kind("could_not_get_it_done", "bad_rating"), None, None),
        "complaints_solved_difficult": (of_kind("difficult_problem"), None, None),
        "complaints_on_time": share(on_time, solved),
        "active_rating_share": share(given, invited),
        "satisfied_share": share(good, counted),
        "bad_ratings_called_back": share(called, bad),
        "area_persons_reported": (0, None, None),
    }


async def test_the_indicators_are_those_of_a_slow_recount(service: Clients, sessions: Sessions) -> None:
    made = cases()
    rated = ratings(made)
    async with sessions.begin() as session:
        await session.execute(insert(complaint_case), made)
        await session.execute(insert(rating), rated)
    leader = service.as_(staff("s_leader", "leader"))
    answer = await leader.get("/v1/indicators", params={"year": 2026})
    found = {
        one["code"]: (one["value"], one["numerator"], one["denominator"]) for one in answer.json()["items"]
    }
    assert found == recount(made, rated)
    assert all(value[0] for code, value in found.items() if code != "area_persons_reported")


async def test_services_and_leaders_may_ask_and_an_empty_year_is_zero(service: Clients) -> None:
    sister = Caller(CallerKind.SERVICE, "svc-catalog", "internal")
    answer = await service.as_(sister, issuer="svc-catalog").get("/v1/indicators", params={"year": 2020})
    assert {one["value"] for one in answer.json()["items"]} == {0}
    assert (await service.as_(CITIZEN).get("/v1/indicators", params={"year": 2026})).status_code == 403
    assert (await service.as_(staff("s", "officer")).get("/v1/indicators")).status_code == 422
