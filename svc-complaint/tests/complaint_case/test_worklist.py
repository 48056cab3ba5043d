"""The worklist: order, pages, whose cases are on it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from lib_db import Sessions
from lib_kernel import new_id
from lib_testing import WEDNESDAY, Clients, staff
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.kind.domain import Status

MARKET, POLICE, TAX = "114104000051840136", "114104000051840211", "114104000051840729"
DISPATCHER = staff("s_dispatcher", "dispatcher")


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(60):
        found.append(
            {
                "id": new_id(),
                "case_number": f"T{number:06d}",
                "kind": ("consultation", "suggestion")[number % 2],
                "content": "",
                "category": "waiting" if number % 4 else None,
                "department": (MARKET, POLICE)[number % 2],
                "received_at": WEDNESDAY,
                # Some deadlines are the same moment: the order must be whole all the same.
                "due_at": WEDNESDAY + timedelta(hours=number * 7 % 20),
                "status": list(Status)[number % 9],
                "status_since": WEDNESDAY,
                "is_overdue": number % 5 == 0,
                "awaiting": [TAX] if number % 6 == 0 else [],
                "steps": [],
            }
        )
    return found


async def whole(service: Clients, caller: Any, **query: Any) -> list[dict[str, Any]]:
    """Return all pages of a worklist."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await service.as_(caller).get("/v1/worklist", params={"limit": 7, **query, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_pages_hold_every_open_case_of_the_department_once_by_deadline(
    service: Clients, sessions: Sessions
) -> None:
    made = rows()
    async with sessions.begin() as session:
        await session.execute(insert(complaint_case), made)
    is_open = [row for row in made if row["status"] not in {"resolved", "confirmed", "closed"}]

    def expected(*departments: str, **facts: Any) -> list[str]:
        mine = [
            row
            for row in is_open
            if (row["department"] in departments or set(row["awaiting"]) & set(departments))
            and all(row[name] == value for name, value in facts.items())
        ]
        return [str(row["id"]) for row in sorted(mine, key=lambda row: (row["due_at"], row["id"]))]

    async def listed(*orgs: str, **query: Any) -> list[str]:
        caller = staff("s", "case_handler", orgs=orgs)
        return [item["id"] for item in await whole(service, caller, **query)]

    assert await listed(MARKET) == expected(MARKET)
    assert await listed(MARKET, POLICE) == expected(MARKET, POLICE)
    assert await listed(TAX) == expected(TAX)
    assert await listed(MARKET, TAX) == expected(MARKET, TAX)
    assert await listed(MARKET, overdue=True) == expected(MARKET, is_overdue=True)
    assert await listed(POLICE, kind="suggestion", status="accepted") == expected(
        POLICE, kind="suggestion", status=Status.ACCEPTED
    )
    assert await listed() == []
    everything = [item["id"] for item in await whole(service, DISPATCHER)]
    assert everything == expected(MARKET, POLICE)


async def test_a_cursor_of_another_list_is_refused(service: Clients) -> None:
    answer = await service.as_(DISPATCHER).get("/v1/worklist", params={"cursor": "nonsense"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-invalid")
