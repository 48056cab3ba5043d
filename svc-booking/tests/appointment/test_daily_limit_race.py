"""One person's orders at the same moment, at replicas that do not know each other: the day's limit holds."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from booking_city import ITEM, a_point, book, miscounted, person, rule
from booking_replica import replica
from sqlalchemy import func, select

from lib_db import Sessions
from lib_testing import Clients, FixedClock, staff, until_waiting
from svc_booking.appointment.domain import Status
from svc_booking.appointment.store import appointment
from svc_booking.rule.domain import DailyLimit
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import load_points, slot

HALL = "410425-HALL"
GROUPS = ("a", "b", "c")
CLERK = staff("s_clerk", "clerk", points=(HALL,))
WHO = person("busy")

SlotOf = Callable[[str, int], Awaitable[str]]


@pytest_asyncio.fixture
async def slot_of(service: Clients, sessions: Sessions, clock: FixedClock) -> SlotOf:
    """Return what finds a slot of a business group, so many opening days ahead."""
    await rule(service, days_ahead=3)
    groups = [{"code": code, "capacity": 9, "windows": ["1号窗口"]} for code in GROUPS]
    async with sessions.begin() as session:
        await load_points(session, [a_point(HALL, groups=groups)])
    await make_slots_ahead(sessions, clock)

    async def find(group: str, day: int) -> str:
        answer = await service.as_(WHO).get(f"/v1/service-points/{HALL}/slots", params={"group": group})
        last = {free["starts_at"][:10]: free["slot_id"] for free in answer.json()["items"]}
        found: str = list(last.values())[day]
        return found

    return find


@asynccontextmanager
async def all_at_once(sessions: Sessions, count: int) -> AsyncGenerator[asyncio.TaskGroup]:
    """Let the orders of the task group look at the person, then wait for their places, then all go on."""
    async with sessions() as gate, asyncio.TaskGroup() as group:
        await gate.execute(select(slot.c.id).with_for_update())
        yield group
        await until_waiting(sessions, count)
        await gate.rollback()


async def open_ones(sessions: Sessions) -> int:
    async with sessions() as session:
        rows = select(func.count()).where(appointment.c.status == Status.BOOKED)
        return await session.scalar(rows) or 0


async def test_replicas_together_give_a_person_no_more_than_the_day_allows(
    slot_of: SlotOf, database: str, sessions: Sessions, clock: FixedClock
) -> None:
    wanted = [await slot_of(group, 1) for group in GROUPS]
    outcomes: Counter[object] = Counter()

    async def order(desk: Any, slot_id: str) -> None:
        try:
            outcomes[await desk.book(slot_id, WHO.person_id, ITEM)] += 1
        except DailyLimit:
            outcomes[DailyLimit] += 1

    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(replica(database, sessions, clock)) for _ in GROUPS]
        async with all_at_once(sessions, len(GROUPS)) as group:
            for desk, slot_id in zip(desks, wanted, strict=True):
                group.create_task(order(desk, slot_id))
    assert outcomes == {True: 2, DailyLimit: 1}
    assert await miscounted(sessions) == []


@pytest.mark.parametrize(
    ("groups", "problems"), [("aa", {"already-booked"}), ("ab", {"daily-limit", "booked-meanwhile"})]
)
async def test_a_clerk_and_the_person_book_at_the_same_moment(
    service: Clients, slot_of: SlotOf, sessions: Sessions, groups: str, problems: set[str]
) -> None:
    await rule(service, per_day=1, days_ahead=3)
    at_desk, at_home = [await slot_of(group, 1) for group in groups]
    async with all_at_once(sessions, 2) as group:
        tasks = [
            group.create_task(book(service.as_(CLERK), at_desk, person_id=WHO.person_id)),
            group.create_task(book(service.as_(WHO), at_home)),
        ]
    booked, refused = sorted((task.result() for task in tasks), key=lambda answer: answer.status_code)
    assert (booked.status_code, refused.status_code) == (201, 409), refused.text
    assert refused.json()["type"].removeprefix("/problems/") in problems
    assert await open_ones(sessions) == 1
    assert await miscounted(sessions) == []


async def test_two_moves_to_the_same_day_at_the_same_moment(
    service: Clients, slot_of: SlotOf, sessions: Sessions
) -> None:
    await rule(service, per_day=1, days_ahead=3)
    client = service.as_(WHO)
    moves = []
    for day, group in enumerate("ab"):
        booked = (await book(client, await slot_of(group, day))).json()
        moves.append((f"/v1/appointments/{booked['id']}/rescheduling", await slot_of(group, 2)))
    async with all_at_once(sessions, 2) as tasks:
        answers = [tasks.create_task(client.post(path, json={"slot_id": to})) for path, to in moves]
    moved, refused = sorted((task.result() for task in answers), key=lambda answer: answer.status_code)
    assert (moved.status_code, refused.status_code) == (200, 409), refused.text
    assert refused.json()["type"] == "/problems/booked-meanwhile"
    # Tried again, the person learns what stands against it.
    again = [await client.post(path, json={"slot_id": to}) for path, to in moves]
    assert {answer.json()["type"] for answer in again} == {"/problems/same-slot", "/problems/daily-limit"}
    assert await open_ones(sessions) == 2
    assert await miscounted(sessions) == []


async def test_a_number_is_free_again_when_its_appointment_is_cancelled(
    service: Clients, slot_of: SlotOf, sessions: Sessions
) -> None:
    client = service.as_(WHO)
    first, _ = [(await book(client, await slot_of(group, 1))).json() for group in "ab"]
    await client.post(f"/v1/appointments/{first['id']}/cancellation")
    assert (await book(client, await slot_of("c", 1))).status_code == 201
    async with sessions() as session:
        numbers = select(appointment.c.group, appointment.c.day_number).order_by(appointment.c.group)
        assert (await session.execute(numbers)).all() == [("a", 1), ("b", 2), ("c", 1)]
