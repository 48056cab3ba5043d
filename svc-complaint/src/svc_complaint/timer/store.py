"""Table and queries of timers."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, SmallInteger, Table, UniqueConstraint, Uuid, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from lib_kernel import new_id
from svc_complaint.database import METADATA
from svc_complaint.timer.domain import Name, Planned

case_timer = Table(
    "case_timer",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("name", EnumText(Name), nullable=False),
    Column("rung", SmallInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime),
    # One firing for one moment: a plan that is made again cannot bring a fired timer back.
    UniqueConstraint("case_id", "name", "rung", "due_at", name="uq_case_timer_once"),
)
Index("ix_case_timer_due", case_timer.c.due_at, postgresql_where=case_timer.c.fired_at.is_(None))


class TimerStore:
    """Timers inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plan(self, case_id: UUID, wanted: Collection[Planned]) -> None:
        """Make these the case's open timers; a timer that fired before does not come back."""
        rows = await self._session.execute(
            select(case_timer.c.id, case_timer.c.name, case_timer.c.rung, case_timer.c.due_at).where(
                case_timer.c.case_id == case_id, case_timer.c.fired_at.is_(None)
            )
        )
        known = {Planned(row.name, row.rung, row.due_at): row.id for row in rows}
        if gone := [known[timer] for timer in known.keys() - set(wanted)]:
            await self._session.execute(delete(case_timer).where(case_timer.c.id.in_(gone)))
        if new := [timer for timer in wanted if timer not in known]:
            await self._session.execute(
                insert(case_timer).on_conflict_do_nothing(constraint="uq_case_timer_once"),
                [
                    {"id": new_id(), "case_id": case_id, "name": t.name, "rung": t.rung, "due_at": t.due_at}
                    for t in new
                ],
            )

    async def fired(self, ids: Collection[UUID], now: datetime) -> None:
        """Note that timers did what they are for."""
        await self._session.execute(update(case_timer).where(case_timer.c.id.in_(ids)).values(fired_at=now))
