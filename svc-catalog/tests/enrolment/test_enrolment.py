"""Enrolment: what follows from the data, a whole run, services that are away, decisions by a person."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from catalog_cases import ADMIN, STRANGER
from enrol import as_body
from pupils import Child, children
from sqlalchemy import func, select
from stand_ins import Departments, stand_ins

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_testing import CITIZEN, Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_catalog.application.store import application
from svc_catalog.attachment.store import attachment
from svc_catalog.enrolment import duties
from svc_catalog.enrolment.departments import HttpDepartments
from svc_catalog.enrolment.domain import NEXT, EnrolmentStatus, assess
from svc_catalog.enrolment.store import enrolment
from svc_catalog.person_ids import PersonIds
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork

EDUCATION = "1141040000518411XC"
OFFICER = staff("s_edu", "officer", orgs=(EDUCATION,))
CITY = Path(__file__).parents[3] / "deploy" / "demo" / "city"
BUNDLE = "primary-school-enrolment"
CLEAR: dict[str, dict[str, Any]] = {
    "household": {"found": True, "with_guardian": True, "division": "410402"},
    "property": {"kind": "owned"},
    "district": {"school": "S1", "school_name": "光明路小学", "division": "410402"},
    "vaccination": {"complete": True},
}


@pytest.fixture
def more_city() -> dict[str, list[dict[str, Any]]]:
    """Return the city's own bundle with its items and departments."""

    def some(name: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = json.loads((CITY / f"{name}.json").read_text(encoding="utf-8"))
        return records

    bundle = next(record for record in some("bundles") if record["code"] == BUNDLE)
    wanted = {member["item"] for member in bundle["items"]}
    items = [record for record in some("items") if record["code"] in wanted]
    codes = {record["department"] for record in items}
    departments = [record for record in some("departments") if record["code"] in codes]
    return {"bundles": [bundle], "items": items, "departments": departments}


@pytest_asyncio.fixture
async def departments() -> Any:
    """Return the stand-in departments and the client that reaches them."""
    stand_in = Departments()
    client = HttpDepartments("http://departments", httpx.ASGITransport(stand_ins(stand_in)))
    yield stand_in, client
    await client.aclose()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with the key by which persons are known."""
    (tmp_path / "person.key").write_text("secret")
    return settings.model_copy(update={"person_id_key_file": tmp_path / "person.key"})


async def begun(service: Clients, some: list[Child]) -> str:
    client = service.as_(OFFICER)
    run = await client.post("/v1/enrolment-runs", json={"year": 2026})
    assert run.status_code == 201, run.text
    path = f"/v1/enrolment-runs/{run.json()['id']}"
    body = {"pupils": [as_body(child) for child in some]}
    registered = (await client.post(f"{path}/pupils", json=body)).json()
    assert registered == {"new": len(some), "known": 0}
    assert (await client.post(f"{path}/pupils", json=body)).json() == {"new": 0, "known": len(some)}
    return path


class Rounds:
    """Runs the duty."""

    def __init__(self, sessions: Sessions, client: HttpDepartments, settings: Settings, clock: FixedClock):
        self._cipher = FieldCipher.from_file(settings.field_keys_file)
        self._sessions, self._client, self._clock = sessions, client, clock

    async def run(self) -> int:
        return await duties.check_pupils(
            lambda: CatalogUnitOfWork(self._sessions),
            self._sessions,
            self._client,
            self._cipher,
            self._clock,
        )

    async def until_idle(self) -> None:
        while await self.run():
            pass


@pytest_asyncio.fixture
async def rounds(sessions: Sessions, departments: Any, settings: Settings, clock: FixedClock) -> Rounds:
    """Return what runs the duty against the stand-ins."""
    return Rounds(sessions, departments[1], settings, clock)


@pytest.mark.parametrize(
    ("source", "change", "code"),
    [
        ("household", {"found": False}, "not-found"),
        ("household", {"with_guardian": False}, "not-with-guardian"),
        ("household", {"division": "410403"}, "mismatch"),
        ("property", {"kind": "rented"}, "rented"),
        ("property", {"kind": "none"}, "none"),
        ("district", {"school": None}, "no-school"),
        ("vaccination", {"complete": False, "missing": ["百白破"]}, "incomplete"),
    ],
)
def test_what_is_unclear_is_named(source: str, change: dict[str, Any], code: str) -> None:
    assert assess(CLEAR).is_clear
    verdict = assess({**CLEAR, source: {**CLEAR[source], **change}})
    assert not verdict.is_clear
    assert [reason.code for reason in verdict.reasons] == [code]


def test_nobody_is_declined_by_data() -> None:
    assert EnrolmentStatus.DECLINED not in NEXT[EnrolmentStatus.PENDING]


async def test_a_run_enrols_the_clear_and_leaves_the_rest_to_clerks(
    service: Clients, sessions: Sessions, rounds: Rounds
) -> None:
    some = list(children()[:60])
    path = await begun(service, some)
    await rounds.until_idle()
    state = (await service.as_(OFFICER).get(path)).json()
    clear = sum(child.is_clear for child in some)
    assert state["by_status"] == {"enrolled": clear, "unclear": 60 - clear}
    assert sum(state["by_school"].values()) == clear
    unclear = (await service.as_(OFFICER).get(f"{path}/pupils", params={"limit": 100})).json()["items"]
    assert len(unclear) == 60 - clear
    assert all(pupil["reasons"] for pupil in unclear)
    assert all(pupil["pupil_name"].endswith("*") for pupil in unclear)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(attachment)) == 0
        counted = await session.execute(
            select(application.c.status, func.count()).group_by(application.c.status)
        )
        assert {str(status): count for status, count in counted} == {
            "delivered": clear,
            "submitted": 60 - clear,
        }
        for value in await session.scalars(select(enrolment.c.content)):
            assert "小学" not in value


async def test_a_guardian_registers_the_own_child_and_the_data_does_the_rest(
    service: Clients, sessions: Sessions, rounds: Rounds, settings: Settings, clock: FixedClock
) -> None:
    child = next(child for child in children() if child.is_clear)
    persons = PersonIds.from_file(settings.person_id_key_file)
    mother = Caller(CallerKind.CITIZEN, persons.of(child.guardian_number), "mobile")
    body = as_body(child)
    early = await service.as_(mother).post("/v1/enrolments", json=body)
    assert (early.status_code, early.json()["type"]) == (404, "/problems/enrolment-run-not-found")
    run = await service.as_(OFFICER).post("/v1/enrolment-runs", json={"year": clock.now().year})
    assert run.status_code == 201
    wrong = await service.as_(CITIZEN).post("/v1/enrolments", json=body)
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/not-the-guardian")
    assert (await service.as_(mother).post("/v1/enrolments", json=body)).json() == {"new": 1, "known": 0}
    assert (await service.as_(mother).post("/v1/enrolments", json=body)).json() == {"new": 0, "known": 1}
    await rounds.until_idle()
    [mine] = (await service.as_(mother).get("/v1/enrolments")).json()["items"]
    assert (mine["status"], mine["school_name"]) == ("enrolled", child.school.name)
    assert (await service.as_(CITIZEN).get("/v1/enrolments")).json()["items"] == []
    path = f"/v1/applications/{mine['application_id']}"
    assert not (await service.as_(mother).get(path)).json()["is_on_behalf"]


async def test_an_application_from_a_list_is_one_on_behalf(
    service: Clients, sessions: Sessions, rounds: Rounds
) -> None:
    await begun(service, [next(child for child in children() if child.is_clear)])
    await rounds.until_idle()
    async with sessions() as session:
        assert await session.scalar(select(application.c.submitted_by)) == OFFICER.subject


async def test_a_service_down_for_an_hour_loses_nothing(
    service: Clients, departments: Any, rounds: Rounds, clock: FixedClock
) -> None:
    stand_in, _ = departments
    some = list(children()[:50])
    path = await begun(service, some)
    stand_in.down.add("property")
    for _ in range(60):
        await rounds.until_idle()
        clock.advance(timedelta(minutes=1))
    state = (await service.as_(OFFICER).get(path)).json()
    assert state["by_status"] == {"pending": 50}
    waiting = await service.as_(OFFICER).get(f"{path}/pupils", params={"status": "pending"})
    assert waiting.json()["items"][0]["waiting_for"] == ["property", "district"]
    stand_in.down.clear()
    clock.advance(timedelta(minutes=6))
    await rounds.until_idle()
    state = (await service.as_(OFFICER).get(path)).json()
    assert state["by_status"]["enrolled"] == sum(child.is_clear for child in some)
    assert state["by_status"].get("pending", 0) == 0
    # What was answered before is not asked again.
    assert (stand_in.asked["household"], stand_in.asked["vaccination"]) == (50, 50)


async def test_a_worker_that_dies_leaves_its_pupils_to_others(
    service: Clients, sessions: Sessions, rounds: Rounds, clock: FixedClock
) -> None:
    path = await begun(service, list(children()[:3]))
    async with CatalogUnitOfWork(sessions) as uow:
        assert len(await uow.enrolments.claim(clock.now(), 10)) == 3
        await uow.commit()
    assert await rounds.run() == 0
    clock.advance(timedelta(minutes=3))
    assert await rounds.run() == 3
    assert (await service.as_(OFFICER).get(path)).json()["by_status"].get("pending", 0) == 0


async def test_a_person_places_or_declines_the_unclear(service: Clients, rounds: Rounds) -> None:
    rented = [children()[29], children()[58]]
    path = await begun(service, rented)
    await rounds.until_idle()
    first, second = (await service.as_(OFFICER).get(f"{path}/pupils")).json()["items"]
    placed = f"/v1/enrolments/{first['id']}/placement"
    assert (await service.as_(STRANGER).post(placed, json={"note": "x"})).status_code == 403
    done = await service.as_(OFFICER).post(placed, json={"note": "租赁备案已核实"})
    assert (done.status_code, done.json()["status"]) == (200, "enrolled")
    assert (await service.as_(OFFICER).post(placed, json={"note": "再次"})).status_code == 409
    ground = {"note": "无居住事实", "legal_ground": "《义务教育法》第十二条"}
    declined = await service.as_(OFFICER).post(f"/v1/enrolments/{second['id']}/decline", json=ground)
    assert declined.json()["status"] == "declined"
    states = {
        (await service.as_(ADMIN).get(f"/v1/applications/{pupil['application_id']}")).json()["status"]
        for pupil in (first, second)
    }
    assert states == {"delivered", "refused"}


async def test_runs_are_the_departments_own(service: Clients) -> None:
    path = await begun(service, list(children()[:1]))
    assert (await service.as_(STRANGER).get(path)).status_code == 403
    assert (await service.as_(STRANGER).get(f"{path}/pupils")).status_code == 403
    assert (await service.as_(STRANGER).post("/v1/enrolment-runs", json={"year": 2026})).status_code == 403
