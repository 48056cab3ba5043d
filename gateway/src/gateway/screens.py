"""Screens of the channels that need several services at once."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.callers import CallerDep
from gateway.optional import optional_parts
from gateway.session.http import ID_CARD, IdNumber
from lib_kernel import person_id
from lib_web import Caller, CallerKind, SisterClient

Items = list[dict[str, Any]]
Code = Annotated[str, Path(max_length=40, pattern=r"^[0-9A-Za-z_-]+$")]

NEAREST_POINTS = 3
SLOTS_SHOWN = 5
ROWS_SHOWN = 10


class Screen(BaseModel):
    """`missing` names the parts that are null because their service did not answer."""

    missing: list[str]


class Start(Screen):
    """Everything a person needs to begin (办事入口): the item, proofs held, the next free half hours."""

    item: dict[str, Any]
    proofs: Items | None
    slots: Items | None


class MyPage(Screen):
    """What is going on for a person (我的): each list has the latest first."""

    appointments: Items | None
    applications: Items | None
    licenses: Items | None
    ratings: Items | None


class Hall(Screen):
    """A service point now (大厅): where it is, who is called, how many wait, what is free by group."""

    point: dict[str, Any]
    board: dict[str, Any] | None
    slots: dict[str, Items] | None = Field(description="业务窗口组 -> 最近可约时段")


class AtWindow(BaseModel):
    """Whom the clerk has in front of them; each service notes that it was asked, by whom and what for."""

    model_config = ConfigDict(extra="forbid")

    id_number: IdNumber
    service_point: str = Field(min_length=1, max_length=40)
    identification: str = Field(min_length=1, max_length=40, description="如何核验身份，见综合窗口接口")
    consent_note: str = Field(min_length=2, max_length=200, description="本人同意查询的记载")


class WindowScreen(Screen):
    """The comprehensive window's screen (综合窗口): what the person has open, holds and booked."""

    person_id: str
    open: dict[str, Any]
    licenses: Items | None
    appointments: Items | None


def screens(sisters: Mapping[str, SisterClient], person_key: bytes) -> APIRouter:
    """Return the routes of composed screens."""
    router = APIRouter(prefix="/v1", tags=["综合页面"])
    show = _Show(sisters)

    @router.get("/items/{code}/start")
    async def start(
        code: Code,
        caller: CallerDep,
        service_point: Annotated[str | None, Query(max_length=40, description="要去的网点")] = None,
        division: Annotated[
            str | None, Query(pattern=r"^\d{6,12}$", description="没有选定网点时，所在区划")
        ] = None,
    ) -> Start:
        """Return what a person needs to begin with an item (办事入口)."""
        item = await show.get("catalog", f"/v1/items/{code}", caller)
        found, missing = await optional_parts(
            {"proofs": show.proofs(item, caller), "slots": show.slots(item, service_point, division, caller)}
        )
        return Start(item=item, missing=missing, **found)

    @router.get("/my-page")
    async def my_page(caller: CallerDep) -> MyPage:
        """Return what is going on for the caller (我的)."""
        found, missing = await optional_parts(
            {
                "appointments": show.items("booking", "/v1/appointments", caller),
                "applications": show.items("catalog", "/v1/applications", caller),
                "licenses": show.items("license", "/v1/licenses", caller),
                "ratings": show.items("complaint", "/v1/ratings", caller, status="invited"),
            }
        )
        return MyPage(missing=missing, **found)

    @router.get("/service-points/{code}/overview")
    async def hall(code: Code, caller: CallerDep) -> Hall:
        """Return a service point as it is now (大厅概览)."""
        point = await show.get("catalog", f"/v1/service-points/{code}", caller)
        found, missing = await optional_parts(
            {
                "board": show.get("booking", f"/v1/service-points/{code}/board", caller),
                "slots": show.slots_by_group(point, caller),
            }
        )
        return Hall(point=point, missing=missing, **found)

    @router.post("/window/overview")
    async def at_window(body: AtWindow, caller: CallerDep) -> WindowScreen:
        """Return what the person at the window has open, holds and booked (综合窗口一屏)."""
        person = person_id(person_key, ID_CARD, body.id_number)
        asked = body.model_dump(exclude={"id_number"})
        opened = await show.post("catalog", "/v1/window/persons", caller, {"person_id": person, **asked})
        reading = {"holder_number": body.id_number, "purpose": body.consent_note}
        found, missing = await optional_parts(
            {
                "licenses": show.post_items("license", "/v1/holding-reads", caller, reading),
                "appointments": show.items("booking", "/v1/appointments", caller, person_id=person),
            }
        )
        return WindowScreen(person_id=person, open=opened, missing=missing, **found)

    return router


class _Show:
    """Reads the parts of the screens, each as the caller."""

    def __init__(self, sisters: Mapping[str, SisterClient]) -> None:
        self._sisters = sisters

    async def get(self, service: str, path: str, caller: Caller, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self._sisters[service].get(path, on_behalf_of=caller, **params)
        return found

    async def items(self, service: str, path: str, caller: Caller, **params: Any) -> Items:
        found = await self.get(service, path, caller, limit=ROWS_SHOWN, **params)
        return cast(Items, found["items"])

    async def post(self, service: str, path: str, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._sisters[service].request("POST", path, on_behalf_of=caller, json=body)
        found: dict[str, Any] = answer.json()
        return found

    async def post_items(self, service: str, path: str, caller: Caller, body: dict[str, Any]) -> Items:
        return cast(Items, (await self.post(service, path, caller, body))["items"])

    async def proofs(self, item: dict[str, Any], caller: Caller) -> Items:
        wanted = [material["satisfied_by"] for material in item["materials"] if material["satisfied_by"]]
        if not wanted or caller.kind is not CallerKind.CITIZEN:
            return []
        found = await self.get("license", "/v1/material-proofs", caller, license_types=wanted)
        return cast(Items, found["items"])

    async def slots(
        self, item: dict[str, Any], point: str | None, division: str | None, caller: Caller
    ) -> Items:
        """Return the next free half hours at a point, or at the points of a division, the soonest first."""
        group = item["window_group"]
        if point is not None:
            return await self.free_slots(point, group, caller)
        if division is None:
            return []
        points = await self.get("catalog", "/v1/service-points", caller, division=division, group=group)
        codes = [each["code"] for each in points["items"][:NEAREST_POINTS]]
        found = await asyncio.gather(*(self.free_slots(code, group, caller) for code in codes))
        return sorted((slot for slots in found for slot in slots), key=lambda slot: str(slot["starts_at"]))

    async def free_slots(self, point: str, group: str, caller: Caller) -> Items:
        found = await self.get("booking", f"/v1/service-points/{point}/slots", caller, group=group)
        free = [slot for slot in found["items"] if slot["free"]][:SLOTS_SHOWN]
        return [{**slot, "service_point": point} for slot in free]

    async def slots_by_group(self, point: dict[str, Any], caller: Caller) -> dict[str, Items]:
        groups = [group["code"] for group in point["groups"]]
        found = await asyncio.gather(*(self.free_slots(point["code"], group, caller) for group in groups))
        return dict(zip(groups, found, strict=True))
