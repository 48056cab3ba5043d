"""Tables and queries of windows. Which groups a window serves is told by the point's groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.database import MAPPERS, METADATA
from svc_booking.slot.store import point_group, service_point
from svc_booking.window.domain import NoSuchWindow, Status, Window

hall_window = Table(
    "hall_window",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("status", EnumText(Status), nullable=False),
    Column("clerk", Text, comment="staff id of who sits there"),
    Column("reason", Text, comment="why it is paused"),
    Column("since", UtcDateTime),
)

group_name = Table(
    "group_name",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

MAPPERS.map_imperatively(Window, hall_window)


class WindowStore:
    """Windows inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, point: str, name: str) -> Window:
        """Return the window, locked. Raises NoSuchWindow."""
        found = await self._session.get(Window, (point, name), with_for_update=True)
        if found is not None:
            return found
        if not await self.groups_of(point, name):
            raise NoSuchWindow(f"网点 {point} 没有“{name}”")
        new = insert(hall_window).values(service_point=point, name=name, status=Status.CLOSED)
        await self._session.execute(new.on_conflict_do_nothing())
        return await self._session.get_one(Window, (point, name), with_for_update=True)

    async def groups_of(self, point: str, name: str) -> list[str]:
        """Return the business groups a window serves."""
        return list(
            await self._session.scalars(
                select(point_group.c.group_code)
                .where(point_group.c.service_point == point, point_group.c.windows.any_() == name)
                .order_by(point_group.c.group_code)
            )
        )

    async def lock_open(self, point: str) -> Sequence[Window]:
        """Return all windows of a point that are not closed, locked in the order of their names."""
        return (
            await self._session.scalars(
                select(Window)
                .where(hall_window.c.service_point == point, hall_window.c.status != Status.CLOSED)
                .order_by(hall_window.c.name)
                .with_for_update()
            )
        ).all()


@dataclass(frozen=True)
class WindowState:
    """A window as it stands, with its groups."""

    service_point: str
    name: str
    status: Status
    clerk: str | None
    reason: str | None
    since: datetime | None
    groups: list[str]


async def windows_of(session: AsyncSession, point: str) -> list[WindowState]:
    """Return every window of a point, also those that never opened, in the order of their numbers."""
    groups: dict[str, list[str]] = {}
    for group, names in await session.execute(
        select(point_group.c.group_code, point_group.c.windows)
        .where(point_group.c.service_point == point)
        .order_by(point_group.c.group_code)
    ):
        for name in names:
            groups.setdefault(name, []).append(group)
    known = {
        row.name: row
        for row in await session.execute(select(hall_window).where(hall_window.c.service_point == point))
    }
    found = []
    for name in sorted(groups, key=lambda name: (len(name), name)):
        if (row := known.get(name)) is None:
            found.append(WindowState(point, name, Status.CLOSED, None, None, None, groups[name]))
            continue
        state = WindowState(point, name, row.status, row.clerk, row.reason, row.since, groups[name])
        found.append(state)
    return found


async def load_group_names(session: AsyncSession, groups: Iterable[Mapping[str, str]]) -> None:
    """Write the names of business groups as the hall shows them."""
    for group in groups:
        values = {"name": group["name"]}
        await session.execute(
            insert(group_name)
            .values(code=group["code"], **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )


async def group_names(session: AsyncSession) -> dict[str, str]:
    """Return the names of business groups by code."""
    rows = await session.execute(select(group_name.c.code, group_name.c.name))
    return {code: name for code, name in rows}
