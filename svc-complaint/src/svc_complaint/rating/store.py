"""Tables and queries of ratings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    case,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, Sessions, UtcDateTime
from lib_kernel import Clock
from svc_complaint.database import MAPPERS, METADATA
from svc_complaint.rating.domain import COUNTED, TEN_MINUTES, NoSuchRating, Rating, Status

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
    Column("window", Text),
    Column("clerk", Text),
    Column("invited_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime),
    Column("status", EnumText(Status), nullable=False),
    Column("level", SmallInteger),
    Column("tags", ARRAY(Text), nullable=False),
    Column("comment", Text, comment="encrypted"),
    Column("channel", Text),
    Column("submitted_at", UtcDateTime),
    Column("case_id", Uuid),
    Column("flags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("appealed_by", Text),
    Column("appeal", Text, comment="encrypted"),
    Column("reviewed_by", Text),
    Column("reviewed_at", UtcDateTime),
    CheckConstraint("level BETWEEN 1 AND 5", name="five_levels"),
)
R = rating.c
Index("ix_rating_person", R.person_id, R.invited_at)
Index("ix_rating_submitted", R.submitted_at, postgresql_where=R.submitted_at.is_not(None))
Index("ix_rating_invited", R.invited_at)
Index("ix_rating_closes", R.closes_at, postgresql_where=R.status == Status.INVITED)
Index("ix_rating_window", R.service_point, R.window, R.submitted_at)

rating_tags = Table(
    "rating_tags",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("tags", JSONB, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

MAPPERS.map_imperatively(Rating, rating)
BY = {"item": R.item_code, "department": R.department, "service_point": R.service_point, "clerk": R.clerk}


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

    async def complete(self, service_key: str, **facts: str | None) -> None:
        """Add what a later event knows of a service to its invitation, where nothing was known."""
        known = {name: value for name, value in facts.items() if value}
        if "department" in known:
            # Only the application knows its department; with it comes the service's proper name.
            await self._session.execute(
                update(rating).where(R.service_key == service_key, R.department == "").values(**known)
            )
        if "window" in known:
            await self._session.execute(
                update(rating).where(R.service_key == service_key, R.window.is_(None)).values(**known)
            )

    async def lock(self, rating_id: UUID) -> Rating:
        """Return the rating, locked. Raises NoSuchRating."""
        found = await self._session.get(Rating, rating_id, with_for_update=True)
        if found is None:
            raise NoSuchRating
        return found

    async def lately(self, one: Rating, now: datetime) -> tuple[int, int]:
        """Return how many ratings the person gave in a day, and the window got in ten minutes."""
        of_person = select(func.count()).where(
            R.person_id == one.person_id, R.submitted_at > now - timedelta(days=1)
        )
        of_window = select(func.count()).where(
            R.service_point == one.service_point, R.window == one.window, R.submitted_at > now - TEN_MINUTES
        )
        by_person = await self._session.scalar(of_person) or 0
        return by_person, (await self._session.scalar(of_window) or 0) if one.window else 0

    async def tags(self) -> Mapping[int, Collection[str]]:
        """Return the tags in force by level."""
        found: dict[int, set[str]] = {}
        for tag in await tags(self._session):
            found.setdefault(int(tag["level"]), set()).add(str(tag["name"]))
        return found


async def tags(session: AsyncSession) -> Sequence[Mapping[str, Any]]:
    """Return the tags in force, none before the first were published."""
    newest = select(rating_tags.c.tags).order_by(rating_tags.c.version.desc()).limit(1)
    return await session.scalar(newest) or []


async def publish_tags(session: AsyncSession, records: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Keep tags as the next version unless they are those in force."""
    last = select(rating_tags).order_by(rating_tags.c.version.desc()).limit(1)
    row = (await session.execute(last)).one_or_none()
    plain = [dict(record) for record in records]
    if row is None or row.tags != plain:
        version = row.version + 1 if row else 1
        await session.execute(insert(rating_tags).values(version=version, tags=plain, since=now))


async def of_person(
    session: AsyncSession,
    person_id: str,
    *,
    status: Status | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Rating]:
    """Return a person's ratings, the latest first."""
    statement = select(Rating).where(R.person_id == person_id)
    if status is not None:
        statement = statement.where(R.status == status)
    if before is not None:
        statement = statement.where(tuple_(R.invited_at, R.id) < before)
    return (await session.scalars(statement.order_by(R.invited_at.desc(), R.id.desc()).limit(limit))).all()


async def to_review(session: AsyncSession, *, flagged: bool, limit: int) -> Sequence[Rating]:
    """Return ratings that an appeal waits for, or that look like ballot stuffing, the oldest first."""
    condition = func.cardinality(R.flags) > 0 if flagged else R.status == Status.APPEALED
    statement = select(Rating).where(condition, R.reviewed_by.is_(None))
    return (await session.scalars(statement.order_by(R.submitted_at, R.id).limit(limit))).all()


@dataclass(frozen=True)
class Rate:
    """How one item, department, window … was rated in a span of time."""

    key: str
    invited: int
    rated: int
    good: int
    bad: int
    levels: tuple[int, int, int, int, int]
    flagged: int


async def rates(
    session: AsyncSession, by: str, since: datetime, until: datetime, limit: int = 500
) -> Sequence[Rate]:
    """Return the ratings of services invited in a span, grouped, the most bad ones first."""
    key = R.service_point + "/" + R.window if by == "window" else BY[by]
    counts = R.status.in_(sorted(COUNTED))
    levels = [func.sum(case((counts & (R.level == level), 1), else_=0)) for level in range(1, 6)]
    columns = (
        func.coalesce(key, "").label("key"),
        func.count().label("invited"),
        func.sum(case((R.submitted_at.is_not(None), 1), else_=0)).label("rated"),
        *(column.label(f"l{number}") for number, column in enumerate(levels, start=1)),
        func.sum(case((func.cardinality(R.flags) > 0, 1), else_=0)).label("flagged"),
    )
    bad = levels[0] + levels[1]
    rows = await session.execute(
        select(*columns)
        .where(R.invited_at >= since, R.invited_at < until, func.coalesce(key, "") != "")
        .group_by(key)
        .order_by(bad.desc(), func.count().desc(), "key")
        .limit(limit)
    )
    return [
        Rate(
            row.key,
            row.invited,
            row.rated,
            row.l3 + row.l4 + row.l5,
            row.l1 + row.l2,
            (row.l1, row.l2, row.l3, row.l4, row.l5),
            row.flagged,
        )
        for row in rows
    ]


async def expire(sessions: Sessions, clock: Clock) -> None:
    """Close invitations whose time is over (a duty)."""
    async with sessions.begin() as session:
        late = (R.status == Status.INVITED) & (R.closes_at < clock.now())
        await session.execute(update(rating).where(late).values(status=Status.EXPIRED))
