"""Table and queries of seals."""

from collections.abc import Sequence

from sqlalchemy import Column, LargeBinary, Table, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_seal.database import MAPPERS, METADATA
from svc_seal.seal.domain import NoSuchSeal, Seal, SealExists, Status

seal = Table(
    "seal",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("department", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("approved_by", Text),
    Column("valid_from", UtcDateTime),
    Column("valid_until", UtcDateTime),
    Column("made", LargeBinary, nullable=False, comment="SESeal in DER"),
    Column("certificate", LargeBinary, nullable=False, comment="signer, DER"),
    Column("wrapped_key", LargeBinary, nullable=False, comment="signer's key under the master key"),
    Column("picture", LargeBinary, nullable=False, comment="PNG"),
)

MAPPERS.map_imperatively(Seal, seal)


class SealStore:
    """Seals inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: Seal) -> None:
        """Keep a new seal. Raises SealExists."""
        self._session.add(new)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise SealExists(f"印章编码 {new.code} 已存在", seal_code=new.code) from error

    async def lock(self, code: str) -> Seal:
        """Return the seal, locked. Raises NoSuchSeal."""
        found = await self._session.get(Seal, code, with_for_update=True)
        if found is None:
            raise NoSuchSeal(f"没有编码为 {code} 的印章")
        return found


async def page(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Seal]:
    """Return seals by code."""
    statement = select(Seal).order_by(seal.c.code).limit(limit)
    if after is not None:
        statement = statement.where(seal.c.code > after)
    return (await session.scalars(statement)).all()


async def one(session: AsyncSession, code: str) -> Seal:
    """Return a seal. Raises NoSuchSeal."""
    found = await session.get(Seal, code)
    if found is None:
        raise NoSuchSeal(f"没有编码为 {code} 的印章")
    return found
