"""Tables and queries of consents and reads."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_license.consent.domain import Consent, Read
from svc_license.database import MAPPERS, METADATA
from svc_license.license import store as licenses
from svc_license.license.domain import License
from svc_license.license.store import license_table

consent = Table(
    "consent",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("partner", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
Index("ix_consent_person", consent.c.person_id, consent.c.given_at)

license_read = Table(
    "license_read",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("reader", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("consent_id", Uuid),
    Column("read_at", UtcDateTime, nullable=False),
)
Index("ix_license_read_license", license_read.c.license_id, license_read.c.read_at)

MAPPERS.map_imperatively(Consent, consent)
MAPPERS.map_imperatively(Read, license_read)


class ConsentStore:
    """Consents and reads inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, kept: Consent | Read) -> None:
        """Keep a consent or a read."""
        self._session.add(kept)

    async def lock(self, consent_id: UUID) -> Consent | None:
        """Return the consent, locked, if there is one."""
        return await self._session.get(Consent, consent_id, with_for_update=True)

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        return await licenses.one_of_person(self._session, license_id, person_id)

    async def license_by_number(self, number: str) -> License:
        """Return the licence with a number. Raises NoSuchLicense."""
        return await licenses.by_number(self._session, number)


async def of_person(session: AsyncSession, person_id: str) -> Sequence[Consent]:
    """Return the consents a person gave, the latest first, at most a hundred."""
    rows = await session.scalars(
        select(Consent).where(consent.c.person_id == person_id).order_by(consent.c.given_at.desc()).limit(100)
    )
    return rows.all()


async def reads_of(session: AsyncSession, license_id: UUID) -> Sequence[Read]:
    """Return who read a licence, the latest first, at most a hundred."""
    rows = await session.scalars(
        select(Read)
        .where(license_read.c.license_id == license_id)
        .order_by(license_read.c.read_at.desc())
        .limit(100)
    )
    return rows.all()
