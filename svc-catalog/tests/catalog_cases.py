"""Builders for tests of applications: callers, bodies, an application in a state."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, staff
from svc_catalog.database import MESSAGES

MARKET = "114104000051846037"
FIRE = "114104000051840211"
POINT = "410422-HALL"
CLERK = staff("s_clerk", "clerk", points=(POINT,))
OFFICER = staff("s_officer", "officer", orgs=(MARKET,))
FIRE_OFFICER = staff("s_fire", "officer", orgs=(FIRE,))
STRANGER = staff("s_other", "officer", "clerk", orgs=("other",), points=("other-HALL",))
ADMIN = staff("s_admin", "admin")
LAW = "《中华人民共和国食品安全法》第三十五条"

APPLICANT = {"name": "李明", "id_number": "11010519491231002X", "phone": "13812345678"}
ADDRESS = {"receiver": "李明", "phone": "13812345678", "address": "叶县昆阳街道健康路12号"}
BODY: dict[str, Any] = {
    "item_code": "410131016001",
    "service_point": POINT,
    "applicant": APPLICANT,
    "form": {"operator_name": "李记面馆"},
    "materials": [{"name": "申请书", "proof": "手机上传"}],
}
# An item whose result is no licence.
PLAIN: dict[str, Any] = {**BODY, "item_code": "410131016002", "form": {}}


async def submitted(service: Clients, body: dict[str, Any] = BODY, **changes: Any) -> dict[str, Any]:
    """Return an application just handed in."""
    answer = await service.as_(CITIZEN).post("/v1/applications", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(service: Clients, caller: Any, path: str, body: Any = None) -> dict[str, Any]:
    """Return the answer of a step that must succeed."""
    answer = await service.as_(caller).post(f"/v1/{path}", json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def accepted(service: Clients, body: dict[str, Any] = BODY, **changes: Any) -> dict[str, Any]:
    """Return an application taken in by the clerk."""
    filed = await submitted(service, body, **changes)
    return await step(service, CLERK, f"applications/{filed['id']}/acceptance")


async def approved(service: Clients, body: dict[str, Any] = BODY, **changes: Any) -> dict[str, Any]:
    """Return an application granted by the officer."""
    taken = await accepted(service, body, **changes)
    return await step(service, OFFICER, f"applications/{taken['id']}/approval")


async def kinds(sessions: Sessions) -> list[str]:
    """Return the types of the events about applications, in order."""
    async with sessions() as session:
        rows = await session.scalars(
            select(MESSAGES.outbox.c.type)
            .where(MESSAGES.outbox.c.type.like("catalog.application.%"))
            .order_by(MESSAGES.outbox.c.seq)
        )
        return list(rows)


def shop_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return a second department and hall, and a bundle of items of two departments."""
    fire = "410120001002"
    point = {
        "code": "410400-HALL",
        "name": "平顶山市政务服务中心",
        "kind": "city_hall",
        "division": "410400000000",
        "address": "平顶山市",
        "longitude": 113.3,
        "latitude": 33.7,
        "always_open": False,
        "hours": {},
        "groups": [],
        "bank": None,
    }
    bundle = {
        "code": "open-shop",
        "name": "开办小店",
        "summary": "",
        "audience": ["enterprise"],
        "lead_department": MARKET,
        "stages": [{"code": "one", "name": "一次办"}],
        "items": [{"stage": "one", "item": BODY["item_code"]}, {"stage": "one", "item": fire}],
    }
    department = {"code": FIRE, "name": "消防救援支队", "short_name": "消防", "division": "410400000000"}
    return {
        "departments": [department],
        "service_points": [point],
        "items": [
            make_item(
                fire,
                "公众聚集场所消防安全检查",
                department=FIRE,
                department_name="消防救援支队",
                implementation_code=f"{FIRE}3{fire}",
                result_license_type="LT2",
                form={
                    "type": "object",
                    "properties": {"area": {"type": "integer", "title": "面积", "minimum": 1}},
                    "additionalProperties": False,
                },
            )
        ],
        "bundles": [bundle],
    }
