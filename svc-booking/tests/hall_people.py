"""People in a hall: booking, arriving, calling, as tests need them."""

from typing import Any

from lib_testing import Clients, staff
from lib_web import Caller, CallerKind

HALL = "410422-HALL"
ITEM = "410131016000"
CLERK = staff("s_clerk", "clerk", points=(HALL,))
SECOND_CLERK = staff("s_clerk_b", "clerk", points=(HALL,))
STRANGER = staff("s_clerk_2", "clerk", points=("410402-HALL",))
MANAGER = staff("s_manager", "hall_manager", points=(HALL,))
LEADER = staff("s_leader", "leader")
TERMINAL = Caller(CallerKind.DEVICE, "K001", "kiosk", points=frozenset({HALL}), device="K001")


def citizen(name: str) -> Caller:
    """Return a citizen on the phone."""
    return Caller(CallerKind.CITIZEN, name, "mobile")


def at_kiosk(person: Caller) -> Caller:
    """Return the citizen with their ID card on the hall's terminal."""
    return Caller(CallerKind.CITIZEN, person.subject, "kiosk", points=frozenset({HALL}), device="K001")


def calls_of(window: str) -> str:
    """Return the path on which a window calls."""
    return f"/v1/service-points/{HALL}/windows/{window}/calls"


async def book(service: Clients, person: Caller, index: int = 1, group: str = "business") -> dict[str, Any]:
    """Book the n-th free slot of the hall."""
    client = service.as_(person)
    slots = (await client.get(f"/v1/service-points/{HALL}/slots", params={"group": group})).json()["items"]
    order = {"slot_id": slots[index]["slot_id"], "item_code": ITEM}
    answer = await client.post("/v1/appointments", json=order)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def draw(service: Clients, person: str, group: str = "business", **more: Any) -> dict[str, Any]:
    """Draw a walk-in's number at the clerk's window."""
    body = {"service_point": HALL, "group": group, "item_code": ITEM, "person_id": person, **more}
    answer = await service.as_(CLERK).post("/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def call(service: Clients, window: str = "1号窗口", clerk: Caller = CLERK) -> dict[str, Any]:
    """Call the next number to a window."""
    answer = await service.as_(clerk).post(calls_of(window))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(service: Clients, ticket: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    """Do something with a number as the clerk."""
    answer = await service.as_(CLERK).post(f"/v1/tickets/{ticket['id']}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def serve(service: Clients, window: str = "1号窗口") -> dict[str, Any]:
    """Call, serve and finish the next number."""
    ticket = await call(service, window)
    await step(service, ticket, "start")
    return await step(service, ticket, "finish")
