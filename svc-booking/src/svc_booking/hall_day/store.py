"""Which days are to be closed, and what is open of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Date, Interval, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.appointment.domain import Appointment
from svc_booking.appointment.domain import Status as AppointmentStatus
from svc_booking.appointment.store import appointment
from svc_booking.hall_policy.domain import HallPolicy
from svc_booking.hall_policy.store import hall_policy
from svc_booking.queue_ticket.domain import OVER, QueueTicket, Status
from svc_booking.queue_ticket.store import queue_ticket
from svc_booking.report.reading import report_now
from svc_booking.report.store import claim_day, day_bounds, day_report, fix_report
from svc_booking.slot.store import one_point

IS_OPEN = queue_ticket.c.status.not_in(OVER)


class DayStore:
    """Hall days inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, point: str, day: date, now: datetime, by: str | None) -> bool:
        """Take the closing upon this transaction; return False when it is closed. Raises NoSuchPoint."""
        await one_point(self._session, point)
        return await claim_day(self._session, point, day, now, by)

    async def lock_open(self, point: str, day: date) -> Sequence[QueueTicket]:
        """Return the numbers of the day that are neither finished nor closed, locked."""
        return (
            await self._session.scalars(
                select(QueueTicket)
                .where(queue_ticket.c.service_point == point, queue_ticket.c.day == day, IS_OPEN)
                .order_by(queue_ticket.c.id)
                .with_for_update()
            )
        ).all()

    async def count_open(self, point: str, day: date) -> int:
        """Return how many numbers of the day are neither finished nor closed."""
        await self._session.flush()
        count = await self._session.scalar(
            select(func.count())
            .select_from(queue_ticket)
            .where(queue_ticket.c.service_point == point, queue_ticket.c.day == day, IS_OPEN)
        )
        return int(count or 0)

    async def lock_missed(self, point: str, day: date) -> Sequence[Appointment]:
        """Return the day's appointments whose people did not come, locked."""
        begin, end = day_bounds(day)
        return (
            await self._session.scalars(
                select(Appointment)
                .where(
                    appointment.c.service_point == point,
                    appointment.c.starts_at >= begin,
                    appointment.c.starts_at < end,
                    appointment.c.status == AppointmentStatus.BOOKED,
                )
                .order_by(appointment.c.id)
                .with_for_update()
            )
        ).all()

    async def fix(self, point: str, day: date, now: datetime) -> None:
        """Write the day's report."""
        await self._session.flush()
        report = await report_now(self._session, point, day, now)
        await fix_report(self._session, point, day, report.model_dump(mode="json"))


class OpenDay(NamedTuple):
    """A day of a point that was not closed yet."""

    service_point: str
    day: date
    is_serving: bool


async def open_days(session: AsyncSession, today: date) -> Sequence[OpenDay]:
    """Return the days up to today that had numbers or appointments and were not closed, the oldest first."""
    local_day = cast(func.timezone("Asia/Shanghai", appointment.c.starts_at), Date)
    days = (
        select(queue_ticket.c.service_point, queue_ticket.c.day)
        .where(queue_ticket.c.day <= today)
        .union(
            select(appointment.c.service_point, local_day.label("day")).where(
                appointment.c.starts_at < day_bounds(today)[1],
                appointment.c.starts_at >= day_bounds(today)[0],
            ),
            select(appointment.c.service_point, local_day.label("day")).where(
                appointment.c.starts_at < day_bounds(today)[0],
                appointment.c.status == AppointmentStatus.BOOKED,
            ),
        )
        .subquery()
    )
    serving = (
        select(literal(True))
        .where(
            queue_ticket.c.service_point == days.c.service_point,
            queue_ticket.c.day == days.c.day,
            queue_ticket.c.status == Status.SERVING,
        )
        .exists()
    )
    closed = (
        select(literal(True))
        .where(day_report.c.service_point == days.c.service_point, day_report.c.day == days.c.day)
        .exists()
    )
    rows = await session.execute(
        select(days.c.service_point, days.c.day, serving)
        .where(~closed)
        .order_by(days.c.day, days.c.service_point)
    )
    return [OpenDay(*row) for row in rows]


async def claim_missed(session: AsyncSession, now: datetime, limit: int) -> Sequence[Appointment]:
    """Return appointments whose people did not come within their hall's time, locked; others' are skipped."""
    usual = int(HallPolicy().no_show_after.total_seconds()) // 60
    minutes = func.coalesce(hall_policy.c.no_show_minutes, usual)
    grace = cast(func.make_interval(0, 0, 0, 0, 0, minutes), Interval)
    return (
        await session.scalars(
            select(Appointment)
            .outerjoin(hall_policy, hall_policy.c.service_point == appointment.c.service_point)
            .where(
                appointment.c.status == AppointmentStatus.BOOKED,
                appointment.c.starts_at < now,
                appointment.c.starts_at + grace < now,
            )
            .order_by(appointment.c.starts_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=appointment)
        )
    ).all()
