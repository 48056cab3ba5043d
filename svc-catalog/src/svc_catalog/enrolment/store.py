"""Tables and queries of enrolments."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.enrolment.domain import (
    Enrolment,
    EnrolmentStatus,
    NoSuchEnrolment,
    NoSuchRun,
    Run,
)

LEASE = timedelta(minutes=2)

enrolment_run = Table(
    "enrolment_run",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("bundle_code", Text, nullable=False),
    Column("answers", JSONB, nullable=False),
    Column("department", Text, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

enrolment = Table(
    "enrolment",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("run_id", Uuid, ForeignKey("enrolment_run.id"), nullable=False),
    Column("pupil_hash", Text, nullable=False, comment="blind index of the pupil's number"),
    Column("guardian_id", Text, nullable=False),
    Column("content", Text, nullable=False, comment="encrypted JSON"),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("status", EnumText(EnrolmentStatus), nullable=False),
    Column("facts", Text, comment="encrypted JSON"),
    Column("sources", ARRAY(Text), nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("school", Text),
    Column("school_name", Text),
    Column("application_id", Uuid),
    Column("attempts", Integer, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", UtcDateTime),
    Column("registered_by", Text, comment="staff; null: the guardian"),
)
Index("ix_enrolment_guardian", enrolment.c.guardian_id, enrolment.c.id)
Index("uq_enrolment_run_id_pupil_hash", enrolment.c.run_id, enrolment.c.pupil_hash, unique=True)
Index("ix_enrolment_status", enrolment.c.run_id, enrolment.c.status, enrolment.c.id)
Index(
    "ix_enrolment_pending",
    enrolment.c.next_attempt_at,
    postgresql_where=enrolment.c.status == EnrolmentStatus.PENDING,
)

MAPPERS.map_imperatively(Enrolment, enrolment)


class EnrolmentStore:
    """Enrolments inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def start(self, run: Run) -> None:
        """Keep a new run."""
        await self._session.execute(enrolment_run.insert().values(**vars(run)))

    async def run(self, run_id: UUID) -> Run:
        """Return a run. Raises NoSuchRun."""
        return await run_of(self._session, run_id)

    async def newest_run(self, year: int) -> Run:
        """Return the run of a year that began last. Raises NoSuchRun."""
        of_year = select(enrolment_run).where(enrolment_run.c.year == year)
        row = (
            await self._session.execute(of_year.order_by(enrolment_run.c.started_at.desc()).limit(1))
        ).one_or_none()
        if row is None:
            raise NoSuchRun
        return Run(*row)

    async def register(self, pupils: Sequence[Mapping[str, Any]]) -> int:
        """Keep new pupils; those registered before stay as they are. Return how many are new."""
        new = insert(enrolment).values(list(pupils)).on_conflict_do_nothing().returning(enrolment.c.id)
        return len((await self._session.scalars(new)).all())

    async def lock(self, enrolment_id: UUID) -> Enrolment:
        """Return an enrolment, locked. Raises NoSuchEnrolment."""
        found = await self._session.get(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
        if found is None:
            raise NoSuchEnrolment
        return found

    async def claim(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return pupils to ask about now, leased so that no other worker asks meanwhile.

        A worker that dies leaves them to others once the lease is over.
        """
        due = (
            select(enrolment.c.id)
            .where(enrolment.c.status == EnrolmentStatus.PENDING, enrolment.c.next_attempt_at <= now)
            .order_by(enrolment.c.next_attempt_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        leased = (
            update(enrolment)
            .where(enrolment.c.id.in_(due))
            .values(next_attempt_at=now + LEASE)
            .returning(enrolment.c.id)
        )
        return (await self._session.scalars(leased)).all()


async def run_of(session: AsyncSession, run_id: UUID) -> Run:
    """Return a run. Raises NoSuchRun."""
    row = (await session.execute(select(enrolment_run).where(enrolment_run.c.id == run_id))).one_or_none()
    if row is None:
        raise NoSuchRun
    return Run(*row)


async def some(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Enrolment]:
    """Return enrolments by id."""
    return (await session.scalars(select(Enrolment).where(enrolment.c.id.in_(ids)))).all()


async def listed(
    session: AsyncSession, run_id: UUID, status: EnrolmentStatus, after: UUID | None, limit: int
) -> Sequence[Enrolment]:
    """Return the pupils of a run in one status."""
    wanted = select(Enrolment).where(enrolment.c.run_id == run_id, enrolment.c.status == status)
    if after is not None:
        wanted = wanted.where(enrolment.c.id > after)
    return (await session.scalars(wanted.order_by(enrolment.c.id).limit(limit))).all()


async def of_guardian(session: AsyncSession, guardian_id: str) -> Sequence[Enrolment]:
    """Return the pupils that a guardian registered, or who were registered with that guardian."""
    mine = select(Enrolment).where(enrolment.c.guardian_id == guardian_id)
    return (await session.scalars(mine.order_by(enrolment.c.id.desc()).limit(50))).all()


async def tally(session: AsyncSession, run_id: UUID) -> dict[str, dict[str, int]]:
    """Return how many pupils there are by status, by school (enrolled) and by reason (unclear)."""
    mine = enrolment.c.run_id == run_id
    by_status = await session.execute(
        select(enrolment.c.status, func.count()).where(mine).group_by(enrolment.c.status)
    )
    by_school = await session.execute(
        select(enrolment.c.school_name, func.count())
        .where(mine, enrolment.c.status == EnrolmentStatus.ENROLLED)
        .group_by(enrolment.c.school_name)
    )
    each = (
        select(func.jsonb_array_elements(enrolment.c.reasons, type_=JSONB).label("reason"))
        .where(mine, enrolment.c.status == EnrolmentStatus.UNCLEAR)
        .subquery()
    )
    source, code = each.c.reason["source"].astext, each.c.reason["code"].astext
    by_reason = await session.execute(select(source, code, func.count()).group_by(source, code))
    return {
        "status": {str(status): count for status, count in by_status},
        "school": {str(name): count for name, count in by_school},
        "reason": {f"{of}/{what}": count for of, what, count in by_reason},
    }
