"""Candidates from the database's indexes, judged by the domain."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    any_,
    case,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.database import METADATA
from svc_catalog.item.store import item
from svc_catalog.search.domain import (
    RANK_SCALE,
    Asked,
    Candidate,
    bigrams,
    is_latin,
    normalise,
    possible_synonyms,
    scores,
    understand,
)
from svc_catalog.search.segment import cut, pinyin, search_words, segmented

synonym = Table(
    "synonym",
    METADATA,
    Column("word", Text, primary_key=True, comment="everyday expression, normalised"),
    Column("means", ARRAY(Text), nullable=False, comment="what the catalogue calls it"),
    Column("edited_by", Text, comment="staff; null: from the city's file"),
)

everything = item.alias()
MOST_CANDIDATES = 1000
# When no item covers this much of a query, it may be mistyped: look by single pairs of characters and sounds.
GOOD_ENOUGH = 0.7
FACETS = ("kind", "department", "audience", "channels", "window_group")


@dataclass(frozen=True)
class ItemFilter:
    """What items are wanted; None does not narrow. `offered`: marks, one of which the item must have."""

    query: str | None = None
    department: str | None = None
    kind: str | None = None
    audience: str | None = None
    channel: str | None = None
    groups: list[str] | None = None
    codes: list[str] | None = None
    offered: tuple[str, ...] | None = None


class Found(NamedTuple):
    """An item of a search with its place in the order."""

    rank: int
    code: str
    brief: dict[str, Any]


def found_by(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns by which an item is found."""
    words = search_words(record["name"], [*record["keywords"], *_also(record)])
    return {
        "plain_name": normalise(record["name"]),
        "words": func.to_tsvector("simple", words.words),
        "bigrams": words.bigrams,
        "pinyin": words.pinyin,
        "initials": words.initials,
        "plain_keywords": words.keywords,
    }


def _also(record: Mapping[str, Any]) -> Iterable[str]:
    return (row["name"] for row in record["results"] if row["kind"] == "licence")


async def load_synonyms(session: AsyncSession, known: Mapping[str, Sequence[str]]) -> None:
    """Make the table hold exactly these expressions, and what staff said about others or these."""
    rows = [{"word": normalise(word), "means": list(means)} for word, means in known.items()]
    if rows:
        statement = upsert(synonym)
        changed = statement.on_conflict_do_update(
            index_elements=["word"],
            set_={"means": statement.excluded.means},
            where=synonym.c.edited_by.is_(None),
        )
        await session.execute(changed, rows)
    gone = synonym.c.word.not_in([row["word"] for row in rows])
    await session.execute(delete(synonym).where(gone, synonym.c.edited_by.is_(None)))


async def all_synonyms(session: AsyncSession) -> Sequence[Any]:
    """Return word, means and edited_by of every everyday expression, by word."""
    wanted = select(synonym.c.word, synonym.c.means, synonym.c.edited_by)
    return (await session.execute(wanted.order_by(synonym.c.word))).all()


class SynonymStore:
    """Everyday expressions inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(self, word: str, means: Sequence[str], by: str) -> None:
        """Keep what an expression means; without meanings it is not looked for any more."""
        values = {"means": list(means), "edited_by": by}
        await self._session.execute(
            upsert(synonym)
            .values(word=word, **values)
            .on_conflict_do_update(index_elements=["word"], set_=values)
        )


async def search(
    session: AsyncSession, wanted: ItemFilter, *, after: tuple[int, str] | None, limit: int
) -> list[Found]:
    """Return items, those that answer best first; without a query frequent ones first."""
    if not normalise(wanted.query or ""):
        return await _all(session, wanted, after, limit)
    ranked = await _ranked(session, wanted, _narrowed(wanted))
    page = [entry for entry in ranked if after is None or entry > after][:limit]
    shown = func.coalesce(item.c.brief, item.c.data)
    rows = await session.execute(
        select(item.c.code, shown).where(item.c.code == any_(_texts([code for _, code in page])))
    )
    briefs = {code: brief for code, brief in rows}
    return [Found(rank, code, briefs[code]) for rank, code in page if code in briefs]


async def _all(
    session: AsyncSession, wanted: ItemFilter, after: tuple[int, str] | None, limit: int
) -> list[Found]:
    rank = case((item.c.is_high_frequency, 0), else_=1)
    statement = select(rank.label("rank"), item.c.code, func.coalesce(item.c.brief, item.c.data))
    statement = statement.where(*_narrowed(wanted))
    if after is not None:
        statement = statement.where(tuple_(rank, item.c.code) > after)
    rows = await session.execute(statement.order_by(rank, item.c.code).limit(limit))
    return [Found(*row) for row in rows]


async def _ranked(
    session: AsyncSession, wanted: ItemFilter, conditions: list[ColumnElement[bool]]
) -> list[tuple[int, str]]:
    """Return rank and code of every item that answers the query, in order."""
    plain = normalise(wanted.query or "")
    if is_latin(plain):
        return await _by_letters(session, plain, conditions)
    asked = await understood(session, plain)
    judged = await _judged(session, asked, _by_words(asked), conditions)
    if max(judged.values(), default=0.0) < GOOD_ENOUGH:
        judged = await _judged(session, asked, or_(_by_words(asked), _nearly(asked)), conditions)
    return sorted((round((2 - score) * RANK_SCALE), code) for code, score in judged.items())


async def understood(session: AsyncSession, query: str) -> Asked:
    """Return what a query is about, by the everyday expressions known now."""
    parts = possible_synonyms(normalise(query))
    rows = await session.execute(
        select(synonym.c.word, synonym.c.means).where(synonym.c.word == any_(_texts(parts)))
    )
    return understand(query, {word: means for word, means in rows if means}, cut)


async def _judged(
    session: AsyncSession, asked: Asked, match: ColumnElement[bool], conditions: list[ColumnElement[bool]]
) -> dict[str, float]:
    total = select(func.count()).select_from(everything).where(everything.c.is_published).scalar_subquery()
    statement = select(
        item.c.code, item.c.plain_name, item.c.plain_keywords, item.c.pinyin, item.c.is_high_frequency, total
    )
    rows = (
        await session.execute(
            statement.where(match, *conditions)
            .order_by(item.c.is_high_frequency.desc(), item.c.code)
            .limit(MOST_CANDIDATES)
        )
    ).all()
    candidates = [Candidate(*row[:-1]) for row in rows]
    return scores(asked, candidates, rows[0][-1] if rows else 0, pinyin)


async def _by_letters(
    session: AsyncSession, letters: str, conditions: list[ColumnElement[bool]]
) -> list[tuple[int, str]]:
    # Steps of a thousand keep the kinds of match apart; among equals short names and frequent items lead.
    step = case(
        (item.c.initials == letters, 0),
        (item.c.initials.startswith(letters, autoescape=True), 1),
        (item.c.pinyin.startswith(letters, autoescape=True), 1),
        (item.c.pinyin.contains(letters, autoescape=True), 2),
        else_=3,
    )
    common = case((item.c.is_high_frequency, 0), else_=1)
    rank = step * 1000 + common * 500 + func.least(func.char_length(item.c.plain_name), 499)
    match = or_(
        item.c.initials.contains(letters, autoescape=True), item.c.pinyin.contains(letters, autoescape=True)
    )
    statement: Select[Any] = select(rank.label("rank"), item.c.code).where(match, *conditions)
    rows = await session.execute(statement.order_by(rank, item.c.code).limit(MOST_CANDIDATES))
    return [(row.rank, row.code) for row in rows]


# Whatever a query says, the statements below have one shape, so that they are compiled once.


def _by_words(asked: Asked) -> ColumnElement[bool]:
    """Any alternative of any concept, as words or as a run of characters."""
    # Only letters, digits and characters are left of a query, so nothing in it is an operator.
    words = " | ".join(" ".join(segmented(term) for term in asked.terms).split())
    runs = _texts([f"%{term}%" for term in asked.terms])
    return or_(
        item.c.words.bool_op("@@")(func.to_tsquery("simple", words)),
        # The pairs find candidates by their index; the runs are looked for in those.
        and_(
            item.c.bigrams.overlap(_texts(_pairs(asked))),
            or_(item.c.plain_name.like(any_(runs)), item.c.plain_keywords.like(any_(runs))),
        ),
    )


def _nearly(asked: Asked) -> ColumnElement[bool]:
    """A shared pair of characters, or a sound like one of the alternatives."""
    sounds = [f"%{sound}%" for term in asked.terms if len(sound := pinyin(term)) > 3]
    return or_(
        item.c.bigrams.overlap(_texts(_pairs(asked))), item.c.pinyin.like(any_(_texts(sounds or ["-"])))
    )


def _pairs(asked: Asked) -> list[str]:
    return [pair for term in asked.terms for pair in bigrams(term)]


def _texts(values: list[str]) -> ColumnElement[Any]:
    return cast(values, ARRAY(Text))


async def facets(session: AsyncSession, wanted: ItemFilter) -> dict[str, dict[str, int]]:
    """Return how many items each further choice would leave.

    Each facet counts under the other filters but not under its own, so that another choice of it can be seen.
    """
    everything = ItemFilter(offered=wanted.offered)
    statement = select(item.c.code, *(item.c[name] for name in FACETS)).where(*_narrowed(everything))
    if normalise(wanted.query or ""):
        ranked = await _ranked(session, wanted, _narrowed(everything))
        statement = statement.where(item.c.code.in_([code for _, code in ranked]))
    rows = (await session.execute(statement)).all()
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for row in rows:
        failed = _failed(row, wanted)
        for name in FACETS:
            if failed <= {name}:
                value = getattr(row, name)
                counts[name].update(value if isinstance(value, list) else [value])
    return {name: dict(counted.most_common()) for name, counted in counts.items()}


def _failed(row: Any, wanted: ItemFilter) -> set[str]:
    """Return the facets whose filter does not let the item through."""
    checks = {
        "kind": wanted.kind in (None, row.kind),
        "department": wanted.department in (None, row.department),
        "audience": wanted.audience is None or wanted.audience in row.audience,
        "channels": wanted.channel is None or wanted.channel in row.channels,
        "window_group": wanted.groups is None or row.window_group in wanted.groups,
        "codes": wanted.codes is None or row.code in wanted.codes,
    }
    return {name for name, passed in checks.items() if not passed}


def _narrowed(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [item.c.is_published]
    if wanted.department is not None:
        conditions.append(item.c.department == wanted.department)
    if wanted.kind is not None:
        conditions.append(item.c.kind == wanted.kind)
    if wanted.audience is not None:
        conditions.append(item.c.audience.contains([wanted.audience]))
    if wanted.channel is not None:
        conditions.append(item.c.channels.contains([wanted.channel]))
    if wanted.offered is not None:
        conditions.append(item.c.channels.overlap(list(wanted.offered)))
    if wanted.groups is not None:
        conditions.append(item.c.window_group.in_(wanted.groups))
    if wanted.codes is not None:
        conditions.append(item.c.code.in_(wanted.codes))
    return conditions


async def suggestions(session: AsyncSession, wanted: ItemFilter, limit: int) -> Sequence[str]:
    """Return names that go on as the query begins, in Chinese or pinyin."""
    found = await search(session, wanted, after=None, limit=limit)
    return [row.brief["name"] for row in found]
