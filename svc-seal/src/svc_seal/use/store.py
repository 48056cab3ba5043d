"""Tables of uses and of the audit chain."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_seal.database import MAPPERS, METADATA
from svc_seal.seal.store import seal
from svc_seal.use.domain import GENESIS, AuditRecord, SealUse, chain_digest

seal_use = Table(
    "seal_use",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("use_key", Text, nullable=False, unique=True),
    Column("seal_code", ForeignKey(seal.c.code), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3 of the sealed file, hex"),
    Column("document", LargeBinary, nullable=False, comment="the sealed file, given again on a repeat"),
    Column("sealed_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3 over this record and the digest before"),
)

MAPPERS.map_imperatively(SealUse, seal_use)


class UseStore:
    """Uses inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, use_key: str) -> SealUse | None:
        """Hold the occasion for this transaction; return its use when it was sealed already."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(use_key, 0))))
        found: SealUse | None = await self._session.scalar(
            select(SealUse).where(seal_use.c.use_key == use_key)
        )
        return found

    def add(self, use: SealUse) -> None:
        """Keep a use."""
        self._session.add(use)


class AuditStore:
    """The append-only chain inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note(self, actor: str, action: str, subject: str, at: datetime, facts: dict[str, str]) -> None:
        """Write the next record. Writers wait for each other here: a chain has one end."""
        await self._session.execute(select(func.pg_advisory_xact_lock(38540)))
        last = (
            await self._session.execute(
                select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
            )
        ).one_or_none()
        number = last.number + 1 if last else 1
        digest = chain_digest(last.digest if last else GENESIS, number, actor, action, subject, at, facts)
        await self._session.execute(
            audit.insert().values(
                number=number,
                actor=actor,
                action=action,
                subject=subject,
                at=at,
                facts=facts,
                digest=digest,
            )
        )


async def records(
    session: AsyncSession, *, after: int = 0, limit: int | None = None
) -> Sequence[AuditRecord]:
    """Return audit records in order."""
    rows = await session.execute(
        select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
    )
    return [AuditRecord(*row) for row in rows]
