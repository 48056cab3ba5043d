"""Worker process of svc-booking: relay, reminders, slots ahead, the end of the hall's day."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_booking.appointment.duties import send_due_reminders
from svc_booking.board.duties import tell_near
from svc_booking.hall_day.duties import close_days, close_missed
from svc_booking.service import SERVICE
from svc_booking.settings import Settings
from svc_booking.slot.duties import make_slots_ahead


def main() -> None:
    """Run until stopped."""
    settings = Settings()

    @asynccontextmanager
    async def work(runtime: Runtime) -> AsyncGenerator[Work]:
        clock = runtime.clock
        yield Work(
            duties=[
                Periodic("reminders", lambda: send_due_reminders(runtime.uow, clock), 1.0),
                Periodic("missed", lambda: close_missed(runtime.uow, clock), 5.0),
                Periodic("near", lambda: tell_near(runtime.uow, clock), 2.0),
                Periodic("days", lambda: close_days(runtime.uow, clock), 10.0),
                Periodic("slots", lambda: make_slots_ahead(runtime.sessions, clock), 5.0),
            ]
        )

    run_worker(SERVICE, settings, work)


if __name__ == "__main__":
    main()
