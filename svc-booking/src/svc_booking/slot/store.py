"""Tables and queries of points and slots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import CITY_ZONE, new_id
from svc_booking.database import METADATA
from svc_booking.slot.domain import BookingWindow, Calendar, NoSuchPoint, NoSuchSlot, OpeningHours, Slot

service_point = Table(
    "service_point",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("weekly_hours", JSONB, nullable=False, comment="weekday -> [[opens, closes], …] in city time"),
    Column("always_open", Boolean, nullable=False),
    Column("slots_until", UtcDateTime, comment="slots exist up to here"),
)

point_group = Table(
    "point_group",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("group_code", Text, primary_key=True),
    Column("capacity", Integer, nullable=False, comment="places in each new slot"),
    Column("windows", ARRAY(Text), nullable=False),
)

slot = Table(
    "slot",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("service_point", Text, nullable=False),
    Column("group_code", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(
        ["service_point", "group_code"], ["point_group.service_point", "point_group.group_code"]
    ),
    CheckConstraint("taken >= 0 AND taken <= capacity", name="never_overbooked"),
    # Half of each page stays free: `taken` changes often and no index covers it, so updates stay on the page.
    postgresql_with={"fillfactor": "50"},
)
Index("uq_slot_place_and_time", slot.c.service_point, slot.c.group_code, slot.c.starts_at, unique=True)
Index("ix_slot_group_time", slot.c.group_code, slot.c.starts_at)


class SlotRow(NamedTuple):
    """A slot as people see it."""

    id: UUID
    starts_at: datetime
    capacity: int
    taken: int


class Alternative(NamedTuple):
    """A free place elsewhere or at another time."""

    slot_id: UUID
    service_point: str
    service_point_name: str
    starts_at: datetime
    free: int


@dataclass(frozen=True)
class PointRow:
    """A point with its hours and the capacity of each group."""

    code: str
    name: str
    hours: OpeningHours
    capacities: dict[str, int]
    slots_until: datetime | None


async def load_points(session: AsyncSession, points: Iterable[dict[str, Any]]) -> None:
    """Write the points of the city's data file. Existing slots keep the capacity they were made with."""
    for point in points:
        values = {
            "name": point["name"],
            "kind": point["kind"],
            "division": point["division"],
            "weekly_hours": point["hours"],
            "always_open": point["always_open"],
        }
        await session.execute(
            upsert(service_point)
            .values(code=point["code"], **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
        for group in point["groups"]:
            shape = {"capacity": group["capacity"], "windows": group["windows"]}
            await session.execute(
                upsert(point_group)
                .values(service_point=point["code"], group_code=group["code"], **shape)
                .on_conflict_do_update(index_elements=["service_point", "group_code"], set_=shape)
            )


async def all_points(session: AsyncSession) -> list[PointRow]:
    """Return every point with its groups."""
    capacities: dict[str, dict[str, int]] = {}
    for code, group, capacity in await session.execute(
        select(point_group.c.service_point, point_group.c.group_code, point_group.c.capacity)
    ):
        capacities.setdefault(code, {})[group] = capacity
    rows = (await session.execute(select(service_point).order_by(service_point.c.code))).mappings()
    return [
        PointRow(row["code"], row["name"], _hours(row), capacities.get(row["code"], {}), row["slots_until"])
        for row in rows
    ]


async def hours_of(session: AsyncSession, code: str) -> OpeningHours:
    """Return the opening hours of a point. Raises NoSuchPoint."""
    row = (
        (await session.execute(select(service_point).where(service_point.c.code == code)))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NoSuchPoint(f"没有编号为 {code} 的服务网点")
    return _hours(row)


def _hours(row: Any) -> OpeningHours:
    weekly = {
        weekday: tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods)
        for weekday, periods in row["weekly_hours"].items()
    }
    return OpeningHours(weekly, row["always_open"])


async def generate_slots(session: AsyncSession, point: PointRow, until: date, calendar: Calendar) -> int:
    """Make the slots of a point up to and including the day `until`; return how many are new."""
    end = datetime.combine(until + timedelta(days=1), time(0), CITY_ZONE)
    begin = point.slots_until
    if begin is not None and begin >= end:
        return 0
    day = begin.astimezone(CITY_ZONE).date() if begin else until - timedelta(days=GENERATED_AHEAD.days)
    rows = []
    while day <= until:
        for starts_at in point.hours.slot_starts(day, calendar(day)):
            rows += [_new_slot(point.code, group, starts_at, n) for group, n in point.capacities.items()]
        day += timedelta(days=1)
    made = 0
    for start in range(0, len(rows), 2000):
        result = await session.execute(
            upsert(slot).values(rows[start : start + 2000]).on_conflict_do_nothing().returning(slot.c.id)
        )
        made += len(result.all())
    await session.execute(
        service_point.update().where(service_point.c.code == point.code).values(slots_until=end)
    )
    return made


GENERATED_AHEAD = timedelta(days=12)  # Covers the longest holiday and the booking window after it.


def _new_slot(point: str, group: str, starts_at: datetime, capacity: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "service_point": point,
        "group_code": group,
        "starts_at": starts_at,
        "capacity": capacity,
    }


async def one_slot(session: AsyncSession, slot_id: UUID) -> Slot:
    """Return the facts of a slot. Raises NoSuchSlot."""
    row = (
        await session.execute(
            select(slot.c.id, slot.c.service_point, service_point.c.name, slot.c.group_code, slot.c.starts_at)
            .join(service_point, service_point.c.code == slot.c.service_point)
            .where(slot.c.id == slot_id)
        )
    ).one_or_none()
    if row is None:
        raise NoSuchSlot("没有这个时段，请重新查询可约时段")
    return Slot(*row)


async def slots_between(
    session: AsyncSession, point: str, group: str, start: datetime, end: datetime
) -> Sequence[SlotRow]:
    """Return the slots of a group that begin in [start, end), in order."""
    rows = await session.execute(
        select(slot.c.id, slot.c.starts_at, slot.c.capacity, slot.c.taken)
        .where(
            slot.c.service_point == point,
            slot.c.group_code == group,
            slot.c.starts_at >= start,
            slot.c.starts_at < end,
        )
        .order_by(slot.c.starts_at)
    )
    return [SlotRow(*row) for row in rows]


async def group_exists(session: AsyncSession, point: str, group: str) -> bool:
    """Return whether the point serves the group."""
    found = await session.execute(
        select(point_group.c.capacity).where(
            point_group.c.service_point == point, point_group.c.group_code == group
        )
    )
    return found.one_or_none() is not None


async def alternatives(
    session: AsyncSession, full: Slot, window: BookingWindow, *, same_point: int = 2, elsewhere: int = 3
) -> list[Alternative]:
    """Return free places near a full slot: at the same point at another time, and at other points.

    Elsewhere the nearest in time come first, the same division before others: this is how load is diverted.
    """
    here = slot.c.service_point == full.service_point
    return [
        *await _free(session, full, window, here, limit=same_point),
        *await _free(session, full, window, ~here, limit=elsewhere),
    ]


async def _free(
    session: AsyncSession, full: Slot, window: BookingWindow, where: Any, *, limit: int
) -> list[Alternative]:
    distance = func.abs(func.extract("epoch", slot.c.starts_at - full.starts_at))
    own = select(service_point.c.division).where(service_point.c.code == full.service_point).scalar_subquery()
    rows = await session.execute(
        select(
            slot.c.id,
            slot.c.service_point,
            service_point.c.name,
            slot.c.starts_at,
            slot.c.capacity - slot.c.taken,
        )
        .join(service_point, service_point.c.code == slot.c.service_point)
        .where(
            slot.c.group_code == full.group,
            slot.c.starts_at >= window.opens,
            slot.c.starts_at < window.closes,
            slot.c.taken < slot.c.capacity,
            where,
        )
        .order_by(distance, service_point.c.division != own, slot.c.id)
        .limit(limit)
    )
    return [Alternative(*row) for row in rows]
