"""Tables and queries of published items and their versions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import METADATA
from svc_catalog.element.domain import sections
from svc_catalog.item.domain import (
    NoSuchItem,
    NoSuchVersion,
    Publication,
    Standing,
    State,
    brief,
    check_in_use,
    content_hash,
)
from svc_catalog.place.store import points_of_group

Record = dict[str, Any]
# The columns by which an item is found; what they mean is known where items are searched.
FoundBy = Callable[[Mapping[str, Any]], Mapping[str, Any]]

item = Table(
    "item",
    METADATA,
    Column("code", Text, primary_key=True, comment="basic code, 12 digits"),
    Column("version", Integer, nullable=False),
    Column("is_published", Boolean, nullable=False, comment="in use"),
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
    Column("plain_keywords", Text, nullable=False, server_default=text("''"), comment="normalised"),
    Column("brief", JSONB, comment="what a list shows; null: written before this column"),
    Column("state", EnumText(State), nullable=False, server_default=text("'published'")),
    Column("state_reason", Text, comment="why it is not in use"),
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
    Column("published_at", UtcDateTime),
    Column("edited_by", Text),
    Column("approved_by", Text),
)


class ItemStore:
    """Published items inside one transaction."""

    def __init__(self, session: AsyncSession, found_by: FoundBy) -> None:
        self._session = session
        self._found_by = found_by

    async def lock(self, code: str) -> Standing:
        """Return an item's standing, locked. Raises NoSuchItem."""
        found = await self.find(code, lock=True)
        if found is None:
            raise NoSuchItem(f"没有编码为 {code} 的事项")
        return found

    async def find(self, code: str, *, lock: bool = False) -> Standing | None:
        """Return an item's standing, None when nothing was ever published under the code."""
        statement = _STANDING.where(item.c.code == code)
        row = (await self._session.execute(statement.with_for_update() if lock else statement)).one_or_none()
        return None if row is None else Standing(*row)

    async def hashes(self, codes: Collection[str]) -> dict[str, str]:
        """Return the content digests of published items by code."""
        rows = await self._session.execute(
            select(item.c.code, item.c.content_hash).where(item.c.code.in_(codes))
        )
        return {code: digest for code, digest in rows}

    async def keep(self, standing: Standing) -> None:
        """Write a changed standing."""
        await self._session.execute(
            item.update()
            .where(item.c.code == standing.code)
            .values(
                state=standing.state,
                state_reason=standing.reason,
                is_published=standing.state is State.PUBLISHED,
            )
        )

    async def content(self, code: str) -> tuple[int, Record]:
        """Return version and content of an item, also of one that is not in use. Raises NoSuchItem."""
        standing, record = await item_page(self._session, code)
        return standing.version, record

    async def publish(self, record: Record, version: int, publication: Publication) -> None:
        """Write a version and make it the item's content."""
        values = {
            "version": version,
            "name": record["name"],
            "department": record["department"],
            "kind": record["kind"],
            "audience": record["audience"],
            "channels": record["channels"],
            "window_group": record["window_group"],
            "is_high_frequency": record["high_frequency"],
            "content_hash": content_hash(record),
            "data": record,
            "brief": brief(record),
            **self._found_by(record),
        }
        await self._session.execute(
            upsert(item)
            .values(code=record["code"], is_published=True, state=State.PUBLISHED, **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
        await self._session.execute(
            item_version.insert().values(
                code=record["code"],
                version=version,
                data=record,
                published_at=publication.at,
                edited_by=publication.edited_by,
                approved_by=publication.approved_by,
            )
        )


_STANDING = select(
    item.c.code, item.c.version, item.c.department, item.c.content_hash, item.c.state, item.c.state_reason
)


async def one_item(session: AsyncSession, code: str) -> tuple[int, Record]:
    """Return version and content of an item that can be applied for. Raises NoSuchItem, ItemSuspended."""
    standing, record = await item_page(session, code)
    check_in_use(standing)
    return standing.version, record


async def item_page(session: AsyncSession, code: str) -> tuple[Standing, Record]:
    """Return standing and content of an item, also of one that is not in use. Raises NoSuchItem."""
    row = (await session.execute(_STANDING.add_columns(item.c.data).where(item.c.code == code))).one_or_none()
    if row is None:
        raise NoSuchItem(f"没有编码为 {code} 的事项")
    return Standing(*row[:-1]), row.data


async def items_of(session: AsyncSession, codes: Collection[str]) -> dict[str, Record]:
    """Return those of these items that are in use by code, each with its `version` among its members."""
    rows = await session.execute(
        select(item.c.code, item.c.version, item.c.data).where(item.c.code.in_(codes), item.c.is_published)
    )
    return {row.code: {**row.data, "version": row.version} for row in rows}


async def pages_of(session: AsyncSession, codes: Collection[str]) -> dict[str, Record]:
    """Return these items by code with their `version` and `state`, also those that are not in use."""
    rows = await session.execute(
        select(item.c.code, item.c.version, item.c.state, item.c.data).where(item.c.code.in_(codes))
    )
    return {row.code: {**row.data, "version": row.version, "state": row.state} for row in rows}


async def versions(session: AsyncSession, code: str) -> Sequence[Any]:
    """Return version, published_at, edited_by and approved_by of each version, the newest first."""
    wanted = select(
        item_version.c.version,
        item_version.c.published_at,
        item_version.c.edited_by,
        item_version.c.approved_by,
    )
    rows = await session.execute(
        wanted.where(item_version.c.code == code).order_by(item_version.c.version.desc())
    )
    return rows.all()


async def one_version(session: AsyncSession, code: str, version: int) -> Record:
    """Return the content of a version. Raises NoSuchVersion."""
    found = await session.scalar(
        select(item_version.c.data).where(item_version.c.code == code, item_version.c.version == version)
    )
    if found is None:
        raise NoSuchVersion(f"事项 {code} 没有版本 {version}")
    record: Record = found
    return record


async def all_items(session: AsyncSession) -> Sequence[Any]:
    """Return code, version, state and data of every item that was not withdrawn, by code."""
    wanted = select(item.c.code, item.c.version, item.c.state, item.c.data)
    rows = await session.execute(wanted.where(item.c.state != State.WITHDRAWN).order_by(item.c.code))
    return rows.all()


async def published_at(session: AsyncSession, code: str, version: int) -> datetime | None:
    """Return since when a version is in force, None when that was not kept."""
    found: datetime | None = await session.scalar(
        select(item_version.c.published_at).where(
            item_version.c.code == code, item_version.c.version == version
        )
    )
    return found


# The versions of the rows that `page_of` reads (a version's own row never changes): `xmin` is the transaction
# that wrote a row.
ROWS_OF_PAGE = """
SELECT concat_ws(' ', item.xmin, (SELECT string_agg(point.xmin::text, ' ' ORDER BY point.code)
                                  FROM service_point AS point WHERE point.groups @> ARRAY[item.window_group]))
FROM item WHERE item.code = $1
"""


async def page_of(session: AsyncSession, code: str) -> dict[str, Any]:
    """Return what the page of an item shows. Raises NoSuchItem."""
    standing, record = await item_page(session, code)
    return {
        **record,
        "version": standing.version,
        "state": standing.state,
        "state_reason": standing.reason,
        "published_at": await published_at(session, code, standing.version),
        "sections": [
            {"title": title, "facts": [{"label": label, "value": value} for label, value in facts]}
            for title, facts in sections(record)
        ],
        "service_points": await points_of_group(session, record["window_group"]),
        "guide": f"/items/{code}/guide",
        "flow_chart": f"/items/{code}/flow-chart",
    }
