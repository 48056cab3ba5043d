"""Tables and queries of taxonomy, rules and word sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import Sessions, UtcDateTime
from lib_kernel import Clock, StaleVersion
from svc_complaint.database import METADATA
from svc_complaint.triage.domain import SIMILAR_FROM, Category, Rule, likeness, rarity

category = Table(
    "category",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", Text),
    Column("department", Text),
    Column("terms", JSONB, nullable=False),
)
routing_rules = Table(
    "routing_rules",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", JSONB, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
)
case_words = Table(
    "case_words",
    METADATA,
    Column("case_id", Uuid, primary_key=True),
    Column("words", ARRAY(BigInteger), nullable=False, comment="keyed hashes"),
    Column("received_at", UtcDateTime, nullable=False, index=True),
)
Index("ix_case_words_words", case_words.c.words, postgresql_using="gin")
word_count = Table(
    "word_count",
    METADATA,
    Column("word", BigInteger, primary_key=True, autoincrement=False),
    Column("cases", Integer, nullable=False),
)

COMPARED_DAYS = timedelta(days=60)
COMPARED_WORDS = 6
MOST_COMPARED = 400
COMMON = 50


@dataclass(frozen=True)
class Similar:
    """A case that is like another, and which words both have."""

    case_id: UUID
    likeness: float
    shared: tuple[int, ...]


class TriageStore:
    """Taxonomy, rules and word sets inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def categories(self) -> Sequence[Category]:
        """Return the taxonomy."""
        return await categories(self._session)

    async def rules(self) -> Sequence[Rule]:
        """Return the rules in force."""
        return await rules(self._session)

    async def remember(self, case_id: UUID, words: list[int], at: datetime) -> None:
        """Keep the word set of a case."""
        await self._session.execute(insert(case_words).values(case_id=case_id, words=words, received_at=at))


async def categories(session: AsyncSession) -> Sequence[Category]:
    """Return the taxonomy."""
    return [Category(*row) for row in await session.execute(select(category).order_by(category.c.code))]


async def rules(session: AsyncSession) -> Sequence[Rule]:
    """Return the rules in force, none before the first were published."""
    newest = select(routing_rules.c.rules).order_by(routing_rules.c.version.desc()).limit(1)
    return [Rule.parse(rule) for rule in await session.scalar(newest) or []]


async def rules_in_force(session: AsyncSession) -> tuple[int, list[dict[str, Any]]]:
    """Return version and text of the rules in force; version 0 when there are none."""
    last = select(routing_rules).order_by(routing_rules.c.version.desc()).limit(1)
    row = (await session.execute(last)).one_or_none()
    return (row.version, list(row.rules)) if row else (0, [])


async def publish_rules(
    session: AsyncSession, values: Sequence[Mapping[str, Any]], by: str, now: datetime
) -> int:
    """Keep rules as the next version unless they are those in force; return the version in force.

    Raises:
        RuleInvalid: one cannot be read.
        StaleVersion: somebody else published at the same time.
    """
    for value in values:
        Rule.parse(value)
    last = select(routing_rules).order_by(routing_rules.c.version.desc()).limit(1)
    row = (await session.execute(last)).one_or_none()
    plain = [dict(value) for value in values]
    if row is not None and row.rules == plain:
        return int(row.version)
    version = row.version + 1 if row else 1
    try:
        await session.execute(insert(routing_rules).values(version=version, rules=plain, since=now, by=by))
    except IntegrityError as error:
        raise StaleVersion from error
    return version


async def load_categories(session: AsyncSession, records: Sequence[Mapping[str, Any]]) -> None:
    """Write the taxonomy; categories that are no longer listed stay, because old cases have them."""
    new = insert(category)
    columns = ("name", "parent", "department", "terms")
    changed = new.on_conflict_do_update(
        index_elements=["code"], set_={name: new.excluded[name] for name in columns}
    )
    if records:
        await session.execute(changed, [dict(record) for record in records])


async def similar(
    session: AsyncSession, words: Sequence[int], now: datetime, *, but: UUID | None = None
) -> list[Similar]:
    """Return recent cases whose words are like these, the most alike first.

    Only cases that share one of the rarest words are compared, so that the index does the work.
    """
    if not words:
        return []
    counts = await session.execute(
        select(word_count.c.word, word_count.c.cases).where(word_count.c.word.in_(words))
    )
    known = {row.word: row.cases for row in counts}
    total = max(known.values(), default=0) + 1
    weights = {word: rarity(known.get(word, 0), total) for word in words}
    rarest = sorted(words, key=lambda word: (known.get(word, 0), word))[:COMPARED_WORDS]
    statement = (
        select(case_words.c.case_id, case_words.c.words)
        .where(case_words.c.words.overlap(rarest), case_words.c.received_at > now - COMPARED_DAYS)
        .order_by(case_words.c.received_at.desc())
        .limit(MOST_COMPARED)
    )
    rows = await session.execute(statement)
    compared = [
        Similar(
            row.case_id, round(likeness(words, row.words, weights), 3), tuple(set(words) & set(row.words))
        )
        for row in rows
        if row.case_id != but
    ]
    alike = [one for one in compared if one.likeness >= SIMILAR_FROM]
    return sorted(alike, key=lambda one: (-one.likeness, str(one.case_id)))[:10]


async def words_of(session: AsyncSession, case_id: UUID) -> list[int]:
    """Return the word set of a case."""
    found: list[int] | None = await session.scalar(
        select(case_words.c.words).where(case_words.c.case_id == case_id)
    )
    return found or []


async def count_words(sessions: Sessions, clock: Clock) -> None:
    """Count anew in how many recent cases each common word is (a duty); rare words need no row."""
    async with sessions.begin() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(text("hashtext('count_words')")))):
            return
        word = func.unnest(case_words.c.words).label("word")
        recent = select(word).where(case_words.c.received_at > clock.now() - COMPARED_DAYS).subquery()
        counted = select(recent.c.word, func.count()).group_by(recent.c.word).having(func.count() >= COMMON)
        await session.execute(delete(word_count))
        await session.execute(insert(word_count).from_select(["word", "cases"], counted))
