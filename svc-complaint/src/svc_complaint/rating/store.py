"""Table and queries of ratings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, Table, Text, Uuid, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_complaint.database import MAPPERS, METADATA
from svc_complaint.rating.domain import NoSuchRating, Rating, Status

rating = Table(
    "rating",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("service_key", Text, nullable=False, unique=True),
    Column("person_id", Text, nullable=False),
    Column("service_name", Text, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("service_point", Text, nullable=False),
    Column("invited_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("level", SmallInteger),
    Column("tags", ARRAY(Text), nullable=False),
    Column("comment", Text, comment="encrypted"),
    Column("submitted_at", UtcDateTime),
    Column("case_id", Uuid),
    CheckConstraint("level BETWEEN 1 AND 5", name="five_levels"),
)
Index("ix_rating_person", rating.c.person_id, rating.c.invited_at)

MAPPERS.map_imperatively(Rating, rating)


class RatingStore:
    """Ratings inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def invite(self, new: Rating) -> Rating | None:
        """Keep an invitation; return None when the service has one already."""
        values = {column.key: getattr(new, column.key) for column in rating.c}
        written = await self._session.execute(
            insert(rating).values(**values).on_conflict_do_nothing().returning(rating.c.id)
        )
        return new if written.one_or_none() is not None else None

    async def complete(self, service_key: str, *, service_name: str, department: str) -> None:
        """Add what a later event knows of a service to its invitation."""
        await self._session.execute(
            update(rating)
            .where(rating.c.service_key == service_key, rating.c.department == "")
            .values(service_name=service_name, department=department)
        )

    async def lock(self, rating_id: UUID) -> Rating:
        """Return the rating, locked. Raises NoSuchRating."""
        found = await self._session.get(Rating, rating_id, with_for_update=True)
        if found is None:
            raise NoSuchRating
        return found


async def of_person(
    session: AsyncSession,
    person_id: str,
    *,
    status: Status | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Rating]:
    """Return a person's ratings, the latest first."""
    statement = select(Rating).where(rating.c.person_id == person_id)
    if status is not None:
        statement = statement.where(rating.c.status == status)
    if before is not None:
        statement = statement.where(tuple_(rating.c.invited_at, rating.c.id) < before)
    ordered = statement.order_by(rating.c.invited_at.desc(), rating.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()
