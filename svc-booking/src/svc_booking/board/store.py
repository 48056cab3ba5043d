"""What the screen and the phones show, read from the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.board.domain import SERVICES_COUNTED, OpenWindow, Queued, Standing, pace_of, standings
from svc_booking.journal.store import version_of
from svc_booking.queue_ticket.domain import Status
from svc_booking.queue_ticket.store import IS_AT_WINDOW, IS_QUEUED, queue_ticket
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.store import point_group, service_point
from svc_booking.window.domain import Status as WindowStatus
from svc_booking.window.store import WindowState, group_names, windows_of

RECENT = timedelta(hours=4)


class Called(NamedTuple):
    """A number on the board."""

    number: str
    window: str
    status: Status
    called_at: datetime


@dataclass(frozen=True)
class BoardNow:
    """All that a hall's screen shows at one version of the journal."""

    service_point: str
    name: str
    version: int
    calls: Sequence[Called]
    waiting: dict[str, int]
    group_names: dict[str, str]
    windows: Sequence[WindowState]


async def board_of(session: AsyncSession, point: str) -> BoardNow:
    """Return the board and the version it stands at, all at one moment. Raises NoSuchPoint."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    name = await session.scalar(select(service_point.c.name).where(service_point.c.code == point))
    if name is None:
        raise NoSuchPoint(f"没有编号为 {point} 的服务网点")
    rows = await session.execute(
        select(queue_ticket.c.number, queue_ticket.c.window, queue_ticket.c.status, queue_ticket.c.called_at)
        .where(queue_ticket.c.service_point == point, IS_AT_WINDOW)
        .order_by(queue_ticket.c.called_at.desc(), queue_ticket.c.number)
    )
    names = await group_names(session)
    waiting = await _waiting_by_group(session, point)
    return BoardNow(
        point,
        name,
        await version_of(session, point),
        [Called(*row) for row in rows],
        waiting,
        {group: names.get(group, group) for group in waiting},
        await windows_of(session, point),
    )


async def _waiting_by_group(session: AsyncSession, point: str) -> dict[str, int]:
    rows = await session.execute(
        select(point_group.c.group_code, func.count(queue_ticket.c.id))
        .outerjoin(
            queue_ticket,
            (queue_ticket.c.service_point == point_group.c.service_point)
            & (queue_ticket.c.group == point_group.c.group_code)
            & IS_QUEUED,
        )
        .where(point_group.c.service_point == point)
        .group_by(point_group.c.group_code)
        .order_by(point_group.c.group_code)
    )
    return {group: count for group, count in rows}


@dataclass(frozen=True)
class QueueNow:
    """The queue of a point as it is played forward."""

    queue: list[Queued]
    windows: list[OpenWindow]
    pace: dict[str, timedelta]

    def standings(self, now: datetime) -> dict[UUID, Standing]:
        """Return where each waiting number stands."""
        return standings(self.queue, self.windows, self.pace, now)


async def queue_of(session: AsyncSession, point: str, now: datetime) -> QueueNow:
    """Return a point's queue, its open windows and the pace of each group."""
    waiting = await session.execute(
        select(queue_ticket.c.id, queue_ticket.c.group, queue_ticket.c.wanted_window)
        .where(queue_ticket.c.service_point == point, IS_QUEUED)
        .order_by(queue_ticket.c.rank_at, queue_ticket.c.id)
    )
    busy = {
        row.window: row
        for row in await session.execute(
            select(queue_ticket.c.window, queue_ticket.c.group, queue_ticket.c.called_at).where(
                queue_ticket.c.service_point == point, IS_AT_WINDOW
            )
        )
    }
    windows = []
    for window in await windows_of(session, point):
        held = busy.get(window.name)
        if window.status is WindowStatus.OPEN:
            groups = frozenset(window.groups)
            since = (held.group, held.called_at) if held else (None, None)
            windows.append(OpenWindow(window.name, groups, *since))
    return QueueNow([Queued(*row) for row in waiting], windows, await _pace(session, point, now))


async def _pace(session: AsyncSession, point: str, now: datetime) -> dict[str, timedelta]:
    place = func.row_number().over(
        partition_by=queue_ticket.c.group, order_by=queue_ticket.c.finished_at.desc()
    )
    recent = (
        select(
            queue_ticket.c.group,
            (queue_ticket.c.finished_at - queue_ticket.c.called_at).label("length"),
            place.label("place"),
        )
        .where(
            queue_ticket.c.service_point == point,
            queue_ticket.c.status == Status.FINISHED,
            queue_ticket.c.finished_at > now - RECENT,
            queue_ticket.c.called_at.is_not(None),
        )
        .subquery()
    )
    lengths: dict[str, list[timedelta]] = {}
    for group, length in await session.execute(
        select(recent.c.group, recent.c.length)
        .where(recent.c.place <= SERVICES_COUNTED)
        .order_by(recent.c.group, recent.c.place)
    ):
        lengths.setdefault(group, []).append(length)
    return {group: pace_of(services) for group, services in lengths.items()}


class Elsewhere(NamedTuple):
    """Another point that serves a group."""

    code: str
    name: str
    kind: str
    is_near: bool


async def serving_elsewhere(session: AsyncSession, point: str, group: str) -> Sequence[Elsewhere]:
    """Return the other points that serve a group, those of the same division first."""
    own = select(service_point.c.division).where(service_point.c.code == point).scalar_subquery()
    rows = await session.execute(
        select(
            service_point.c.code, service_point.c.name, service_point.c.kind, service_point.c.division == own
        )
        .join(point_group, point_group.c.service_point == service_point.c.code)
        .where(service_point.c.code != point, point_group.c.group_code == group)
        .order_by(service_point.c.division != own, service_point.c.code)
    )
    return [Elsewhere(*row) for row in rows]


async def points_with_queue(session: AsyncSession) -> Sequence[str]:
    """Return the points at which somebody waits who was not yet told that their turn is near."""
    rows = await session.scalars(
        select(queue_ticket.c.service_point)
        .where(IS_QUEUED, queue_ticket.c.near_told_at.is_(None))
        .distinct()
        .order_by(queue_ticket.c.service_point)
    )
    return rows.all()


async def claim_near(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Note that people are told; return whom nobody told before. Rows being called now are left alone."""
    free = (
        select(queue_ticket.c.id)
        .where(queue_ticket.c.id.in_(ids), queue_ticket.c.near_told_at.is_(None), IS_QUEUED)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    rows = await session.scalars(
        update(queue_ticket)
        .where(queue_ticket.c.id.in_(select(free.c.id)))
        .values(near_told_at=now)
        .returning(queue_ticket.c.id)
        .execution_options(synchronize_session=False)
    )
    return set(rows)


async def check_point(session: AsyncSession, point: str) -> str:
    """Return the name of a point. Raises NoSuchPoint."""
    name: str | None = await session.scalar(select(service_point.c.name).where(service_point.c.code == point))
    if name is None:
        raise NoSuchPoint(f"没有编号为 {point} 的服务网点")
    return name


async def check_group(session: AsyncSession, point: str, group: str) -> None:
    """Raise NoSuchPoint unless the point serves the group."""
    found = await session.scalar(
        select(point_group.c.group_code).where(
            point_group.c.service_point == point, point_group.c.group_code == group
        )
    )
    if found is None:
        raise NoSuchPoint(f"网点 {point} 没有业务窗口组 {group}")
