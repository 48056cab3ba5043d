"""Tables and queries of imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.license.store import license_table
from svc_license.stock.domain import ImportJob, NoSuchImport, Standing

import_job = Table(
    "import_job",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("department", Text, nullable=False),
    Column("type_code", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Standing), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3 of the whole file, hex"),
    Column("approved_by", Text),
    Column("next_row", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("problem", Text),
    Column("lease_until", UtcDateTime),
    Column("finished_at", UtcDateTime),
)
Index("ix_import_job_department", import_job.c.department, import_job.c.created_at)

import_error = Table(
    "import_error",
    METADATA,
    Column("job_id", ForeignKey(import_job.c.id), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
)

MAPPERS.map_imperatively(ImportJob, import_job)


class ImportStore:
    """Imports inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, job: ImportJob) -> None:
        """Keep an import."""
        self._session.add(job)

    async def lock(self, job_id: UUID) -> ImportJob:
        """Return the import, locked. Raises NoSuchImport."""
        found = await self._session.get(ImportJob, job_id, with_for_update=True, populate_existing=True)
        if found is None:
            raise NoSuchImport
        return found

    async def claim(self, now: datetime, until: datetime) -> ImportJob | None:
        """Return a running import that no worker is at, leased until then."""
        found = (
            await self._session.scalars(
                select(ImportJob)
                .where(import_job.c.status == Standing.RUNNING, import_job.c.lease_until <= now)
                .order_by(import_job.c.created_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).one_or_none()
        if found is not None:
            found.lease_until = until
        return found

    async def add_licenses(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        """Write licences and return the old numbers of those that are new; the others were there before."""
        if not rows:
            return set()
        written = await self._session.execute(
            insert(license_table)
            .values(list(rows))
            .on_conflict_do_nothing()
            .returning(license_table.c.external_number)
        )
        return set(written.scalars())

    async def add_errors(self, job_id: UUID, errors: Mapping[int, str]) -> None:
        """Note the rows that were not taken over."""
        rows = [{"job_id": job_id, "row": row, "reason": reason} for row, reason in errors.items()]
        if rows:
            await self._session.execute(import_error.insert(), rows)


async def one(session: AsyncSession, job_id: UUID) -> ImportJob:
    """Return an import. Raises NoSuchImport."""
    found = await session.get(ImportJob, job_id)
    if found is None:
        raise NoSuchImport
    return found


async def of_departments(session: AsyncSession, departments: Sequence[str] | None) -> Sequence[ImportJob]:
    """Return the imports of some departments (None: of all), the latest first, at most a hundred."""
    statement = select(ImportJob).order_by(import_job.c.created_at.desc()).limit(100)
    if departments is not None:
        statement = statement.where(import_job.c.department.in_(departments))
    return (await session.scalars(statement)).all()


async def errors_of(session: AsyncSession, job_id: UUID) -> Sequence[tuple[int, str]]:
    """Return the rows of a file that were not taken over, with the reasons."""
    rows = await session.execute(
        select(import_error.c.row, import_error.c.reason)
        .where(import_error.c.job_id == job_id)
        .order_by(import_error.c.row)
    )
    return [(row, reason) for row, reason in rows]
