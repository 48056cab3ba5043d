"""Nobody reaches another's application: every route, list, filter, count and page, each kind of caller."""

from typing import Any
from uuid import uuid4

import pytest
from catalog_cases import ADDRESS, ADMIN, BODY, CLERK, LAW, OFFICER, POINT, STRANGER, accepted

from lib_testing import CITIZEN, OTHER_CITIZEN, PUBLIC, Clients, staff
from lib_web import Caller, CallerKind
from svc_catalog.main import create_app
from svc_catalog.settings import Settings

DEVICE = Caller(CallerKind.DEVICE, "k1", "kiosk", device="k1")
BANK = Caller(CallerKind.PARTNER, "b1", "bank", partner="b1")
NOBODYS = staff("s_none", "clerk", "officer")
LEADER = staff("s_leader", "leader")
SEAL_KEEPER = staff("s_keeper", "seal_keeper")
OUTSIDERS = {
    "another citizen": OTHER_CITIZEN,
    "staff of another department and point": STRANGER,
    "staff of nowhere": NOBODYS,
    "a leader": LEADER,
    "a seal keeper": SEAL_KEEPER,
    "a terminal": DEVICE,
    "a bank": BANK,
    "the public": PUBLIC,
}
SECRETS = ("李记面馆", "13812345678", "11010519491231002X", "健康路12号")
BODIES: dict[str, Any] = {
    "supplement": {"form": BODY["form"], "materials": BODY["materials"]},
    "supplement-request": {"note": "缺", "missing": ["照片"]},
    "rejection": {"note": "不受理"},
    "refusal": {"note": "不予", "legal_ground": LAW},
    "transfer": {"note": "转", "service_point": POINT, "department": "x"},
    "clock-stop": {"note": "停", "kind": "hearing"},
    "clock-start": {"note": "起"},
    "notes": {"note": "记"},
    "pickup": {"code": "123456"},
    "parcel": {"carrier": "ems", "tracking_number": "EA123CN"},
}


def routes_of_one() -> list[tuple[str, str]]:
    """Return every route about one application or task, from the application itself."""
    document: dict[str, Any] = create_app(Settings.model_construct()).openapi()
    paths = document["paths"]
    return [
        (method.upper(), path)
        for path, methods in sorted(paths.items())
        if "{application_id}" in path or "{task_id}" in path
        for method in sorted(methods)
    ]


ROUTES = routes_of_one()


def body_of(path: str) -> Any:
    last = path.rsplit("/", 1)[1]
    if last == "transfer":
        unneeded = "service_point" if "{task_id}" in path else "department"
        return {name: value for name, value in BODIES[last].items() if name != unneeded}
    return BODIES.get(last)


def test_the_routes_are_all_there() -> None:
    assert len(ROUTES) >= 25


@pytest.mark.parametrize("who", sorted(OUTSIDERS))
async def test_outsiders_reach_nothing_of_it(service: Clients, who: str) -> None:
    taken = await accepted(service, delivery="post", address=ADDRESS)
    [task] = (await service.as_(OFFICER).get(f"/v1/applications/{taken['id']}/tasks")).json()["items"]
    client = service.as_(OUTSIDERS[who])
    ids = {
        "application_id": taken["id"],
        "task_id": task["id"],
        "attachment_id": str(uuid4()),
        "kind": "acceptance",
    }
    for method, path in ROUTES:
        target = path.format(**ids)
        answer = await client.request(method, target, json=body_of(path))
        assert answer.status_code in {401, 403, 404}, f"{who} {method} {path}: {answer.status_code}"
        for secret in (*SECRETS, taken["case_number"], taken["person_id"]):
            assert secret not in answer.text, f"{who} {method} {path} tells {secret}"
    unchanged = (await service.as_(CITIZEN).get(f"/v1/applications/{taken['id']}")).json()
    assert unchanged["version"] == taken["version"]


FILTERS: list[dict[str, Any]] = [
    {},
    {"status": "accepted"},
    {"item_code": BODY["item_code"]},
    {"service_point": POINT},
    {"overdue": False},
    {"status": "accepted", "item_code": BODY["item_code"], "service_point": POINT},
]


@pytest.mark.parametrize("filters", FILTERS)
async def test_lists_and_counts_tell_outsiders_nothing(service: Clients, filters: dict[str, Any]) -> None:
    taken = await accepted(service)
    for caller, seen in (
        (CITIZEN, 1),
        (CLERK, 1),
        (OFFICER, 1),
        (ADMIN, 1),
        (OTHER_CITIZEN, 0),
        (STRANGER, 0),
        (NOBODYS, 0),
    ):
        client = service.as_(caller)
        listed = (await client.get("/v1/applications", params=filters)).json()
        assert [found["id"] for found in listed["items"]] == [taken["id"]] * seen
        counted = (await client.get("/v1/applications/counts", params=filters)).json()
        assert (counted["total"], counted["by_status"]["accepted"]) == (seen, seen)
    for caller in (LEADER, DEVICE, BANK, PUBLIC):
        for path in ("/v1/applications", "/v1/applications/counts", "/v1/tasks"):
            assert (await service.as_(caller).get(path, params=filters)).status_code == 403


async def test_a_cursor_of_another_list_opens_nothing(service: Clients) -> None:
    for _ in range(3):
        await accepted(service)
    page = (await service.as_(ADMIN).get("/v1/applications", params={"limit": 1})).json()
    for caller in (OTHER_CITIZEN, STRANGER, NOBODYS):
        beyond = await service.as_(caller).get("/v1/applications", params={"cursor": page["next"]})
        assert beyond.json()["items"] == []


async def test_tasks_are_listed_for_their_department_only(service: Clients) -> None:
    await accepted(service)
    for caller, seen in ((OFFICER, 1), (ADMIN, 1), (STRANGER, 0), (NOBODYS, 0)):
        assert len((await service.as_(caller).get("/v1/tasks")).json()["items"]) == seen


async def test_both_ways_of_seeing_give_one_application_once_and_in_order(service: Clients) -> None:
    filed = [(await accepted(service))["id"] for _ in range(5)]
    both = staff("s_both", "clerk", "officer", orgs=tuple(OFFICER.orgs), points=(POINT,))
    seen: list[str] = []
    cursor = None
    while True:
        page = (
            await service.as_(both).get(
                "/v1/applications", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        seen.extend(found["id"] for found in page["items"])
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(filed)
    assert len(seen) == 5
