"""What time does to appointments: reminders fall due."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from lib_contracts import Outbox
from lib_contracts.booking import ReminderDue
from lib_kernel import Clock
from lib_messaging import SqlUnitOfWork
from svc_booking.appointment.domain import Appointment, Status
from svc_booking.appointment.events import event_of
from svc_booking.appointment.store import appointment, reminder

BATCH = 200

OpenWork = Callable[[], SqlUnitOfWork]


async def send_due_reminders(open_work: OpenWork, clock: Clock) -> int:
    """Turn reminders that are due into events, each once; return how many rows were dealt with.

    Rows are claimed with SKIP LOCKED, so several workers share them. A reminder found only after its slot
    began tells nobody anything and is closed without a message.
    """
    now = clock.now()
    async with open_work() as uow:
        dealt = await _claim_reminders(uow.session, uow.outbox, now)
        await uow.commit()
    return dealt


async def _claim_reminders(session: AsyncSession, outbox: Outbox, now: datetime) -> int:
    rows = (
        await session.execute(
            select(reminder.c.id, reminder.c.ahead, Appointment)
            .join(Appointment, appointment.c.id == reminder.c.appointment_id)
            .where(reminder.c.sent_at.is_(None), reminder.c.due_at <= now)
            .order_by(reminder.c.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=reminder)
        )
    ).all()
    for reminder_id, ahead, booked in rows:
        if booked.status is Status.BOOKED and booked.starts_at > now:
            outbox.add(event_of(ReminderDue, booked, reminder_id=reminder_id, ahead=ahead))
    if rows:
        done = [reminder_id for reminder_id, _, _ in rows]
        await session.execute(update(reminder).where(reminder.c.id.in_(done)).values(sent_at=now))
    return len(rows)
