"""`kill -9` of a worker between claiming reminders and committing: each is sent exactly once all the same."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import asyncpg
from booking_city import book, person, slots, told

from lib_db import Sessions
from lib_testing import CITIZEN, Clients, FixedClock
from svc_booking.appointment.duties import send_due_reminders
from svc_booking.uow import BookingUnitOfWork

# A worker that claims what is due and is then busy for ever: the events are written, nothing is committed.
STUCK = """
import asyncio, sys
from datetime import datetime
from lib_db import make_engine, make_sessions
from svc_booking.appointment.duties import send_due_reminders
from svc_booking.uow import BookingUnitOfWork

class Then:
    def now(self):
        return datetime.fromisoformat(sys.argv[2])

class Stuck(BookingUnitOfWork):
    async def commit(self, answer=None):
        await self.session.flush()
        await self.rows.write(self.session)
        print("claimed", flush=True)
        await asyncio.Event().wait()

sessions = make_sessions(make_engine(sys.argv[1]))
asyncio.run(send_due_reminders(lambda: Stuck(sessions), Then()))
"""


async def gone(dsn: str, pid: int) -> None:
    """Wait until the database has noticed that the killed worker is gone."""
    connection = await asyncpg.connect(dsn)
    alive = "SELECT count(*) FROM pg_stat_activity, pg_sleep(0.02) WHERE pid = $1"
    async with asyncio.timeout(30):
        while await connection.fetchval(alive, pid):
            continue
    await connection.close()


async def test_three_workers_and_a_kill_in_between_send_each_reminder_once(
    service: Clients, hall: str, database: str, sessions: Sessions, clock: FixedClock
) -> None:
    free = (await slots(service.as_(CITIZEN), hall))[-3:]
    for number in range(9):
        booked = await book(service.as_(person(number)), free[number % 3]["slot_id"])
        assert booked.status_code == 201
    clock.advance(timedelta(hours=8))
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STUCK, database, clock.now().isoformat()),
        env={**os.environ},
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"claimed\n"
    # While it holds them, nobody else sends them.
    assert await send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) == 0
    dsn = database.replace("+asyncpg", "", 1)
    connection = await asyncpg.connect(dsn)
    holder = await connection.fetchval(
        """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
           AND state = 'idle in transaction' AND application_name = 'city' AND pid <> pg_backend_pid()"""
    )
    await connection.close()
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    await gone(dsn, holder)
    await asyncio.gather(*(send_due_reminders(lambda: BookingUnitOfWork(sessions), clock) for _ in range(3)))
    sent = await told(sessions, "booking.reminder.due.v1")
    assert sorted(event["person_id"] for event in sent) == [f"p_{number}" for number in range(9)]
    assert len({event["reminder_id"] for event in sent}) == 9
