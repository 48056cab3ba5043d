"""What reports and indicators are read from."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Column, Date, ForeignKey, Over, Table, Text, distinct, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import CITY_ZONE
from svc_booking.appointment.domain import Status as AppointmentStatus
from svc_booking.appointment.store import appointment
from svc_booking.database import METADATA
from svc_booking.journal.domain import Step
from svc_booking.journal.store import journal_entry
from svc_booking.queue_ticket.domain import Priority, Status
from svc_booking.queue_ticket.store import queue_ticket
from svc_booking.report.domain import Bookings, DayFacts, Drawn, Interval, Kind
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.store import service_point

CITY_HALL = "city_hall"

day_report = Table(
    "day_report",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("closed_at", UtcDateTime, nullable=False),
    Column("closed_by", Text, comment="staff id; empty when the clock closed the day"),
    Column("report", JSONB, nullable=False),
)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a day in the city."""
    begin = datetime.combine(day, time(0), CITY_ZONE)
    return begin, begin + timedelta(days=1)


async def claim_day(
    session: AsyncSession, point: str, day: date, closed_at: datetime, closed_by: str | None
) -> bool:
    """Take the closing of a day upon this transaction; return False when it is closed already."""
    claimed = await session.execute(
        insert(day_report)
        .values(service_point=point, day=day, closed_at=closed_at, closed_by=closed_by, report={})
        .on_conflict_do_nothing()
        .returning(day_report.c.day)
    )
    return claimed.one_or_none() is not None


async def fix_report(session: AsyncSession, point: str, day: date, report: dict[str, Any]) -> None:
    """Write the report of a day that this transaction closes; it does not change any more."""
    await session.execute(
        day_report.update()
        .where(day_report.c.service_point == point, day_report.c.day == day)
        .values(report=report)
    )


async def fixed_report(session: AsyncSession, point: str, day: date) -> dict[str, Any] | None:
    """Return the report of a closed day."""
    found: dict[str, Any] | None = await session.scalar(
        select(day_report.c.report).where(day_report.c.service_point == point, day_report.c.day == day)
    )
    return found


async def facts_of(session: AsyncSession, point: str, day: date) -> DayFacts:
    """Return what happened at a point on a day. Raises NoSuchPoint."""
    name = await session.scalar(select(service_point.c.name).where(service_point.c.code == point))
    if name is None:
        raise NoSuchPoint(f"没有编号为 {point} 的服务网点")
    return DayFacts(
        point,
        name,
        day,
        await _drawn(session, point, day),
        await _intervals(session, point, day),
        await _bookings(session, point, day),
    )


async def _drawn(session: AsyncSession, point: str, day: date) -> list[Drawn]:
    rows = await session.execute(
        select(
            queue_ticket.c.drawn_at,
            queue_ticket.c.group,
            queue_ticket.c.person_id,
            queue_ticket.c.priority,
            queue_ticket.c.status,
            queue_ticket.c.appointment_id.is_not(None),
        ).where(queue_ticket.c.day == day, queue_ticket.c.service_point == point)
    )
    return [Drawn(*row) for row in rows]


async def _intervals(session: AsyncSession, point: str, day: date) -> list[Interval]:
    """Return waits (from drawing, returning or a transfer to the call) and services (from start to end)."""
    begin, end = day_bounds(day)
    steps = (
        select(
            journal_entry.c.step,
            journal_entry.c.at,
            journal_entry.c.group,
            _next(journal_entry.c.step).label("next_step"),
            _next(journal_entry.c.at).label("next_at"),
            _next(journal_entry.c.window).label("next_window"),
        )
        .where(
            journal_entry.c.service_point == point,
            journal_entry.c.at >= begin,
            journal_entry.c.at < end,
            journal_entry.c.ticket_id.is_not(None),
        )
        .subquery()
    )
    begins_wait = steps.c.step.in_([Step.DRAWN, Step.RETURNED, Step.TRANSFERRED])
    rows = await session.execute(
        select(steps).where(
            (begins_wait & (steps.c.next_step == Step.CALLED))
            | ((steps.c.step == Step.STARTED) & steps.c.next_step.in_([Step.FINISHED, Step.TRANSFERRED]))
        )
    )
    return [
        Interval(
            Kind.SERVICE if row.step is Step.STARTED else Kind.WAIT,
            row.group,
            row.next_window or "",
            row.at,
            row.next_at - row.at,
        )
        for row in rows
    ]


def _next(column: Column[Any]) -> Over[Any]:
    """Return what the next step of the same number has in a column."""
    return func.lead(column).over(partition_by=journal_entry.c.ticket_id, order_by=journal_entry.c.version)


async def _bookings(session: AsyncSession, point: str, day: date) -> Bookings:
    begin, end = day_bounds(day)
    rows = await session.execute(
        select(appointment.c.status, func.count())
        .where(
            appointment.c.service_point == point,
            appointment.c.starts_at >= begin,
            appointment.c.starts_at < end,
        )
        .group_by(appointment.c.status)
    )
    counts = {status: count for status, count in rows}
    came = (AppointmentStatus.CHECKED_IN, AppointmentStatus.COMPLETED, AppointmentStatus.UNSERVED)
    return Bookings(
        booked=sum(counts.values()),
        arrived=sum(counts.get(status, 0) for status in came),
        no_show=counts.get(AppointmentStatus.NO_SHOW, 0),
        cancelled=counts.get(AppointmentStatus.CANCELLED, 0),
    )


async def active_points(session: AsyncSession, day: date) -> Sequence[str]:
    """Return the points with numbers or appointments on a day."""
    begin, end = day_bounds(day)
    numbers = select(queue_ticket.c.service_point).where(queue_ticket.c.day == day)
    booked = select(appointment.c.service_point).where(
        appointment.c.starts_at >= begin, appointment.c.starts_at < end
    )
    return (await session.scalars(numbers.union(booked).order_by("service_point"))).all()


class YearFigures(NamedTuple):
    """Counts of a year."""

    city_hall_visitors: int
    city_hall_days: int
    numbers: int
    numbers_with_appointment: int
    green_finished: int
    kept: int
    missed: int
    points: dict[str, int]


async def year_figures(session: AsyncSession, year: int) -> YearFigures:
    """Return the counts of a year. A person counts once a day and hall."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    in_year = queue_ticket.c.day.between(first, last)
    per_day = (
        select(queue_ticket.c.day, func.count(distinct(queue_ticket.c.person_id)).label("visitors"))
        .join(service_point, service_point.c.code == queue_ticket.c.service_point)
        .where(in_year, service_point.c.kind == CITY_HALL)
        .group_by(queue_ticket.c.day)
        .subquery()
    )
    visitors, days = (
        await session.execute(
            select(func.coalesce(func.sum(per_day.c.visitors), 0), func.count(per_day.c.day))
        )
    ).one()
    numbers, with_appointment, green = (
        await session.execute(
            select(
                func.count(),
                func.count(queue_ticket.c.appointment_id),
                func.count().filter(
                    queue_ticket.c.priority == Priority.GREEN, queue_ticket.c.status == Status.FINISHED
                ),
            ).where(in_year)
        )
    ).one()
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    kept = [AppointmentStatus.CHECKED_IN, AppointmentStatus.COMPLETED, AppointmentStatus.UNSERVED]
    came, missed = (
        await session.execute(
            select(
                func.count().filter(appointment.c.status.in_(kept)),
                func.count().filter(appointment.c.status == AppointmentStatus.NO_SHOW),
            ).where(appointment.c.starts_at >= begin, appointment.c.starts_at < end)
        )
    ).one()
    return YearFigures(
        int(visitors),
        days,
        numbers,
        with_appointment,
        green,
        came,
        missed,
        await _connected(session, first, last),
    )


async def _connected(session: AsyncSession, first: date, last: date) -> dict[str, int]:
    """Return how many points of each kind gave numbers or appointments in the time: those are connected."""
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    numbers = select(queue_ticket.c.service_point).where(queue_ticket.c.day.between(first, last))
    booked = select(appointment.c.service_point).where(
        appointment.c.starts_at >= begin, appointment.c.starts_at < end
    )
    rows = await session.execute(
        select(service_point.c.kind, func.count())
        .where(service_point.c.code.in_(numbers.union(booked)))
        .group_by(service_point.c.kind)
    )
    return {kind: count for kind, count in rows}
