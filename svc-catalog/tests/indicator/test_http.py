"""Indicators match a slow recount of the rows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog_cases import ADMIN, CLERK, MARKET, OFFICER
from sqlalchemy import select

from lib_db import Sessions
from lib_kernel import new_id
from lib_testing import CITIZEN, Clients
from lib_web import Caller, CallerKind
from svc_catalog.application.domain import Convenience, Status
from svc_catalog.application.store import application
from svc_catalog.delivery.domain import Method

INHABITANTS = 5_048_000
DECIDED = {Status.APPROVED, Status.REFUSED, Status.DELIVERED}
NEW_YEAR = datetime(2025, 12, 31, 15, 59, tzinfo=UTC)  # One minute before it is 2026 in the city.


def a_row(dice: random.Random, number: int) -> dict[str, Any]:
    status = dice.choice(list(Status))
    submitted = NEW_YEAR + timedelta(minutes=dice.choice([0, 1, 2, 60 * 24 * 30, 60 * 24 * 366]))
    decided = status in DECIDED
    accepted = decided or status in {Status.ACCEPTED, Status.IN_PROGRESS}
    due = submitted + timedelta(days=5)
    return {
        "id": new_id(),
        "case_number": str(number),
        "person_id": "p",
        "item_code": "i",
        "item_version": 1,
        "item_name": "事项",
        "department": MARKET,
        "service_point": "h",
        "channel": dice.choice(["pc", "exchange"]),
        "applicant": "",
        "form": "",
        "materials": [],
        "promised_days": 3,
        "submitted_at": submitted,
        "status": status,
        "version": 1,
        "steps": [],
        "is_bundle": dice.random() < 0.2,
        "is_instant": dice.random() < 0.5,
        "is_unified": dice.random() < 0.8,
        "conveniences": sorted(dice.sample([kind.value for kind in Convenience], dice.randint(0, 3))),
        "delivery_method": dice.choice(list(Method)),
        "submitted_by": dice.choice([None, "s_clerk"]),
        "partner_city": dice.choice([None, None, "320583"]),
        "is_deemed_accepted": dice.random() < 0.1,
        "accepted_at": submitted if accepted else None,
        "due_at": due if accepted else None,
        "warned_at": submitted if dice.random() < 0.2 else None,
        "overdue_at": due if dice.random() < 0.1 else None,
        "decided_at": due + timedelta(days=dice.choice([-2, 0, 2])) if decided else None,
    }


def recounted(rows: list[Any]) -> dict[str, float]:
    """Count one row after the other, as one would by hand."""
    of_year = []
    for row in rows:
        if (row.submitted_at + timedelta(hours=8)).year == 2026:
            of_year.append(row)

    def some(wanted: Any) -> int:
        return len([row for row in of_year if wanted(row)])

    decided = [row for row in of_year if row.status in DECIDED]
    on_time = [row for row in decided if row.decided_at <= row.due_at]
    accepted = [row for row in of_year if row.accepted_at]
    return {
        "applications_per_inhabitant": len(of_year) / INHABITANTS,
        "instant_applications_share": some(lambda r: r.is_instant) / len(of_year),
        "unified_acceptance_applications_share": len([r for r in accepted if r.is_unified]) / len(accepted),
        "online_applications_share": some(lambda r: r.submitted_by is None) / len(of_year),
        "on_time_share": len(on_time) / len(decided),
        "yellow_cards": some(lambda r: r.warned_at),
        "red_cards": some(lambda r: r.overdue_at),
        "deemed_accepted": some(lambda r: r.is_deemed_accepted),
        "bundle_applications": some(lambda r: r.is_bundle),
        "cross_province_applications": some(lambda r: r.partner_city or r.channel == "exchange"),
        "green_channel_services": some(lambda r: "green_channel" in r.conveniences),
        "home_visits": some(lambda r: "home_visit" in r.conveniences),
        "extended_hours_services": some(lambda r: "extended_hours" in r.conveniences),
        "free_copies": some(lambda r: "free_copies" in r.conveniences),
        "post_deliveries": some(lambda r: r.delivery_method is Method.POST),
        "pupils_enrolled": 0,
        "pupil_schools": 0,
    }


async def test_the_figures_are_those_of_a_recount(service: Clients, sessions: Sessions) -> None:
    dice = random.Random(7)  # noqa: S311 - makes rows, no secret
    async with sessions.begin() as session:
        await session.execute(application.insert(), [a_row(dice, number) for number in range(400)])
        rows = list((await session.execute(select(application))).all())
    answer = await service.as_(ADMIN).get("/v1/indicators", params={"year": 2026})
    found = {item["code"]: item["value"] for item in answer.json()["items"]}
    wanted = recounted(rows)
    assert {code: round(found[code], 9) for code in wanted} == {
        code: round(value, 9) for code, value in wanted.items()
    }


async def test_leaders_and_services_read_them_others_do_not(service: Clients) -> None:
    for caller, status in (
        (OFFICER, 200),
        (Caller(CallerKind.STAFF, "s_l", "pc", roles=frozenset({"leader"})), 200),
        (CLERK, 403),
        (CITIZEN, 403),
    ):
        assert (await service.as_(caller).get("/v1/indicators")).status_code == status
    empty = (await service.as_(ADMIN).get("/v1/indicators", params={"year": 2019})).json()["items"]
    assert next(item for item in empty if item["code"] == "on_time_share")["value"] == 0
