"""Tables and queries of applications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Index, Integer, Table, Text, Uuid, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.application.domain import Application, NoSuchApplication, Status
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.item.store import one_item

application = Table(
    "application",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_number", Text, nullable=False, unique=True),
    Column("person_id", Text, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("item_version", Integer, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("service_point", Text, nullable=False),
    Column("appointment_id", Uuid),
    Column("channel", Text, nullable=False),
    Column("applicant", Text, nullable=False, comment="encrypted JSON"),
    Column("form", Text, nullable=False, comment="encrypted JSON"),
    Column("materials", JSONB, nullable=False),
    Column("result_license_type", Text),
    Column("promised_days", Integer, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("accepted_by", Text),
    Column("due_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("steps", JSONB, nullable=False),
)
Index("ix_application_person", application.c.person_id, application.c.submitted_at.desc(), application.c.id)
Index("ix_application_department", application.c.department, application.c.status, application.c.submitted_at)
Index("ix_application_point", application.c.service_point, application.c.status, application.c.submitted_at)

case_counter = Table(
    "case_counter",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

MAPPERS.map_imperatively(Application, application)


class ApplicationStore:
    """Applications inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, new: Application) -> None:
        """Keep a new application."""
        self._session.add(new)

    async def lock(self, application_id: UUID) -> Application:
        """Return the application, locked. Raises NoSuchApplication."""
        found = await self._session.get(Application, application_id, with_for_update=True)
        if found is None:
            raise NoSuchApplication
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

    async def item(self, code: str) -> tuple[int, dict[str, Any]]:
        """Return version and content of a published item. Raises NoSuchItem."""
        return await one_item(self._session, code)


async def of_person(
    session: AsyncSession, person_id: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Application]:
    """Return a person's applications, the latest first."""
    return await _page(session, application.c.person_id == person_id, None, before, limit)


async def worklist(
    session: AsyncSession,
    *,
    orgs: frozenset[str] | None,
    points: frozenset[str],
    status: Status | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Application]:
    """Return the applications of departments and service points, the latest first; `orgs` None: all."""
    mine = None
    if orgs is not None:
        mine = or_(application.c.department.in_(orgs), application.c.service_point.in_(points))
    return await _page(session, mine, status, before, limit)


async def _page(
    session: AsyncSession,
    where: ColumnElement[bool] | None,
    status: Status | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Application]:
    statement = select(Application)
    if where is not None:
        statement = statement.where(where)
    if status is not None:
        statement = statement.where(application.c.status == status)
    if before is not None:
        statement = statement.where(tuple_(application.c.submitted_at, application.c.id) < before)
    ordered = statement.order_by(application.c.submitted_at.desc(), application.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one(session: AsyncSession, application_id: UUID) -> Application:
    """Return an application. Raises NoSuchApplication."""
    found = await session.get(Application, application_id)
    if found is None:
        raise NoSuchApplication
    return found
