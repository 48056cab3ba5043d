"""Tables and queries of digests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Date, Table, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import CITY_ZONE
from svc_complaint.complaint_case.domain import Outcome
from svc_complaint.complaint_case.store import C, complaint_case
from svc_complaint.database import METADATA
from svc_complaint.digest.domain import (
    REPEATED_FROM,
    WEEK,
    Counts,
    Group,
    More,
    NoSuchDigest,
    Topic,
    digest,
    span,
)
from svc_complaint.kind.store import case_kind
from svc_complaint.rating.domain import COUNTED
from svc_complaint.rating.store import R
from svc_complaint.timer.store import case_timer
from svc_complaint.triage.store import category

daily_digest = Table(
    "daily_digest",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("facts", JSONB, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
digest_subscriber = Table(
    "digest_subscriber",
    METADATA,
    Column("person_id", Text, primary_key=True, comment="staff id, or person id"),
    Column("since", UtcDateTime, nullable=False),
)
KEYS = (C.kind, C.category, C.department, C.division)
MOST_TOPICS = 20


async def groups(session: AsyncSession, day: date) -> Sequence[Group]:
    """Return the day's counts by everything a digest is broken down by; one pass over the cases."""
    begin, end = span(day)
    is_open = C.closed_at.is_(None) | (C.closed_at >= end)
    rows = await session.execute(
        select(
            *KEYS,
            func.count().filter(C.received_at >= begin),
            func.count().filter(C.closed_at < end),
            func.count().filter(is_open),
            func.count().filter(is_open & (C.due_at < end)),
        )
        .where(C.received_at < end, C.closed_at.is_(None) | (C.closed_at >= begin))
        .group_by(*KEYS)
    )
    return [
        Group(kind, cause, department, division, Counts(*counts))
        for kind, cause, department, division, *counts in rows
    ]


async def more(session: AsyncSession, day: date) -> More:
    """Return what a digest says beside counts of cases."""
    begin, end = span(day)
    closed = [C.closed_at >= begin, C.closed_at < end, C.outcome.in_([Outcome.SOLVED, Outcome.UNANSWERED])]
    on_time = select(func.count()).where(*closed, func.coalesce(C.resolved_at, C.closed_at) <= C.due_at)
    escalated = select(func.count()).where(case_timer.c.fired_at >= begin, case_timer.c.fired_at < end)
    troubles = select(func.count()).select_from(complaint_case).where(C.has_trouble, C.closed_at.is_(None))
    rated = select(func.count(), func.count().filter(R.level <= 2)).where(
        R.submitted_at >= begin, R.submitted_at < end, R.status.in_(sorted(COUNTED))
    )
    called = select(func.count()).where(C.called_back_at >= begin, C.called_back_at < end)
    count, bad = (await session.execute(rated)).one()
    return More(
        closed_on_time=await session.scalar(on_time) or 0,
        escalated=await session.scalar(escalated) or 0,
        troubles=await session.scalar(troubles) or 0,
        rated=count,
        bad=bad,
        called_back=await session.scalar(called) or 0,
        topics=tuple(await topics(session, day)),
    )


async def topics(session: AsyncSession, day: date) -> list[Topic]:
    """Return what many cases of the week up to the day are about: a cause at a place or an item."""
    _, end = span(day)
    place = func.coalesce(C.service_point, C.item_code, C.division)
    rows = await session.execute(
        select(C.category, place, func.count())
        .where(C.received_at >= end - WEEK, C.received_at < end, C.category.is_not(None))
        .group_by(C.category, place)
        .having(func.count() >= REPEATED_FROM)
        .order_by(func.count().desc(), C.category, place)
        .limit(MOST_TOPICS)
    )
    return [Topic(*row) for row in rows]


async def compute(session: AsyncSession, day: date) -> dict[str, Any]:
    """Return a day's digest."""
    days = (day - timedelta(days=1), day - WEEK)
    rows = await session.execute(
        select(daily_digest.c.day, daily_digest.c.facts).where(daily_digest.c.day.in_(days))
    )
    names = ("received", "closed", "open", "overdue")
    earlier = {row.day: Counts(*(row.facts[name] for name in names)) for row in rows}
    for other in days:
        if other not in earlier:
            found = await groups(session, other)
            if found:
                earlier[other] = sum((group.counts for group in found), Counts())
    return digest(day, await groups(session, day), await more(session, day), earlier)


async def made(session: AsyncSession, since: date) -> set[date]:
    """Return the days from `since` on that have a digest."""
    return set(await session.scalars(select(daily_digest.c.day).where(daily_digest.c.day >= since)))


async def first_day(session: AsyncSession) -> date | None:
    """Return the day of the first case, in the city."""
    found: datetime | None = await session.scalar(select(func.min(C.received_at)))
    return found.astimezone(CITY_ZONE).date() if found else None


async def only_one(session: AsyncSession) -> bool:
    """Return whether this transaction is the one that makes digests now; others need not wait for it."""
    locked = select(func.pg_try_advisory_xact_lock(func.hashtext("daily_digest")))
    return bool(await session.scalar(locked))


async def keep(session: AsyncSession, day: date, facts: dict[str, Any], now: datetime) -> bool:
    """Keep a digest; return False when the day has one."""
    written = await session.execute(
        insert(daily_digest)
        .values(day=day, facts=facts, made_at=now)
        .on_conflict_do_nothing()
        .returning(daily_digest.c.day)
    )
    return written.one_or_none() is not None


async def one(session: AsyncSession, day: date) -> dict[str, Any]:
    """Return a day's digest. Raises NoSuchDigest."""
    found = await session.scalar(select(daily_digest.c.facts).where(daily_digest.c.day == day))
    if found is None:
        raise NoSuchDigest(f"{day.isoformat()} 的汇总尚未生成")
    return dict(found)


async def last(session: AsyncSession, until: date, count: int) -> list[dict[str, Any]]:
    """Return the latest digests up to a day, the earliest first."""
    rows = await session.scalars(
        select(daily_digest.c.facts)
        .where(daily_digest.c.day <= until)
        .order_by(daily_digest.c.day.desc())
        .limit(count)
    )
    return list(rows)[::-1]


async def subscribers(session: AsyncSession) -> Sequence[str]:
    """Return who gets the digest."""
    ordered = select(digest_subscriber.c.person_id).order_by(digest_subscriber.c.person_id)
    return (await session.scalars(ordered)).all()


async def subscribe(session: AsyncSession, person: str, now: datetime) -> None:
    """Send somebody the digest from now on."""
    await session.execute(
        insert(digest_subscriber).values(person_id=person, since=now).on_conflict_do_nothing()
    )


async def unsubscribe(session: AsyncSession, person: str) -> None:
    """Send somebody no digest any more."""
    await session.execute(digest_subscriber.delete().where(digest_subscriber.c.person_id == person))


async def labels(session: AsyncSession) -> dict[str, str]:
    """Return the names of kinds and causes by code."""
    kinds = select(case_kind.c.code, case_kind.c.definition["name"].astext).order_by(case_kind.c.version)
    causes = select(category.c.code, category.c.name)
    found = {code: name for code, name in await session.execute(kinds)}
    return found | {code: name for code, name in await session.execute(causes)}
