"""The city's halls on their own database, behind the real API, on a clock that the simulation moves."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from simulation.people import ERRANDS

from lib_db import make_engine, make_sessions, migrate
from lib_local.servers import Postgres, create_database
from lib_testing import Clients, FixedClock, free_port, internal_keys_file, running, signer, staff
from lib_web import HEADER, Caller, CallerKind
from svc_booking.hall_day.duties import close_days, close_missed
from svc_booking.main import create_app
from svc_booking.service import MIGRATIONS
from svc_booking.settings import Settings
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import load_points
from svc_booking.uow import BookingUnitOfWork

CITY = Path(__file__).parents[1] / "city"
CITY_HALL = "410400-HALL"
# Windows (assumed; the demo's data have only as many as a demonstration needs): at the city's hall in all,
# shared out by what people come for; elsewhere for each business group.
CITY_HALL_WINDOWS = 84
WINDOWS = {"county_hall": 3, "township_centre": 1, "bank_outlet": 1}


@dataclass(frozen=True)
class Hall:
    """A point with the windows of each group."""

    code: str
    kind: str
    division: str
    windows: dict[str, list[str]]


class Refused(Exception):
    """The service refused; `body` is the problem."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body.get("detail"))
        self.body = body


class Halls:
    """The API as terminals, phones and windows use it."""

    def __init__(self, clients: Clients, clock: FixedClock, halls: dict[str, Hall], work: Any) -> None:
        self.clock = clock
        self.halls = halls
        self._work = work
        self._client = clients.bare()
        self.requests = 0

    def near(self, division: str, group: str) -> list[str]:
        """Return the points of a division that serve a group, halls before centres and banks."""
        kinds = ["county_hall", "township_centre", "bank_outlet"]
        found = [
            hall
            for hall in self.halls.values()
            if hall.division == division and group in hall.windows and hall.kind in kinds
        ]
        return [hall.code for hall in sorted(found, key=lambda hall: (kinds.index(hall.kind), hall.code))]

    async def free_slots(self, code: str, group: str, day: date) -> list[dict[str, Any]]:
        """Return the half hours of a day with free places."""
        query = f"group={group}&on={day}"
        found = await self._ask("GET", f"/v1/service-points/{code}/slots?{query}", _citizen("p_reader"))
        return [{**slot, "starts_at": _moment(slot["starts_at"])} for slot in found["items"]]

    async def book(self, person: str, slot_id: str) -> dict[str, Any]:
        """Book a place. Raises Refused."""
        order = {"slot_id": slot_id, "item_code": "410131016000"}
        return await self._ask("POST", "/v1/appointments", _citizen(person), order)

    async def check_in(self, person: str, code: str) -> dict[str, Any]:
        """Put the ID card on a hall's terminal. Raises Refused."""
        return await self._ask("POST", "/v1/check-ins", _at_terminal(person, code), {})

    async def draw(self, person: str, code: str, group: str, *, is_green: bool) -> dict[str, Any]:
        """Draw a number at a hall's terminal. Raises Refused."""
        body = {"service_point": code, "group": group, "item_code": "410131016000", "is_green": is_green}
        return await self._ask("POST", "/v1/tickets", _at_terminal(person, code), body)

    async def call(self, code: str, window: str) -> dict[str, Any] | None:
        """Call the next number to a window; None when nobody waits for it."""
        try:
            return await self._ask("POST", f"/v1/service-points/{code}/windows/{window}/calls", _clerk(code))
        except Refused as refused:
            if refused.body["type"] != "/problems/nobody-waiting":
                raise
            return None

    async def step(self, code: str, ticket_id: str, verb: str) -> None:
        """Start or finish a number."""
        await self._ask("POST", f"/v1/tickets/{ticket_id}/{verb}", _clerk(code))

    async def end_day(self) -> None:
        """Let the duties of the worker run until nothing is left to do."""
        while await close_missed(self._work, self.clock):
            pass
        await close_days(self._work, self.clock)

    async def reports(self, day: date) -> list[dict[str, Any]]:
        """Return every hall's report of a day, with its half hours."""
        leader = staff("s_leader", "leader", "admin")
        found = await self._ask("GET", f"/v1/day-reports?on={day}", leader)
        return [
            await self._ask("GET", f"/v1/service-points/{item['service_point']}/day-report?on={day}", leader)
            for item in found["items"]
        ]

    async def _ask(self, method: str, path: str, caller: Caller, body: Any = None) -> dict[str, Any]:
        self.requests += 1
        headers = {HEADER: signer().sign(caller)}
        answer: httpx.Response = await self._client.request(method, path, headers=headers, json=body)
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
        if answer.status_code >= 500:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        raise Refused(answer.json())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _citizen(person: str) -> Caller:
    return Caller(CallerKind.CITIZEN, person, "mobile")


def _at_terminal(person: str, code: str) -> Caller:
    return Caller(CallerKind.CITIZEN, person, "kiosk", points=frozenset({code}), device=f"K-{code}")


def _clerk(code: str) -> Caller:
    return staff(f"s_{code}", "clerk", points=(code,))


class Points:
    """The city's points, with one `scale`-th of the windows and places for one `scale`-th of the people."""

    def __init__(self, scale: int) -> None:
        self._scale = scale

    @cached_property
    def loaded(self) -> list[dict[str, Any]]:
        """Return the points as they are loaded into the service."""
        points = json.loads((CITY / "service_points.json").read_text(encoding="utf-8"))
        return [self._scaled(point) for point in points if point["groups"] and not point["always_open"]]

    def halls(self) -> dict[str, Hall]:
        """Return the halls by code."""
        return {
            point["code"]: Hall(
                point["code"],
                point["kind"],
                point["division"],
                {group["code"]: group["windows"] for group in point["groups"]},
            )
            for point in self.loaded
        }

    def _scaled(self, point: dict[str, Any]) -> dict[str, Any]:
        groups, first = [], 1
        for group in point["groups"]:
            windows = math.ceil(self._windows(point["kind"], group["code"]) / self._scale)
            names = [f"{number}号窗口" for number in range(first, first + windows)]
            capacity = max(1, round(group["capacity"] / self._scale))
            groups.append({"code": group["code"], "capacity": capacity, "windows": names})
            first += windows
        return {**point, "groups": groups}

    def _windows(self, kind: str, group: str) -> float:
        return CITY_HALL_WINDOWS * ERRANDS[group] if kind == "city_hall" else WINDOWS[kind]


@asynccontextmanager
async def open_halls(
    server: Postgres, name: str, folder: Path, scale: int, start: datetime
) -> AsyncGenerator[Halls]:
    """Open the service on a new database whose clock stands at `start`."""
    await create_database(server.url(), name)
    await asyncio.to_thread(migrate, server.url(name), MIGRATIONS)
    clock = FixedClock(start)
    points = Points(scale)
    engine = make_engine(server.url(name), pool_size=4)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        await load_points(session, points.loaded)
    await make_slots_ahead(sessions, clock)
    settings = Settings(
        database_url=server.url(name),
        nats_url=f"nats://127.0.0.1:{free_port()}",
        internal_keys_file=internal_keys_file(folder),
        log_level="ERROR",
    )
    try:
        async with running(create_app(settings, clock)) as clients:
            yield Halls(clients, clock, points.halls(), lambda: BookingUnitOfWork(sessions))
    finally:
        await engine.dispose()
