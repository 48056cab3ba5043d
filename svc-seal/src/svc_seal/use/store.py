"""Table and queries of uses."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime, among, arrays, insert_arrays
from svc_seal.database import MAPPERS, METADATA
from svc_seal.seal.store import seal
from svc_seal.use.domain import Kind, SealUse

seal_use = Table(
    "seal_use",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("use_key", Text, nullable=False, unique=True),
    Column("seal_code", ForeignKey(seal.c.code), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SM3 of the sealed file, hex"),
    Column(
        "document", LargeBinary, comment="the sealed file, given again on a repeat; dropped after 30 days"
    ),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("kind", EnumText(Kind), nullable=False, server_default=Kind.OFD.value),
    Index("ix_seal_use_kept", "sealed_at", postgresql_where=text("document IS NOT NULL")),
)

MAPPERS.map_imperatively(SealUse, seal_use)

COLUMNS = tuple(seal_use.c.keys())
ADD_NEW = (
    insert_arrays(seal_use, COLUMNS)
    .on_conflict_do_nothing(index_elements=["use_key"])
    .returning(seal_use.c.use_key)
)


class UseStore:
    """Uses inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_new(self, uses: Sequence[SealUse]) -> set[str]:
        """Keep uses whose occasion is new; return the keys of those kept."""
        if not uses:
            return set()
        once = {use.use_key: use for use in reversed(uses)}
        # Everybody inserts in the same order, so that two groups never wait for each other.
        rows = [{name: getattr(once[key], name) for name in COLUMNS} for key in sorted(once)]
        return set(await self._session.scalars(ADD_NEW, arrays(rows)))

    async def of_keys(self, keys: Collection[str]) -> dict[str, SealUse]:
        """Return the uses of some occasions."""
        return await of_keys(self._session, keys)

    async def forget_documents(self, before: datetime, limit: int) -> int:
        """Drop the files of old uses, not the uses; return how many."""
        old = (
            select(seal_use.c.id)
            .where(seal_use.c.document.is_not(None), seal_use.c.sealed_at < before)
            .limit(limit)
        )
        statement = update(seal_use).where(seal_use.c.id.in_(old)).values(document=None)
        return len((await self._session.execute(statement.returning(seal_use.c.id))).all())


async def of_keys(session: AsyncSession, keys: Collection[str]) -> dict[str, SealUse]:
    """Return the uses of some occasions by their keys."""
    if not keys:
        return {}
    found = await session.scalars(select(SealUse).where(among(seal_use.c.use_key, keys)))
    return {use.use_key: use for use in found}
