"""Builders for tests of applications: callers, bodies, an application in a state."""

from typing import Any

from sqlalchemy import select

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, staff
from svc_catalog.database import MESSAGES

MARKET = "11410400005184603J"
FIRE = "11410400005184999X"
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
