"""Table and queries of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.delivery.domain import Delivery, DeliveryStatus, Method, NoDelivery

delivery = Table(
    "delivery",
    METADATA,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("method", EnumText(Method), nullable=False),
    Column("address", Text, comment="encrypted JSON"),
    Column("pickup_code", Text, comment="encrypted"),
    Column("status", EnumText(DeliveryStatus), nullable=False),
    Column("wrong_codes", Integer, nullable=False),
    Column("carrier", Text),
    Column("tracking_number", Text),
    Column("tracked", Text, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("looked_at", UtcDateTime),
    Column("handed_over_at", UtcDateTime),
)
Index(
    "ix_delivery_under_way", delivery.c.looked_at, postgresql_where=delivery.c.status == DeliveryStatus.SENT
)

MAPPERS.map_imperatively(Delivery, delivery)


class DeliveryStore:
    """Deliveries inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, new: Delivery) -> None:
        """Keep a new delivery."""
        self._session.add(new)

    async def lock(self, application_id: UUID) -> Delivery:
        """Return the delivery of an application, locked. Raises NoDelivery."""
        found = await self._session.get(Delivery, application_id, with_for_update=True)
        if found is None:
            raise NoDelivery
        return found


async def one(session: AsyncSession, application_id: UUID) -> Delivery:
    """Return the delivery of an application. Raises NoDelivery."""
    found = await session.get(Delivery, application_id)
    if found is None:
        raise NoDelivery
    return found


async def under_way(session: AsyncSession, looked_before: datetime, limit: int) -> Sequence[Delivery]:
    """Return parcels on their way that nobody asked the carrier about since a moment."""
    wanted = (
        select(Delivery)
        .where(
            delivery.c.status == DeliveryStatus.SENT,
            (delivery.c.looked_at.is_(None)) | (delivery.c.looked_at < looked_before),
        )
        .order_by(delivery.c.looked_at.nulls_first())
        .limit(limit)
    )
    return (await session.scalars(wanted)).all()
