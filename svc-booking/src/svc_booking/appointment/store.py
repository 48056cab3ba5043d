"""Tables and queries of appointments and reminders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, Text, Uuid, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_booking.appointment.domain import Appointment, NoSuchAppointment, Status
from svc_booking.database import MAPPERS, METADATA
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
)
ONE_OPEN = "uq_appointment_one_open"
Index(
    ONE_OPEN,
    appointment.c.person_id,
    appointment.c.group,
    unique=True,
    postgresql_where=appointment.c.status == Status.BOOKED,
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


class AppointmentStore:
    """Appointments inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, appointment_id: UUID) -> Appointment:
        """Return the appointment, locked. Raises NoSuchAppointment."""
        found = await self._session.get(Appointment, appointment_id, with_for_update=True)
        if found is None:
            raise NoSuchAppointment
        return found

    async def give_place_back(self, gone: Appointment) -> None:
        """Free the place and drop the reminders not sent yet."""
        await self._session.execute(
            update(slot).where(slot.c.id == gone.slot_id).values(taken=slot.c.taken - 1)
        )
        await self._session.execute(
            delete(reminder).where(reminder.c.appointment_id == gone.id, reminder.c.sent_at.is_(None))
        )


async def of_person(
    session: AsyncSession, person_id: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Appointment]:
    """Return a person's appointments, the latest slot first."""
    statement = select(Appointment).where(appointment.c.person_id == person_id)
    if before is not None:
        statement = statement.where(tuple_(appointment.c.starts_at, appointment.c.id) < before)
    ordered = statement.order_by(appointment.c.starts_at.desc(), appointment.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one_of_person(session: AsyncSession, appointment_id: UUID, person_id: str) -> Appointment:
    """Return a person's own appointment. Raises NoSuchAppointment."""
    found = await session.get(Appointment, appointment_id)
    if found is None or found.person_id != person_id:
        raise NoSuchAppointment
    return found
