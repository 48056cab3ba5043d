"""Tables and queries of the exchange."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.exchange.domain import (
    LEASE,
    Direction,
    Message,
    MessageKind,
    MessageStatus,
    NoSuchTransfer,
    SharedCase,
)

exchange_message = Table(
    "exchange_message",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("kind", EnumText(MessageKind), nullable=False),
    Column("payload", Text, nullable=False, comment="encrypted JSON"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("status", EnumText(MessageStatus), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("problem", Text, nullable=False),
)
Index("ix_exchange_message_application", exchange_message.c.application_id)
Index(
    "ix_exchange_message_queued",
    exchange_message.c.next_attempt_at,
    postgresql_where=exchange_message.c.status == MessageStatus.QUEUED,
)

shared_case = Table(
    "shared_case",
    METADATA,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("partner", Text, nullable=False),
    Column("direction", EnumText(Direction), nullable=False),
    Column("partner_case", Text, nullable=False),
    Column("partner_status", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
Index("uq_shared_case_partner_partner_case", shared_case.c.partner, shared_case.c.partner_case, unique=True)

MAPPERS.map_imperatively(Message, exchange_message)
MAPPERS.map_imperatively(SharedCase, shared_case)


class ExchangeStore:
    """Messages and shared cases inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def queue(self, message: Message) -> None:
        """Keep a message to be sent."""
        self._session.add(message)

    def share(self, case: SharedCase) -> None:
        """Keep that two cities know an application."""
        self._session.add(case)

    async def claim(self, now: datetime, limit: int) -> Sequence[Message]:
        """Return messages to send now, leased so that no other worker sends them meanwhile."""
        due = (
            select(Message)
            .where(
                exchange_message.c.status == MessageStatus.QUEUED, exchange_message.c.next_attempt_at <= now
            )
            .order_by(exchange_message.c.next_attempt_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = (await self._session.scalars(due)).all()
        for message in claimed:
            message.next_attempt_at = now + LEASE
        return claimed

    async def lock_message(self, message_id: UUID) -> Message:
        """Return a message, locked."""
        found = await self._session.get(Message, message_id, with_for_update=True, populate_existing=True)
        if found is None:
            raise NoSuchTransfer
        return found

    async def case_of(self, application_id: UUID) -> SharedCase | None:
        """Return what two cities know of an application; who changes it holds the application's lock."""
        return await self._session.get(SharedCase, application_id, populate_existing=True)

    async def by_partner_case(self, partner: str, partner_case: str) -> SharedCase | None:
        """Return the case that a partner calls so; one at a time for the same name."""
        name = func.hashtext(f"{partner}/{partner_case}")
        await self._session.execute(select(func.pg_advisory_xact_lock(name)))
        wanted = select(SharedCase).where(
            shared_case.c.partner == partner, shared_case.c.partner_case == partner_case
        )
        return (await self._session.scalars(wanted)).one_or_none()


async def messages_of(session: AsyncSession, application_id: UUID) -> Sequence[Message]:
    """Return the messages about an application, the oldest first."""
    wanted = select(Message).where(exchange_message.c.application_id == application_id)
    return (await session.scalars(wanted.order_by(exchange_message.c.created_at))).all()


async def shared(session: AsyncSession, application_id: UUID) -> SharedCase | None:
    """Return what two cities know of an application."""
    return await session.get(SharedCase, application_id)
