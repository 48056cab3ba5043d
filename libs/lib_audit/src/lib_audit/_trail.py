"""Tables and queries of the trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, MetaData, SmallInteger, Table, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit._chain import GENESIS, AuditRecord, ChainReport, Note, chain_digest
from lib_db import UtcDateTime, arrays, insert_arrays

CHECKED_AT_ONCE = 2000


@dataclass(frozen=True)
class AuditTables:
    """`records`: the chain. `head`: its last number and digest, so that a cut-off end is noticed."""

    records: Table
    head: Table


def audit_tables(metadata: MetaData) -> AuditTables:
    """Declare the tables of a trail in a service's metadata."""
    return AuditTables(
        Table(
            "audit_record",
            metadata,
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            Column("actor", Text, nullable=False),
            Column("action", Text, nullable=False),
            Column("subject", Text, nullable=False, index=True),
            Column("at", UtcDateTime, nullable=False),
            Column("facts", JSONB, nullable=False),
            Column("digest", Text, nullable=False, comment="SM3 over this record and the digest before"),
        ),
        Table(
            "audit_head",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False, comment="always 1"),
            Column("number", BigInteger, nullable=False),
            Column("digest", Text, nullable=False),
        ),
    )


class AuditTrail:
    """The trail inside one transaction: a record is there if, and only if, what it tells of is."""

    def __init__(self, session: AsyncSession, tables: AuditTables) -> None:
        self._session = session
        self._tables = tables

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record.

        The head's row is locked until the transaction ends, because a chain has one end: note last, just
        before the commit. `action` is `<entity>.<verb>`, `subject` the id or code of the entity.
        """
        await self.note_all([Note(actor, action, subject, at, facts or {})])

    async def note_all(self, notes: Sequence[Note]) -> None:
        """Write the next records in order, for the price of one: the head is held once for all of them."""
        if not notes:
            return
        number, digest = await self._hold_head()
        rows = []
        for note in notes:
            number, known = number + 1, dict(note.facts)
            digest = chain_digest(digest, number, note.actor, note.action, note.subject, note.at, known)
            rows.append(
                {
                    "number": number,
                    "actor": note.actor,
                    "action": note.action,
                    "subject": note.subject,
                    "at": note.at,
                    "facts": known,
                    "digest": digest,
                }
            )
        written = insert_arrays(self._tables.records, tuple(rows[0])).cte("written")
        moved = update(self._tables.head).values(number=bindparam("last"), digest=bindparam("end"))
        await self._session.execute(moved.add_cte(written), {"last": number, "end": digest, **arrays(rows)})

    async def _hold_head(self) -> tuple[int, str]:
        head = self._tables.head
        wanted = select(head.c.number, head.c.digest).with_for_update()
        found = (await self._session.execute(wanted)).one_or_none()
        if found is None:
            first = insert(head).values(id=1, number=0, digest=GENESIS).on_conflict_do_nothing()
            await self._session.execute(first)
            found = (await self._session.execute(wanted)).one()
        return found.number, found.digest


async def records(
    session: AsyncSession,
    tables: AuditTables,
    *,
    subject: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> Sequence[AuditRecord]:
    """Return records in order, those of one subject or all."""
    table = tables.records
    statement = select(table).where(table.c.number > after)
    if subject is not None:
        statement = statement.where(table.c.subject == subject)
    rows = await session.execute(statement.order_by(table.c.number).limit(limit))
    return [AuditRecord(*row) for row in rows]


async def verify_chain(session: AsyncSession, tables: AuditTables) -> ChainReport:
    """Check the whole chain up to its head, some records at a time."""
    head = (await session.execute(select(tables.head.c.number, tables.head.c.digest))).one_or_none()
    number, digest = 0, GENESIS
    while batch := await records(session, tables, after=number, limit=CHECKED_AT_ONCE):
        for record in batch:
            if record.number != number + 1 or not record.fits_after(digest):
                return ChainReport(number, number + 1)
            number, digest = record.number, record.digest
    wanted = (head.number, head.digest) if head is not None else (0, GENESIS)
    # Records written while this ran lie behind the head that was read; only a head beyond them is a loss.
    cut_off = wanted[0] > number or (wanted[0] == number and wanted[1] != digest)
    return ChainReport(number, number + 1 if cut_off else None)
