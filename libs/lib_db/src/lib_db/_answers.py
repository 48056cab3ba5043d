"""Answers to creating requests, kept so that a repeated request gets the first answer (Idempotency-Key)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Column, LargeBinary, MetaData, SmallInteger, Table, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db._rows import KeyedRow
from lib_db._types import UtcDateTime

ANSWERS_KEPT = timedelta(days=7)


def answer_table(metadata: MetaData) -> Table:
    """Return the table of kept answers, one in each service's database."""
    return Table(
        "idempotency_key",
        metadata,
        Column("scope", Text, primary_key=True, comment="who used the key and on which operation"),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("created_at", UtcDateTime, nullable=False, index=True),
    )


@dataclass(frozen=True)
class KeptAnswer:
    """The first answer to a request: `request_hash` tells whether a later request is the same one."""

    request_hash: bytes
    status: int
    body: bytes


class AnswerRecorder(Protocol):
    """Writes the answer of a command inside the command's own transaction."""

    def row(self, answer: object) -> KeyedRow:
        """Return the row of `answer`, the command's result, as it will be sent."""
        ...

    def taken(self) -> Exception:
        """Return what to raise when another request with this key committed in the meantime."""
        ...


class KeptAnswers:
    """Reads and writes kept answers. A failed command leaves no key, because both share a transaction."""

    def __init__(self, table: Table) -> None:
        self.table = table

    async def find(self, session: AsyncSession, scope: str, key: str) -> KeptAnswer | None:
        """Return the answer first given under the key, if there is one."""
        found = (
            await session.execute(
                select(self.table.c.request_hash, self.table.c.status, self.table.c.body).where(
                    self.table.c.scope == scope, self.table.c.key == key
                )
            )
        ).one_or_none()
        return KeptAnswer(found.request_hash, found.status, found.body) if found else None

    def row(self, scope: str, key: str, answer: KeptAnswer) -> KeyedRow:
        """Return the row that keeps an answer; nothing is written with it once its key is taken."""
        row = {
            "scope": scope,
            "key": key,
            "request_hash": answer.request_hash,
            "status": answer.status,
            "body": answer.body,
            "created_at": datetime.now(UTC),
        }
        return KeyedRow(self.table, row)

    async def forget_old(self, session: AsyncSession) -> None:
        """Delete answers older than `ANSWERS_KEPT`."""
        await session.execute(
            delete(self.table).where(self.table.c.created_at < datetime.now(UTC) - ANSWERS_KEPT)
        )
