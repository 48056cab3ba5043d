"""Tables and queries of points and slots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import CITY_ZONE
from svc_booking.calendar.domain import OpeningHours, PointCalendar, city_of
from svc_booking.calendar.store import city_calendar, exceptions_of, read_periods, write_periods
from svc_booking.database import METADATA
from svc_booking.rule.domain import FURTHEST_SEARCH, BookingWindow, Terms
from svc_booking.rule.store import rule_for
from svc_booking.slot.domain import Free, NoSuchPoint, NoSuchSlot, Place, Position, Slot

service_point = Table(
    "service_point",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("weekly_hours", JSONB, nullable=False, comment="weekday -> [[opens, closes], …] in city time"),
    Column("always_open", Boolean, nullable=False),
    Column("slots_until", UtcDateTime, comment="slots exist up to here; null: hours or rules changed"),
    Column("longitude", Double),
    Column("latitude", Double),
    Column("hours_changed_by", Text, comment="staff who set the hours; then the city's file does not"),
)

point_group = Table(
    "point_group",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("group_code", Text, primary_key=True),
    Column("capacity", Integer, nullable=False, comment="places in each new slot"),
    Column("windows", ARRAY(Text), nullable=False),
    Column("capacity_changed_by", Text, comment="staff who set it; then the city's file does not"),
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
    Column("closed_at", UtcDateTime, comment="not bookable since; with places taken it needs attention"),
    Column("is_extended", Boolean, nullable=False, server_default=text("false")),
    Column(
        "reserved",
        JSONB(none_as_null=True),
        comment="class -> places kept for it until quota_until; null: none",
    ),
    Column("used", JSONB, nullable=False, server_default="{}", comment="class -> places taken, if reserved"),
    Column("quota_until", UtcDateTime, comment="from then on places are for all"),
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
    """A slot as people see it; `free` places are left for everybody."""

    id: UUID
    starts_at: datetime
    capacity: int
    taken: int
    free: int
    is_extended: bool
    is_closed: bool


@dataclass(frozen=True)
class PointRow:
    """A point with its hours and the capacity of each group."""

    code: str
    name: str
    kind: str
    division: str
    hours: OpeningHours
    capacities: dict[str, int]
    slots_until: datetime | None

    @property
    def city(self) -> str:
        """Return the code of the point's city."""
        return city_of(self.division)


async def load_points(session: AsyncSession, points: Iterable[dict[str, Any]]) -> None:
    """Write the points of the city's data file, except hours and capacities that staff changed since.

    Existing slots keep the capacity they were made with; a change of hours reaches them with the next duty.
    """
    for point in points:
        values = {
            "name": point["name"],
            "kind": point["kind"],
            "division": point["division"],
            "longitude": point.get("longitude"),
            "latitude": point.get("latitude"),
        }
        hours = {"weekly_hours": point["hours"], "always_open": point["always_open"]}
        await session.execute(
            upsert(service_point)
            .values(code=point["code"], **values, **hours)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
        differs = or_(
            service_point.c.weekly_hours != point["hours"],
            service_point.c.always_open != point["always_open"],
        )
        await session.execute(
            update(service_point)
            .where(service_point.c.code == point["code"], service_point.c.hours_changed_by.is_(None), differs)
            .values(**hours, slots_until=None)
        )
        for group in point["groups"]:
            await session.execute(_group_as_in_file(point["code"], group))


def _group_as_in_file(point: str, group: dict[str, Any]) -> Any:
    statement = upsert(point_group).values(
        service_point=point, group_code=group["code"], capacity=group["capacity"], windows=group["windows"]
    )
    by_staff = point_group.c.capacity_changed_by.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=["service_point", "group_code"],
        set_={
            "windows": group["windows"],
            "capacity": case((by_staff, point_group.c.capacity), else_=group["capacity"]),
        },
    )


async def all_points(session: AsyncSession) -> list[PointRow]:
    """Return every point with its groups."""
    capacities: dict[str, dict[str, int]] = {}
    for code, group, capacity in await session.execute(
        select(point_group.c.service_point, point_group.c.group_code, point_group.c.capacity)
    ):
        capacities.setdefault(code, {})[group] = capacity
    rows = (await session.execute(select(service_point).order_by(service_point.c.code))).mappings()
    return [_point(row, capacities.get(row["code"], {})) for row in rows]


async def one_point(session: AsyncSession, code: str, *, lock: bool = False) -> PointRow:
    """Return a point with its groups; locked, nobody else adapts its slots. Raises NoSuchPoint."""
    statement = select(service_point).where(service_point.c.code == code)
    if lock:
        statement = statement.with_for_update(key_share=True)
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NoSuchPoint(f"没有编号为 {code} 的服务网点")
    groups = await session.execute(
        select(point_group.c.group_code, point_group.c.capacity).where(point_group.c.service_point == code)
    )
    return _point(row, {group: capacity for group, capacity in groups})


def _point(row: Any, capacities: dict[str, int]) -> PointRow:
    hours = OpeningHours(
        {weekday: read_periods(periods) for weekday, periods in row["weekly_hours"].items()},
        row["always_open"],
    )
    return PointRow(
        row["code"], row["name"], row["kind"], row["division"], hours, capacities, row["slots_until"]
    )


async def set_hours(session: AsyncSession, code: str, hours: OpeningHours, *, by: str) -> None:
    """Write a point's weekly hours as staff set them."""
    weekly = {weekday: write_periods(periods) for weekday, periods in hours.weekly.items()}
    await session.execute(
        update(service_point)
        .where(service_point.c.code == code)
        .values(weekly_hours=weekly, always_open=hours.always_open, hours_changed_by=by, slots_until=None)
    )


async def set_group_capacity(session: AsyncSession, code: str, group: str, capacity: int, *, by: str) -> None:
    """Write how many places new slots of a group have. Raises NoSuchPoint."""
    changed = await session.execute(
        update(point_group)
        .where(point_group.c.service_point == code, point_group.c.group_code == group)
        .values(capacity=capacity, capacity_changed_by=by)
        .returning(point_group.c.group_code)
    )
    if changed.one_or_none() is None:
        raise NoSuchPoint(f"该网点没有业务窗口组 {group}", service_point=code)


async def mark_stale(session: AsyncSession, city: str = "", point: str | None = None) -> None:
    """Say that slots of a city's points, or of one point, must follow a change; a duty does it."""
    statement = update(service_point).values(slots_until=None)
    if city:
        statement = statement.where(service_point.c.division.startswith(city[:4]))
    if point is not None:
        statement = statement.where(service_point.c.code == point)
    await session.execute(statement)


async def calendar_of(session: AsyncSession, point: PointRow, start: date, end: date) -> PointCalendar:
    """Return when a point is open on the days from `start` to `end`."""
    city = await city_calendar(session, point.city, start, end)
    exceptions = await exceptions_of(session, point.code, start, end)
    return PointCalendar(point.hours, city, {found.day: found for found in exceptions})


async def terms_of(session: AsyncSession, code: str, group: str, now: datetime) -> Terms:
    """Return rule and calendar of a group at a point. Raises NoSuchPoint."""
    point = await one_point(session, code)
    if group not in point.capacities:
        raise NoSuchPoint(f"该网点没有业务窗口组 {group}", service_point=code)
    today = now.astimezone(CITY_ZONE).date()
    rule = await rule_for(session, point.city, point.kind, code, group)
    days = timedelta(days=1)
    return Terms(rule, await calendar_of(session, point, today - 2 * days, today + 2 * FURTHEST_SEARCH))


async def places(session: AsyncSession) -> dict[str, Place]:
    """Return every point with its position."""
    rows = await session.execute(
        select(
            service_point.c.code,
            service_point.c.name,
            service_point.c.kind,
            service_point.c.longitude,
            service_point.c.latitude,
        )
    )
    return {
        code: Place(code, name, kind, Position(lon, lat) if lon is not None and lat is not None else None)
        for code, name, kind, lon, lat in rows
    }


async def one_slot(session: AsyncSession, slot_id: UUID) -> Slot:
    """Return the facts of a slot. Raises NoSuchSlot."""
    row = (
        await session.execute(
            select(
                slot.c.id,
                slot.c.service_point,
                service_point.c.name,
                slot.c.group_code,
                slot.c.starts_at,
                slot.c.is_extended,
            )
            .join(service_point, service_point.c.code == slot.c.service_point)
            .where(slot.c.id == slot_id)
        )
    ).one_or_none()
    if row is None:
        raise NoSuchSlot("没有这个时段，请重新查询可约时段")
    return Slot(*row)


def _free_for_all(now: datetime) -> Any:
    """Return the expression of the places left for everybody: what is kept for others is not."""
    at = literal(now, UtcDateTime())
    held_back = func.slot_held_back(slot.c.reserved, slot.c.used, slot.c.quota_until, at, "", type_=Integer)
    kept = case((slot.c.reserved.is_(None), 0), else_=held_back)
    return func.greatest(0, slot.c.capacity - slot.c.taken - kept)


async def slots_between(
    session: AsyncSession, point: str, group: str, start: datetime, end: datetime, now: datetime
) -> Sequence[SlotRow]:
    """Return the slots of a group that begin in [start, end), in order; closed ones if places are taken."""
    rows = await session.execute(
        select(
            slot.c.id,
            slot.c.starts_at,
            slot.c.capacity,
            slot.c.taken,
            _free_for_all(now),
            slot.c.is_extended,
            slot.c.closed_at.is_not(None),
        )
        .where(
            slot.c.service_point == point,
            slot.c.group_code == group,
            slot.c.starts_at >= start,
            slot.c.starts_at < end,
            or_(slot.c.closed_at.is_(None), slot.c.taken > 0),
        )
        .order_by(slot.c.starts_at)
    )
    return [SlotRow(*row) for row in rows]


async def free_slots(
    session: AsyncSession, group: str, window: BookingWindow, now: datetime
) -> Sequence[Free]:
    """Return every slot of a group in the window, at any point, that has places for everybody."""
    free = _free_for_all(now)
    rows = await session.execute(
        select(slot.c.id, slot.c.service_point, slot.c.starts_at, free).where(
            slot.c.group_code == group,
            slot.c.starts_at >= window.opens,
            slot.c.starts_at < window.closes,
            slot.c.taken < slot.c.capacity,
            slot.c.closed_at.is_(None),
            free > 0,
        )
    )
    return [Free(*row) for row in rows]


class FlaggedSlot(NamedTuple):
    """A closed slot whose bookings someone must look after."""

    slot_id: UUID
    group: str
    starts_at: datetime
    taken: int


async def flagged_slots(session: AsyncSession, point: str, now: datetime) -> Sequence[FlaggedSlot]:
    """Return a point's closed slots ahead in which places are taken."""
    rows = await session.execute(
        select(slot.c.id, slot.c.group_code, slot.c.starts_at, slot.c.taken)
        .where(
            slot.c.service_point == point,
            slot.c.starts_at > now,
            and_(slot.c.closed_at.is_not(None), slot.c.taken > 0),
        )
        .order_by(slot.c.starts_at, slot.c.group_code)
    )
    return [FlaggedSlot(*row) for row in rows]


async def group_exists(session: AsyncSession, point: str, group: str) -> bool:
    """Return whether the point serves the group."""
    found = await session.execute(
        select(point_group.c.capacity).where(
            point_group.c.service_point == point, point_group.c.group_code == group
        )
    )
    return found.one_or_none() is not None
