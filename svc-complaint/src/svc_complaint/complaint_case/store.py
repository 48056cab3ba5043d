"""Tables and queries of cases."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, Uuid, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, Sessions, UtcDateTime
from lib_kernel import Clock
from svc_complaint.complaint_case.domain import Case, Kind, NoSuchCase, Status
from svc_complaint.database import MAPPERS, METADATA

complaint_case = Table(
    "complaint_case",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_number", Text, nullable=False, unique=True),
    Column("kind", EnumText(Kind), nullable=False),
    Column("person_id", Text),
    Column("item_code", Text),
    Column("department", Text),
    Column("service_point", Text),
    Column("content", Text, nullable=False, comment="encrypted"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("is_overdue", Boolean, nullable=False),
    Column("steps", JSONB, nullable=False),
)
Index("ix_complaint_case_person", complaint_case.c.person_id, complaint_case.c.received_at)
Index("ix_complaint_case_department", complaint_case.c.department, complaint_case.c.received_at)
Index(
    "ix_complaint_case_due",
    complaint_case.c.due_at,
    postgresql_where=(complaint_case.c.status != Status.CLOSED) & ~complaint_case.c.is_overdue,
)

case_counter = Table(
    "case_counter",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

MAPPERS.map_imperatively(Case, complaint_case)


class CaseStore:
    """Cases inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, case: Case) -> None:
        """Keep a new case."""
        self._session.add(case)

    async def lock(self, case_id: UUID) -> Case:
        """Return the case, locked. Raises NoSuchCase."""
        found = await self._session.get(Case, case_id, with_for_update=True)
        if found is None:
            raise NoSuchCase
        return found

    async def next_count(self, day: str) -> int:
        """Return the next case number of a day; its row is the lock."""
        statement = insert(case_counter).values(day=day, last=1)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["day"], set_={"last": case_counter.c.last + 1}
            ).returning(case_counter.c.last)
        )
        count: int = counted.scalar_one()
        return count


async def page(
    session: AsyncSession,
    *,
    person_id: str | None = None,
    departments: frozenset[str] | None = None,
    status: Status | None = None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Case]:
    """Return cases of a person or of departments (both None: all), the latest first."""
    statement = select(Case)
    if person_id is not None:
        statement = statement.where(complaint_case.c.person_id == person_id)
    if departments is not None:
        statement = statement.where(complaint_case.c.department.in_(departments))
    if status is not None:
        statement = statement.where(complaint_case.c.status == status)
    if before is not None:
        statement = statement.where(tuple_(complaint_case.c.received_at, complaint_case.c.id) < before)
    ordered = statement.order_by(complaint_case.c.received_at.desc(), complaint_case.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one(session: AsyncSession, case_id: UUID, check: Callable[[Case], None]) -> Case:
    """Return a case that passes the check. Raises NoSuchCase and what the check raises."""
    found = await session.get(Case, case_id)
    if found is None:
        raise NoSuchCase
    check(found)
    return found


async def mark_overdue(sessions: Sessions, clock: Clock) -> None:
    """Mark open cases whose deadline has passed."""
    async with sessions.begin() as session:
        await session.execute(
            update(complaint_case)
            .where(
                complaint_case.c.due_at < clock.now(),
                complaint_case.c.status != Status.CLOSED,
                ~complaint_case.c.is_overdue,
            )
            .values(is_overdue=True)
        )
