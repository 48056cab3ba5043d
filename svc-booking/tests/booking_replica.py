"""A second booking desk on the same database, as another replica of the service has it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from lib_db import Sessions
from lib_testing import FixedClock
from svc_booking.admission.domain import NobodyAsked
from svc_booking.appointment.commands import BookSlot, book_slot
from svc_booking.appointment.counter import Counter
from svc_booking.appointment.desk import Desk, DeskSupplies
from svc_booking.appointment.domain import Wish
from svc_booking.slot.domain import SlotFull
from svc_booking.slot.guide import SlotGuide
from svc_booking.uow import BookingUnitOfWork


class Replica:
    """Books at its own desk."""

    def __init__(self, supplies: DeskSupplies) -> None:
        self.supplies = supplies

    async def book(self, slot_id: str, person_id: str, item: str) -> bool:
        """Return whether there was a place."""
        command = BookSlot(Wish(person_id, "mobile", (item,)), UUID(slot_id))
        try:
            await book_slot(command, desk=Desk(self.supplies), clock=self.supplies.clock)
        except SlotFull:
            return False
        return True


@asynccontextmanager
async def replica(database: str, sessions: Sessions, clock: FixedClock) -> AsyncGenerator[Replica]:
    """Open a desk with connections of its own."""
    dsn = database.replace("+asyncpg", "", 1)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        yield Replica(
            DeskSupplies(
                counter=Counter(pool),
                confirming=Counter(pool, confirming=True),
                guide=SlotGuide(sessions, clock),
                admission=NobodyAsked(),
                sessions=sessions,
                open_work=lambda: BookingUnitOfWork(sessions),
                clock=clock,
                nudge=lambda: None,
            )
        )
