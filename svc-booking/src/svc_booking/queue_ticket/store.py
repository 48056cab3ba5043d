"""Tables and queries of the queue."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.appointment.domain import NoSuchAppointment
from svc_booking.appointment.domain import Status as AppointmentStatus
from svc_booking.appointment.store import appointment
from svc_booking.database import MAPPERS, METADATA
from svc_booking.queue_ticket.domain import (
    AT_WINDOW,
    OVER,
    QUEUED,
    AlreadyQueued,
    Closing,
    NoSuchTicket,
    Priority,
    QueueTicket,
    Status,
    city_day,
    format_number,
    letter,
)
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.store import point_group, service_point
from svc_booking.window.domain import Window, WindowBusy

TODAY = "((now() AT TIME ZONE 'Asia/Shanghai')::date)"

queue_ticket = Table(
    "queue_ticket",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("day", Date, nullable=False, server_default=text(TODAY)),
    Column("service_point", ForeignKey(service_point.c.code), nullable=False),
    Column("service_point_name", Text, nullable=False),
    Column("group_code", Text, key="group", nullable=False),
    Column("person_id", Text, nullable=False),
    Column("appointment_id", ForeignKey(appointment.c.id), unique=True),
    Column("item_code", Text, nullable=False),
    Column("item_codes", ARRAY(Text), nullable=False, server_default="{}"),
    Column("priority", EnumText(Priority), nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("rank_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("window_name", Text, key="window"),
    Column("wanted_window", Text, comment="a transfer wants this window"),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("skips", Integer, nullable=False, server_default="0"),
    Column("called_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("closing", EnumText(Closing), comment="why it ended without being finished"),
    Column("near_told_at", UtcDateTime, comment="when the person was told that their turn is near"),
    Column("partner", Text, comment="bank at which the appointment was booked"),
)
IS_QUEUED = queue_ticket.c.status.in_(QUEUED)
IS_AT_WINDOW = queue_ticket.c.status.in_(AT_WINDOW)
Index(
    "ix_queue_ticket_queued", queue_ticket.c.service_point, queue_ticket.c.rank_at, postgresql_where=IS_QUEUED
)
Index(
    "uq_queue_ticket_at_window",
    queue_ticket.c.service_point,
    queue_ticket.c.window,
    unique=True,
    postgresql_where=IS_AT_WINDOW,
)
Index(
    "uq_queue_ticket_number",
    queue_ticket.c.service_point,
    queue_ticket.c.day,
    queue_ticket.c.number,
    unique=True,
)
Index("ix_queue_ticket_day", queue_ticket.c.day, queue_ticket.c.service_point)
Index("ix_queue_ticket_person", queue_ticket.c.person_id, queue_ticket.c.drawn_at.desc())

ticket_counter = Table(
    "ticket_counter",
    METADATA,
    Column("service_point", Text, primary_key=True),
    Column("letter", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

group_letter = Table(
    "group_letter",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("group_code", Text, primary_key=True),
    Column("letter", Text, nullable=False),
    UniqueConstraint("service_point", "letter"),
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

    async def next_number(self, point: str, group: str, day: date) -> str:
        """Return the next number of the day for a group of a point. Raises NoSuchPoint."""
        letters = await self._letter(point, group) or await self._give_letters(point, group)
        return format_number(letters, await self._next_count(point, letters, day))

    async def _next_count(self, point: str, letters: str, day: date) -> int:
        # The counter's row is the lock, so numbers have neither gaps nor doubles.
        statement = insert(ticket_counter).values(service_point=point, letter=letters, day=day, last=1)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["service_point", "letter", "day"], set_={"last": ticket_counter.c.last + 1}
            ).returning(ticket_counter.c.last)
        )
        count: int = counted.scalar_one()
        return count

    async def _letter(self, point: str, group: str) -> str | None:
        found: str | None = await self._session.scalar(
            select(group_letter.c.letter).where(
                group_letter.c.service_point == point, group_letter.c.group_code == group
            )
        )
        return found

    async def _give_letters(self, point: str, group: str) -> str:
        """Give every group of the point that has no letter the next free one; they are kept for good."""
        # The point's row is the lock: of two first numbers of the day one gives the letters.
        await self._session.execute(
            select(service_point.c.code).where(service_point.c.code == point).with_for_update(key_share=True)
        )
        if (given := await self._letter(point, group)) is not None:
            return given
        taken: dict[str, str] = {
            row.group_code: row.letter
            for row in await self._session.execute(
                select(group_letter).where(group_letter.c.service_point == point)
            )
        }
        groups = await self._session.scalars(
            select(point_group.c.group_code)
            .where(point_group.c.service_point == point)
            .order_by(point_group.c.group_code)
        )
        used, position = set(taken.values()), 0
        for code in groups:
            if code in taken:
                continue
            while letter(position) in used:
                position += 1
            taken[code] = letter(position)
            used.add(taken[code])
            new = insert(group_letter).values(service_point=point, group_code=code, letter=taken[code])
            await self._session.execute(new)
        if group not in taken:
            raise NoSuchPoint(f"网点 {point} 没有业务窗口组 {group}")
        return taken[group]

    async def check_not_queued(self, point: str, group: str, person_id: str, day: date) -> None:
        """Raise AlreadyQueued when the person has an open number of the group; the journal's end is held."""
        held = await self._session.scalar(
            select(queue_ticket.c.number).where(
                queue_ticket.c.person_id == person_id,
                queue_ticket.c.service_point == point,
                queue_ticket.c.group == group,
                queue_ticket.c.day == day,
                queue_ticket.c.status.not_in(OVER),
            )
        )
        if held is not None:
            raise AlreadyQueued(f"您已取得该业务的排队号 {held}", number=held)

    async def next_waiting(self, window: Window, groups: list[str]) -> QueueTicket | None:
        """Return the waiting ticket with the smallest rank that nobody else is calling now, locked."""
        return (
            await self._session.scalars(
                select(QueueTicket)
                .where(
                    queue_ticket.c.service_point == window.service_point,
                    IS_QUEUED,
                    queue_ticket.c.group.in_(groups),
                    or_(queue_ticket.c.wanted_window.is_(None), queue_ticket.c.wanted_window == window.name),
                )
                .order_by(queue_ticket.c.rank_at, queue_ticket.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).one_or_none()

    async def check_window_free(self, window: Window) -> None:
        """Raise WindowBusy when the locked window has a number called or served."""
        held = await self._session.scalar(
            select(queue_ticket.c.number).where(
                queue_ticket.c.service_point == window.service_point,
                queue_ticket.c.window == window.name,
                IS_AT_WINDOW,
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

    async def waiting(self, point: str, groups: Iterable[str]) -> dict[str, int]:
        """Return how many wait in each of these groups, as this transaction sees it."""
        await self._session.flush()
        wanted = sorted(groups)
        rows = await self._session.execute(
            select(queue_ticket.c.group, func.count())
            .where(queue_ticket.c.service_point == point, IS_QUEUED, queue_ticket.c.group.in_(wanted))
            .group_by(queue_ticket.c.group)
        )
        return {**dict.fromkeys(wanted, 0), **{group: count for group, count in rows}}


class ArrivalStore:
    """Finds what a person who is at a point has booked there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def booked_today(self, person_id: str, point: str, now: datetime) -> UUID:
        """Return the person's open appointment of the day that begins nearest to now.

        Raises:
            NoSuchAppointment: there is none.
        """
        distance = func.abs(func.extract("epoch", appointment.c.starts_at - now))
        found: UUID | None = await self._session.scalar(
            select(appointment.c.id)
            .where(
                appointment.c.person_id == person_id,
                appointment.c.service_point == point,
                appointment.c.status == AppointmentStatus.BOOKED,
                func.timezone("Asia/Shanghai", appointment.c.starts_at).cast(Date) == city_day(now),
            )
            .order_by(distance, appointment.c.id)
            .limit(1)
        )
        if found is None:
            raise NoSuchAppointment("您今天在本网点没有待办的预约，可以现场取号")
        return found


async def one_ticket(session: AsyncSession, ticket_id: UUID) -> QueueTicket:
    """Return a ticket. Raises NoSuchTicket."""
    found = await session.get(QueueTicket, ticket_id)
    if found is None:
        raise NoSuchTicket
    return found


async def open_of_person(session: AsyncSession, person_id: str, day: date) -> list[QueueTicket]:
    """Return a person's numbers of a day, the latest first."""
    return list(
        await session.scalars(
            select(QueueTicket)
            .where(queue_ticket.c.person_id == person_id, queue_ticket.c.day == day)
            .order_by(queue_ticket.c.drawn_at.desc())
        )
    )
