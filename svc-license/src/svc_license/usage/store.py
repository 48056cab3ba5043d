"""Table and queries of reads."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.license.store import license_table
from svc_license.usage.domain import Basis, Read, ReaderKind

license_read = Table(
    "license_read",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("reader", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("consent_id", Uuid, comment="consent, presentation or delegation"),
    Column("read_at", UtcDateTime, nullable=False),
    Column("reader_kind", EnumText(ReaderKind), nullable=False, server_default=ReaderKind.PARTNER.value),
    Column("basis", EnumText(Basis), nullable=False, server_default=Basis.CONSENT.value),
    Column("ground", Text),
)
Index("ix_license_read_license", license_read.c.license_id, license_read.c.read_at)
Index("ix_license_read_read_at", license_read.c.read_at)

MAPPERS.map_imperatively(Read, license_read)


class ReadStore:
    """The record of reads inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, read: Read) -> None:
        """Keep a read."""
        self._session.add(read)


async def reads_of(
    session: AsyncSession, license_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Read]:
    """Return who read a licence, the latest first."""
    statement = select(Read).where(license_read.c.license_id == license_id)
    if before is not None:
        moment, id_ = before
        later = (license_read.c.read_at < moment) | (
            (license_read.c.read_at == moment) & (license_read.c.id < id_)
        )
        statement = statement.where(later)
    rows = await session.scalars(
        statement.order_by(license_read.c.read_at.desc(), license_read.c.id.desc()).limit(limit)
    )
    return rows.all()


async def counts(session: AsyncSession, begin: datetime, end: datetime) -> dict[Basis, int]:
    """Return how many reads there were in a time, by basis."""
    rows = await session.execute(
        select(license_read.c.basis, func.count())
        .where(license_read.c.read_at >= begin, license_read.c.read_at < end)
        .group_by(license_read.c.basis)
    )
    return {basis: count for basis, count in rows}
