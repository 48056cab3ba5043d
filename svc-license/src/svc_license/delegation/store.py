"""Table and queries of delegations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, Text, Uuid, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.delegation.domain import Delegation, NoSuchDelegation, Standing
from svc_license.license import store as licenses
from svc_license.license.domain import License
from svc_license.license.store import license_table

delegation = Table(
    "delegation",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("delegate_id", Text, nullable=False),
    Column("relation", Text, nullable=False),
    Column("offered_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("status", EnumText(Standing), nullable=False),
    Column("decided_at", UtcDateTime),
)
Index("ix_delegation_person", delegation.c.person_id, delegation.c.offered_at)
Index("ix_delegation_delegate", delegation.c.delegate_id, delegation.c.offered_at)

MAPPERS.map_imperatively(Delegation, delegation)


class DelegationStore:
    """Delegations inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, kept: Delegation) -> None:
        """Keep a delegation."""
        self._session.add(kept)

    async def lock(self, delegation_id: UUID) -> Delegation:
        """Return the delegation, locked. Raises NoSuchDelegation."""
        found = await self._session.get(Delegation, delegation_id, with_for_update=True)
        if found is None:
            raise NoSuchDelegation
        return found

    async def own_license(self, license_id: UUID, person_id: str) -> License:
        """Return the person's licence. Raises NoSuchLicense."""
        return await licenses.one_of_person(self._session, license_id, person_id)

    async def license(self, license_id: UUID) -> License:
        """Return a licence. Raises NoSuchLicense."""
        return await licenses.one(self._session, license_id)


async def may_show(session: AsyncSession, license_id: UUID, person_id: str, now: datetime) -> bool:
    """Return whether somebody accepted to show a licence and still may."""
    accepted = exists().where(
        delegation.c.license_id == license_id,
        delegation.c.delegate_id == person_id,
        delegation.c.status == Standing.ACCEPTED,
        delegation.c.until > now,
    )
    return bool(await session.scalar(select(accepted)))


async def of_person(session: AsyncSession, person_id: str) -> Sequence[Delegation]:
    """Return the delegations a person gave or was given, the latest first, at most a hundred."""
    mine = (delegation.c.person_id == person_id) | (delegation.c.delegate_id == person_id)
    rows = await session.scalars(
        select(Delegation).where(mine).order_by(delegation.c.offered_at.desc()).limit(100)
    )
    return rows.all()
