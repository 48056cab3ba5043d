"""Tables and queries of consents and legal grounds."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.consent.domain import Consent, Ground
from svc_license.database import MAPPERS, METADATA
from svc_license.license import store as licenses
from svc_license.license.domain import License
from svc_license.license.store import license_table
from svc_license.usage.domain import ReaderKind

consent = Table(
    "consent",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("partner", Text, nullable=False, comment="code of whom it is given to"),
    Column("grantee_kind", EnumText(ReaderKind), nullable=False, server_default=ReaderKind.PARTNER.value),
    Column("purpose", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
Index("ix_consent_person", consent.c.person_id, consent.c.given_at)

legal_ground = Table(
    "legal_ground",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("reader", Text, nullable=False, comment="department or partner code"),
    Column("license_type", Text, nullable=False),
    Column("basis", Text, nullable=False),
)

MAPPERS.map_imperatively(Consent, consent)


class ConsentStore:
    """Consents inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, kept: Consent) -> None:
        """Keep a consent."""
        self._session.add(kept)

    async def lock(self, consent_id: UUID) -> Consent | None:
        """Return the consent, locked, if there is one."""
        return await self._session.get(Consent, consent_id, with_for_update=True)

    async def ground(self, code: str) -> Ground | None:
        """Return a legal ground, if there is one."""
        row = (
            await self._session.execute(select(legal_ground).where(legal_ground.c.code == code))
        ).one_or_none()
        return None if row is None else Ground(*row)

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        return await licenses.one_of_person(self._session, license_id, person_id)

    async def license_by_number(self, number: str) -> License:
        """Return the licence with a number. Raises NoSuchLicense."""
        return await licenses.by_number(self._session, number)

    async def licenses_of_holder(self, holder_index: str, types: list[str]) -> list[License]:
        """Return the licences in force of whoever has a number."""
        return await licenses.of_holder(self._session, holder_index, types)


async def load_grounds(session: AsyncSession, records: Iterable[dict[str, Any]]) -> None:
    """Write legal grounds; those that are no longer among them end."""
    known = list(records)
    await session.execute(legal_ground.delete().where(legal_ground.c.code.not_in([r["code"] for r in known])))
    for record in known:
        values = {name: value for name, value in record.items() if name != "code"}
        await session.execute(
            insert(legal_ground)
            .values(code=record["code"], **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )


async def grounds_of(session: AsyncSession, readers: Sequence[str]) -> Sequence[Ground]:
    """Return the legal grounds of some readers."""
    rows = await session.execute(
        select(legal_ground).where(legal_ground.c.reader.in_(readers)).order_by(legal_ground.c.code)
    )
    return [Ground(*row) for row in rows]


async def of_person(session: AsyncSession, person_id: str) -> Sequence[Consent]:
    """Return the consents a person gave, the latest first, at most a hundred."""
    rows = await session.scalars(
        select(Consent).where(consent.c.person_id == person_id).order_by(consent.c.given_at.desc()).limit(100)
    )
    return rows.all()
