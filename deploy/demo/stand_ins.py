"""Stand-ins for what the demo city is connected to: departments' data, the post, the city of Kunshan (昆山).

One small application for demonstrations and tests: `uvicorn stand_ins:app --app-dir deploy/demo`.
"""

import os
from pathlib import Path
from typing import Any

from kunshan import Kunshan, from_environment
from pupils import Child, children
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route


class Departments:
    """The data services of household, property, school district and vaccination.

    `down` names services that answer 503; `asked` counts what was asked.
    """

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.asked: dict[str, int] = {}
        self._by_number = {child.number: child for child in children()}
        self._by_guardian = {(child.guardian_number, child.address_code): child for child in children()}
        self._by_address = {child.address_code: child for child in children()}

    def routes(self) -> list[Route]:
        """Return one route for each service."""
        answers = {
            "household": self.household,
            "property": self.property,
            "district": self.district,
            "vaccination": self.vaccination,
        }
        return [
            Route(f"/{name}", self._route(name, answer), methods=["POST"]) for name, answer in answers.items()
        ]

    def _route(self, name: str, answer: Any) -> Any:
        async def handle(request: Request) -> JSONResponse:
            if name in self.down:
                return JSONResponse({"error": "maintenance"}, 503)
            self.asked[name] = self.asked.get(name, 0) + 1
            return JSONResponse(answer(await request.json()))

        return handle

    def household(self, question: dict[str, str]) -> dict[str, Any]:
        """Tell where a child is registered, and whether with the guardian."""
        child = self._by_number.get(question["pupil"])
        if child is None or not child.is_registered:
            # The family's address is known from the guardian's entry.
            return {"found": False, "address_code": child.address_code if child else ""}
        return {
            "found": True,
            "with_guardian": child.guardian_number == question["guardian"],
            "division": child.household_division,
            "address": child.address,
            "address_code": child.address_code,
        }

    def property(self, question: dict[str, str]) -> dict[str, Any]:
        """Tell whether a guardian owns or rents a home."""
        child = self._by_guardian.get((question["guardian"], question["address_code"]))
        if child is None:
            return {"kind": "none"}
        kind = "owned" if child.owns else "rented"
        return {"kind": kind, "address": child.address, "address_code": child.address_code}

    def district(self, question: dict[str, str]) -> dict[str, Any]:
        """Tell which school an address belongs to."""
        child: Child | None = self._by_address.get(question["address_code"])
        if child is None:
            return {"school": None}
        school = child.school
        return {"school": school.code, "school_name": school.name, "division": school.division}

    def vaccination(self, question: dict[str, str]) -> dict[str, Any]:
        """Tell whether a child has all vaccinations."""
        child = self._by_number.get(question["pupil"])
        if child is None:
            return {"complete": False, "missing": []}
        return {"complete": not child.missing_vaccines, "missing": list(child.missing_vaccines)}


async def parcel(request: Request) -> JSONResponse:
    """Tell where a parcel is: those with an even last digit have arrived."""
    number = request.path_params["number"]
    arrived = number[-1:].isdigit() and int(number[-1]) % 2 == 0
    text = "已由本人签收" if arrived else "运输途中"
    return JSONResponse({"text": text, "delivered": arrived})


def stand_ins(departments: Departments, city: Kunshan | None = None) -> Starlette:
    """Return the application."""
    routes: list[Route | Mount] = [
        *departments.routes(),
        Route("/parcels/{carrier}/{number}", parcel),
    ]
    if city is not None:
        routes.append(Mount("/kunshan", routes=city.routes()))
    return Starlette(routes=routes)


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(name)
    keys = os.environ.get("STAND_IN_KEYS_DIR")
    city = from_environment(Path(keys)) if keys else None
    return stand_ins(Departments(), city)
