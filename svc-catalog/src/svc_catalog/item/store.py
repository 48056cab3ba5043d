"""Table and queries of items."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    Table,
    Text,
    and_,
    case,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.database import METADATA
from svc_catalog.item.domain import NoSuchItem, bigrams, is_latin, normalise
from svc_catalog.item.segment import search_words, segmented

item = Table(
    "item",
    METADATA,
    Column("code", Text, primary_key=True, comment="basic code, 12 digits"),
    Column("version", Integer, nullable=False),
    Column("is_published", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("plain_name", Text, nullable=False, comment="normalised for comparison"),
    Column("department", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("audience", ARRAY(Text), nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("window_group", Text, nullable=False),
    Column("is_high_frequency", Boolean, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Column("bigrams", ARRAY(Text), nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("data", JSONB, nullable=False),
)
Index("ix_item_words", item.c.words, postgresql_using="gin")
Index("ix_item_bigrams", item.c.bigrams, postgresql_using="gin")
Index(
    "ix_item_pinyin",
    item.c.pinyin,
    postgresql_using="gin",
    postgresql_ops={"pinyin": "gin_trgm_ops"},
)
Index("ix_item_initials", item.c.initials, postgresql_ops={"initials": "text_pattern_ops"})
Index("ix_item_department", item.c.department)

item_version = Table(
    "item_version",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("data", JSONB, nullable=False, comment="as published; applications keep their version"),
)


@dataclass(frozen=True)
class ItemFilter:
    """What items are wanted; None does not narrow."""

    query: str | None = None
    department: str | None = None
    kind: str | None = None
    audience: str | None = None
    channel: str | None = None
    groups: list[str] | None = None


class Found(NamedTuple):
    """An item of a search with its place in the order."""

    rank: int
    code: str
    data: dict[str, Any]


async def publish(session: AsyncSession, record: dict[str, Any]) -> int | None:
    """Write an item; return its new version when the content changed, else None."""
    content = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(content).hexdigest()
    known = (
        await session.execute(
            select(item.c.version, item.c.content_hash).where(item.c.code == record["code"]).with_for_update()
        )
    ).one_or_none()
    if known is not None and known.content_hash == digest:
        return None
    version = known.version + 1 if known is not None else 1
    values = {**_columns(record), "version": version, "content_hash": digest}
    await session.execute(
        upsert(item)
        .values(code=record["code"], **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )
    await session.execute(item_version.insert().values(code=record["code"], version=version, data=record))
    return version


def _columns(record: dict[str, Any]) -> dict[str, Any]:
    words = search_words(record["name"], record["keywords"])
    return {
        "is_published": True,
        "name": record["name"],
        "plain_name": normalise(record["name"]),
        "department": record["department"],
        "kind": record["kind"],
        "audience": record["audience"],
        "channels": record["channels"],
        "window_group": record["window_group"],
        "is_high_frequency": record["high_frequency"],
        "words": func.to_tsvector("simple", words.words),
        "bigrams": words.bigrams,
        "pinyin": words.pinyin,
        "initials": words.initials,
        "data": record,
    }


async def search(
    session: AsyncSession, wanted: ItemFilter, *, after: tuple[int, str] | None, limit: int
) -> list[Found]:
    """Return items in the order people expect: the exact name first, then names that begin so, and so on."""
    plain = normalise(wanted.query or "")
    rank = _rank(plain)
    statement = _narrowed(select(rank.label("rank"), item.c.code, item.c.data), wanted)
    if plain:
        statement = statement.where(_matches(plain, wanted.query or ""))
    if after is not None:
        statement = statement.where(tuple_(rank, item.c.code) > after)
    rows = await session.execute(statement.order_by(rank, item.c.code).limit(limit))
    return [Found(*row) for row in rows]


def _rank(plain: str) -> ColumnElement[int]:
    common = case((item.c.is_high_frequency, 0), else_=1)
    if not plain:
        return common
    # Steps of a thousand keep the kinds of match apart; among equals short names and frequent items lead.
    step = case(
        (item.c.plain_name == plain, 0),
        (item.c.plain_name.startswith(plain, autoescape=True), 1),
        (item.c.initials.startswith(plain, autoescape=True), 2),
        (item.c.plain_name.contains(plain, autoescape=True), 3),
        else_=4,
    )
    return step * 1000 + common * 500 + func.least(func.char_length(item.c.plain_name), 499)


def _matches(plain: str, query: str) -> ColumnElement[bool]:
    if is_latin(plain):
        return or_(
            item.c.initials.contains(plain, autoescape=True), item.c.pinyin.contains(plain, autoescape=True)
        )
    words = func.plainto_tsquery("simple", segmented(query))
    pairs = bigrams(plain)
    by_pairs = item.c.bigrams.contains(pairs) if pairs else item.c.plain_name.contains(plain)
    return or_(item.c.words.bool_op("@@")(words), by_pairs)


def _narrowed(statement: Select[Any], wanted: ItemFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [item.c.is_published]
    if wanted.department is not None:
        conditions.append(item.c.department == wanted.department)
    if wanted.kind is not None:
        conditions.append(item.c.kind == wanted.kind)
    if wanted.audience is not None:
        conditions.append(item.c.audience.contains([wanted.audience]))
    if wanted.channel is not None:
        conditions.append(item.c.channels.contains([wanted.channel]))
    if wanted.groups is not None:
        conditions.append(item.c.window_group.in_(wanted.groups))
    return statement.where(and_(*conditions))


async def suggestions(session: AsyncSession, query: str, limit: int) -> Sequence[str]:
    """Return names that go on as the query begins, in Chinese or pinyin."""
    found = await search(session, ItemFilter(query=query), after=None, limit=limit)
    return [row.data["name"] for row in found]


async def one_item(session: AsyncSession, code: str) -> tuple[int, dict[str, Any]]:
    """Return version and content of a published item. Raises NoSuchItem."""
    row = (
        await session.execute(
            select(item.c.version, item.c.data).where(item.c.code == code, item.c.is_published)
        )
    ).one_or_none()
    if row is None:
        raise NoSuchItem(f"没有编码为 {code} 的事项")
    return row.version, row.data


async def items_of(session: AsyncSession, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the published ones of these items by code, each with its `version` among its members."""
    rows = await session.execute(
        select(item.c.code, item.c.version, item.c.data).where(item.c.code.in_(codes), item.c.is_published)
    )
    return {row.code: {**row.data, "version": row.version} for row in rows}
