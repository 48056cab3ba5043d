"""Tables and queries of the exchange."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, SmallInteger, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import new_id
from svc_complaint.database import METADATA
from svc_complaint.exchange.domain import Message

exchange_message = Table(
    "exchange_message",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("case_id", Uuid, index=True),
    Column("body", JSONB, nullable=False),
    Column("sealed", Text, comment="encrypted part of the body"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("sent_at", UtcDateTime),
    Column("reason", Text, comment="why the last attempt failed"),
)
M = exchange_message.c
Index("uq_exchange_message_key", M.topic, M.key, unique=True)
Index("ix_exchange_message_due", M.next_at, postgresql_where=M.sent_at.is_(None))

exchange_cursor = Table(
    "exchange_cursor",
    METADATA,
    Column("platform", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)


class ExchangeStore:
    """Messages to other platforms inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def send(
        self,
        topic: str,
        key: str,
        case_id: UUID | None,
        body: Mapping[str, object],
        now: datetime,
        *,
        sealed: str | None = None,
    ) -> None:
        """Queue a message; one with the same key is queued once. `sealed` is its encrypted part, JSON."""
        values = {"id": new_id(), "topic": topic, "key": key, "case_id": case_id, "body": dict(body)}
        values["sealed"] = sealed
        await self._session.execute(
            insert(exchange_message)
            .values(**values, created_at=now, next_at=now)
            .on_conflict_do_nothing(index_elements=["topic", "key"])
        )

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Message]:
        """Lease due messages until a moment: they are sent after this transaction, by nobody else."""
        due = (
            select(M.id)
            .where(M.sent_at.is_(None), M.next_at <= now)
            .order_by(M.next_at, M.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._session.execute(
            update(exchange_message)
            .where(M.id.in_(due.scalar_subquery()))
            .values(next_at=until)
            .returning(M.id, M.topic, M.key, M.case_id, M.body, M.sealed, M.attempts)
        )
        return sorted((Message(*row) for row in rows), key=lambda one: one.id)

    async def sent(self, message: Message, now: datetime) -> None:
        """Note that the platform has it."""
        await self._session.execute(
            update(exchange_message).where(M.id == message.id).values(sent_at=now, reason=None)
        )

    async def failed(self, message: Message, reason: str, next_at: datetime) -> None:
        """Note a failed attempt."""
        await self._session.execute(
            update(exchange_message)
            .where(M.id == message.id)
            .values(attempts=message.attempts + 1, reason=reason, next_at=next_at)
        )

    async def cursor(self, platform: str) -> str:
        """Return how far a platform's orders were read."""
        wanted = select(exchange_cursor.c.cursor).where(exchange_cursor.c.platform == platform)
        return await self._session.scalar(wanted) or ""

    async def lock_cursor(self, platform: str, now: datetime) -> str | None:
        """Return how far a platform's orders were read, locked; None when another worker takes some in."""
        first = insert(exchange_cursor).values(platform=platform, cursor="", seen_at=now)
        await self._session.execute(first.on_conflict_do_nothing())
        wanted = select(exchange_cursor.c.cursor).where(exchange_cursor.c.platform == platform)
        found: str | None = await self._session.scalar(wanted.with_for_update(skip_locked=True))
        return found

    async def read_up_to(self, platform: str, cursor: str, now: datetime) -> None:
        """Note how far a platform's orders were read."""
        await self._session.execute(
            update(exchange_cursor)
            .where(exchange_cursor.c.platform == platform)
            .values(cursor=cursor, seen_at=now)
        )


async def states(session: AsyncSession, topic: str, key_prefix: str) -> dict[str, int]:
    """Return how many messages of a sort were sent and how many wait."""
    rows = await session.execute(
        select(M.sent_at.is_not(None).label("sent"), func.count())
        .where(M.topic == topic, M.key.startswith(key_prefix, autoescape=True))
        .group_by(M.sent_at.is_not(None))
    )
    counts = {("sent" if sent else "waiting"): count for sent, count in rows}
    return {"sent": counts.get("sent", 0), "waiting": counts.get("waiting", 0)}


async def waiting(session: AsyncSession, limit: int) -> Sequence[Any]:
    """Return messages that were not taken yet, those tried most often first."""
    rows = await session.execute(
        select(M.id, M.topic, M.case_id, M.attempts, M.reason)
        .where(M.sent_at.is_(None))
        .order_by(M.attempts.desc(), M.id)
        .limit(limit)
    )
    return rows.all()
