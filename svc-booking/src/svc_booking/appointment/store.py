"""Tables and queries of appointments and reminders."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
    tuple_,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from lib_kernel import CITY_ZONE, DomainError
from svc_booking.appointment.domain import Appointment, NoSuchAppointment, Reminder, Status
from svc_booking.database import MAPPERS, METADATA
from svc_booking.rule.domain import ONE_OPEN_TEXT, AlreadyBooked, BookedMeanwhile, BookingRule, Standing
from svc_booking.slot.store import slot

appointment = Table(
    "appointment",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("slot_id", ForeignKey(slot.c.id), nullable=False, index=True),
    Column("person_id", Text, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("service_point", Text, nullable=False),
    Column("service_point_name", Text, nullable=False),
    Column("group_code", Text, key="group", nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    Column("booked_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("item_codes", ARRAY(Text), nullable=False, server_default="{}"),
    Column("party_size", Integer, nullable=False, server_default="1"),
    Column("place_class", Text, nullable=False, server_default="", comment="whose quota it counts against"),
    Column("is_green", Boolean, nullable=False, server_default=sql_text("false")),
    Column("is_home_visit", Boolean, nullable=False, server_default=sql_text("false")),
    Column("is_extended", Boolean, nullable=False, server_default=sql_text("false")),
    Column("booked_by", Text, comment="clerk who booked for the person"),
    Column("reschedules", Integer, nullable=False, server_default="0"),
    Column("cancelled_at", UtcDateTime),
    Column("is_late_cancel", Boolean, nullable=False, server_default=sql_text("false")),
    Column("partner", Text, comment="bank at which it was booked"),
    Column("day_number", SmallInteger, comment="of the person's that day; null: of before"),
)
ONE_OPEN = "uq_appointment_one_open"
Index(
    ONE_OPEN,
    appointment.c.person_id,
    appointment.c.group,
    unique=True,
    postgresql_where=appointment.c.status == Status.BOOKED,
)
ONE_NUMBER = "uq_appointment_day_number"
Index(
    ONE_NUMBER,
    appointment.c.person_id,
    sql_text("((starts_at AT TIME ZONE 'Asia/Shanghai')::date)"),
    appointment.c.day_number,
    unique=True,
    postgresql_where=(appointment.c.status != Status.CANCELLED) & appointment.c.day_number.is_not(None),
)
Index("ix_appointment_person", appointment.c.person_id, appointment.c.starts_at.desc(), appointment.c.id)
Index(
    "ix_appointment_open",
    appointment.c.starts_at,
    postgresql_where=appointment.c.status == Status.BOOKED,
)

reminder = Table(
    "reminder",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("appointment_id", ForeignKey(appointment.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("ahead", Text, nullable=False, comment="day or hour"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
)
Index("ix_reminder_due", reminder.c.due_at, postgresql_where=reminder.c.sent_at.is_(None))

MAPPERS.map_imperatively(Appointment, appointment)

# What is known of the person of a row `r (person_id, group_code, day_at, no_show_since, late_since)`.
STANDING = """
SELECT (array_agg(a.id) FILTER (WHERE a.status = 'booked' AND a.group_code = r.group_code))[1] AS open_id,
       max(a.starts_at) FILTER (WHERE a.status = 'booked' AND a.group_code = r.group_code) AS open_starts_at,
       count(*) FILTER (WHERE a.status <> 'cancelled' AND a.starts_at >= r.day_at
                          AND a.starts_at < r.day_at + interval '1 day') AS on_day,
       count(*) FILTER (WHERE a.status = 'no_show' AND a.starts_at >= r.no_show_since) AS no_shows,
       max(a.starts_at) FILTER (WHERE a.status = 'no_show' AND a.starts_at >= r.no_show_since)
           AS last_no_show_at,
       count(*) FILTER (WHERE a.is_late_cancel AND a.cancelled_at >= r.late_since) AS late_cancels,
       max(a.cancelled_at) FILTER (WHERE a.is_late_cancel AND a.cancelled_at >= r.late_since)
           AS last_late_cancel_at,
       coalesce(array_agg(a.day_number) FILTER (
           WHERE a.status <> 'cancelled' AND a.day_number IS NOT NULL AND a.starts_at >= r.day_at
             AND a.starts_at < r.day_at + interval '1 day'), '{}') AS numbers
FROM appointment a
WHERE a.person_id = r.person_id AND a.starts_at >= least(r.no_show_since, r.late_since)
"""
ONE_STANDING = sql_text(
    f"""
SELECT s.* FROM (SELECT CAST(:person AS text) AS person_id, CAST(:group AS text) AS group_code,
                        CAST(:day_at AS timestamptz) AS day_at,
                        CAST(:no_show_since AS timestamptz) AS no_show_since,
                        CAST(:late_since AS timestamptz) AS late_since) AS r
CROSS JOIN LATERAL ({STANDING}) AS s
"""  # noqa: S608 - made of constants only
)


def collision(constraint: str | None) -> DomainError | None:
    """Return what an index says when somebody booked the same person at the same moment."""
    if constraint == ONE_OPEN:
        return AlreadyBooked(ONE_OPEN_TEXT, rule="one_open_per_group", possible_at=None)
    return BookedMeanwhile() if constraint == ONE_NUMBER else None


def day_at(day: date) -> datetime:
    """Return the moment a day begins in the city."""
    return datetime.combine(day, time(0), CITY_ZONE)


class StandingStore:
    """What is known of persons when they book."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, person_id: str, group: str, day: date, rule: BookingRule, now: datetime) -> Standing:
        """Return a person's standing for a booking of a group on a day."""
        row = await self._session.execute(
            ONE_STANDING,
            {
                "person": person_id,
                "group": group,
                "day_at": day_at(day),
                "no_show_since": now - rule.no_show_window,
                "late_since": now - rule.late_cancel_window,
            },
        )
        return Standing(*row.one())


class AppointmentStore:
    """Appointments inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, booked: Appointment, reminders: Iterable[Reminder]) -> None:
        """Keep a new appointment with its reminders. Raises AlreadyBooked, BookedMeanwhile."""
        self._session.add(booked)
        await self._flush()
        await self._remind(reminders)

    async def lock(self, appointment_id: UUID) -> Appointment:
        """Return the appointment, locked. Raises NoSuchAppointment."""
        found = await self._session.get(Appointment, appointment_id, with_for_update=True)
        if found is None:
            raise NoSuchAppointment
        return found

    async def drop_reminders(self, gone: Appointment) -> None:
        """Drop the reminders not sent yet; one that is being sent just now is waited for."""
        await self._session.execute(
            delete(reminder).where(reminder.c.appointment_id == gone.id, reminder.c.sent_at.is_(None))
        )

    async def keep_moved(self, moved: Appointment, reminders: Iterable[Reminder]) -> None:
        """Write where an appointment is now, with its new reminders. Raises BookedMeanwhile."""
        await self._flush()
        await self.drop_reminders(moved)
        await self._remind(reminders)

    async def _flush(self) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            known = collision(getattr(error.orig and error.orig.__cause__, "constraint_name", None))
            raise known or error from error

    async def _remind(self, reminders: Iterable[Reminder]) -> None:
        if rows := [vars(row) for row in reminders]:
            await self._session.execute(insert(reminder), rows)


async def of_person(
    session: AsyncSession,
    person_id: str,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
    points: frozenset[str] | None = None,
) -> Sequence[Appointment]:
    """Return a person's appointments, the latest slot first; for a clerk only those at these points."""
    statement = select(Appointment).where(appointment.c.person_id == person_id)
    if points is not None:
        statement = statement.where(appointment.c.service_point.in_(points))
    if before is not None:
        statement = statement.where(tuple_(appointment.c.starts_at, appointment.c.id) < before)
    ordered = statement.order_by(appointment.c.starts_at.desc(), appointment.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one_of_person(session: AsyncSession, appointment_id: UUID, person_id: str | None) -> Appointment:
    """Return a person's own appointment, or anyone's when None. Raises NoSuchAppointment."""
    found = await session.get(Appointment, appointment_id)
    if found is None or (person_id is not None and found.person_id != person_id):
        raise NoSuchAppointment
    return found
