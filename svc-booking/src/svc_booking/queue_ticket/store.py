"""Tables and queries of the queue."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.appointment.store import appointment
from svc_booking.database import MAPPERS, METADATA
from svc_booking.queue_ticket.domain import (
    NoSuchTicket,
    NoSuchWindow,
    Priority,
    QueueTicket,
    Status,
    WindowBusy,
)
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.store import point_group, service_point

queue_ticket = Table(
    "queue_ticket",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("service_point", ForeignKey(service_point.c.code), nullable=False),
    Column("service_point_name", Text, nullable=False),
    Column("group_code", Text, key="group", nullable=False),
    Column("person_id", Text, nullable=False),
    Column("appointment_id", ForeignKey(appointment.c.id), unique=True),
    Column("item_code", Text, nullable=False),
    Column("priority", EnumText(Priority), nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("rank_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("window_name", Text, key="window"),
    Column("called_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
)
AT_WINDOW = queue_ticket.c.status.in_([Status.CALLED, Status.SERVING])
Index(
    "ix_queue_ticket_waiting",
    queue_ticket.c.service_point,
    queue_ticket.c.rank_at,
    postgresql_where=queue_ticket.c.status == Status.WAITING,
)
Index(
    "uq_queue_ticket_at_window",
    queue_ticket.c.service_point,
    queue_ticket.c.window,
    unique=True,
    postgresql_where=AT_WINDOW,
)

ticket_counter = Table(
    "ticket_counter",
    METADATA,
    Column("service_point", Text, primary_key=True),
    Column("letter", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

MAPPERS.map_imperatively(QueueTicket, queue_ticket)


class TicketStore:
    """Tickets inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, ticket: QueueTicket) -> None:
        """Keep a new ticket."""
        self._session.add(ticket)

    async def lock(self, ticket_id: UUID) -> QueueTicket:
        """Return the ticket, locked. Raises NoSuchTicket."""
        found = await self._session.get(QueueTicket, ticket_id, with_for_update=True)
        if found is None:
            raise NoSuchTicket
        return found

    async def next_count(self, point: str, letter: str, day: date) -> int:
        """Return the next running number; its row is the lock, so numbers have neither gaps nor doubles."""
        statement = insert(ticket_counter).values(service_point=point, letter=letter, day=day, last=1)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["service_point", "letter", "day"], set_={"last": ticket_counter.c.last + 1}
            ).returning(ticket_counter.c.last)
        )
        count: int = counted.scalar_one()
        return count

    async def next_waiting(self, point: str, groups: list[str]) -> QueueTicket | None:
        """Return the waiting ticket with the smallest rank that nobody else is calling now, locked."""
        return (
            await self._session.scalars(
                select(QueueTicket)
                .where(
                    queue_ticket.c.service_point == point,
                    queue_ticket.c.status == Status.WAITING,
                    queue_ticket.c.group.in_(groups),
                )
                .order_by(queue_ticket.c.rank_at, queue_ticket.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).one_or_none()

    async def groups_of_window(self, point: str, window: str) -> list[str]:
        """Return the business groups a window serves. Raises NoSuchWindow."""
        groups = list(
            await self._session.scalars(
                select(point_group.c.group_code).where(
                    and_(point_group.c.service_point == point, point_group.c.windows.any_() == window)
                )
            )
        )
        if not groups:
            raise NoSuchWindow(f"网点 {point} 没有“{window}”")
        return groups

    async def check_window_free(self, point: str, window: str) -> None:
        """Hold the window for this transaction. Raises WindowBusy when it has a number called or served."""
        # Of two calls of one window at the same moment the second waits here and then sees the first's.
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{point}/{window}"))))
        held = await self._session.scalar(
            select(queue_ticket.c.number).where(
                queue_ticket.c.service_point == point, queue_ticket.c.window == window, AT_WINDOW
            )
        )
        if held is not None:
            raise WindowBusy(f"窗口正在办理 {held} 号", number=held)

    async def point_name(self, point: str, group: str) -> str:
        """Return the point's name. Raises NoSuchPoint when it does not serve the group."""
        name: str | None = await self._session.scalar(
            select(service_point.c.name)
            .join(point_group, point_group.c.service_point == service_point.c.code)
            .where(service_point.c.code == point, point_group.c.group_code == group)
        )
        if name is None:
            raise NoSuchPoint(f"网点 {point} 没有业务窗口组 {group}")
        return name


class Called(NamedTuple):
    """A number on the board."""

    number: str
    window: str
    status: Status


async def at_windows(session: AsyncSession, point: str) -> Sequence[Called]:
    """Return the numbers called or being served, the latest call first."""
    rows = await session.execute(
        select(queue_ticket.c.number, queue_ticket.c.window, queue_ticket.c.status)
        .where(queue_ticket.c.service_point == point, AT_WINDOW)
        .order_by(queue_ticket.c.called_at.desc())
    )
    return [Called(*row) for row in rows]


async def waiting_by_group(session: AsyncSession, point: str) -> dict[str, int]:
    """Return how many wait in each business group of a point, also where nobody does. Raises NoSuchPoint."""
    rows = await session.execute(
        select(point_group.c.group_code, func.count(queue_ticket.c.id))
        .outerjoin(
            queue_ticket,
            and_(
                queue_ticket.c.service_point == point_group.c.service_point,
                queue_ticket.c.group == point_group.c.group_code,
                queue_ticket.c.status == Status.WAITING,
            ),
        )
        .where(point_group.c.service_point == point)
        .group_by(point_group.c.group_code)
        .order_by(point_group.c.group_code)
    )
    counts = {str(group): int(count) for group, count in rows}
    if not counts:
        raise NoSuchPoint(f"没有编号为 {point} 的服务网点")
    return counts


async def ahead_of(session: AsyncSession, ticket: QueueTicket) -> int:
    """Return how many waiting tickets of the same group will be called before this one."""
    if ticket.status is not Status.WAITING:
        return 0
    count = await session.scalar(
        select(func.count())
        .select_from(queue_ticket)
        .where(
            queue_ticket.c.service_point == ticket.service_point,
            queue_ticket.c.group == ticket.group,
            queue_ticket.c.status == Status.WAITING,
            queue_ticket.c.rank_at < ticket.rank_at,
        )
    )
    return count or 0


async def one_ticket(session: AsyncSession, ticket_id: UUID) -> QueueTicket:
    """Return a ticket. Raises NoSuchTicket."""
    found = await session.get(QueueTicket, ticket_id)
    if found is None:
        raise NoSuchTicket
    return found
