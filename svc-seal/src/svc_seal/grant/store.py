"""Table and queries of grants."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Table, Text, Uuid, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime, among
from svc_seal.database import MAPPERS, METADATA
from svc_seal.grant.domain import Grant, NoSuchGrant, UnknownSeal

seal_grant = Table(
    "seal_grant",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("seal_code", ForeignKey("seal.code"), nullable=False, index=True),
    Column("user", Text, nullable=False, comment="staff id or service"),
    Column("purpose", Text, nullable=False, comment="* for any"),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

MAPPERS.map_imperatively(Grant, seal_grant)


class GrantStore:
    """Grants inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, grant: Grant) -> None:
        """Keep a grant. Raises UnknownSeal."""
        self._session.add(grant)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise UnknownSeal(f"没有编码为 {grant.seal_code} 的印章") from error

    async def lock(self, seal_code: str, grant_id: UUID) -> Grant:
        """Return the grant, locked. Raises NoSuchGrant."""
        found = await self._session.get(Grant, grant_id, with_for_update=True)
        if found is None or found.seal_code != seal_code:
            raise NoSuchGrant
        return found


async def of_seals(session: AsyncSession, codes: Collection[str]) -> Sequence[Grant]:
    """Return the grants of some seals that were not taken back."""
    statement = select(Grant).where(among(seal_grant.c.seal_code, codes), seal_grant.c.ended_at.is_(None))
    return (await session.scalars(statement)).all()


async def page(session: AsyncSession, seal_code: str, *, after: UUID | None, limit: int) -> Sequence[Grant]:
    """Return the grants of a seal, also those taken back, in the order they were given."""
    statement = (
        select(Grant).where(seal_grant.c.seal_code == seal_code).order_by(seal_grant.c.id).limit(limit)
    )
    if after is not None:
        statement = statement.where(seal_grant.c.id > after)
    return (await session.scalars(statement)).all()
