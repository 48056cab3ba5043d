"""Tables and queries of bundles."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Column, Integer, Table, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.bundle.definition import Record, check_bundle, read_bundle
from svc_catalog.bundle.domain import Answers, Bundle, BundlePlan, Item, NoSuchBundle, plan
from svc_catalog.database import METADATA
from svc_catalog.item.store import items_of, pages_of

bundle = Table(
    "bundle",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("data", JSONB, nullable=False),
)

bundle_version = Table(
    "bundle_version",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("data", JSONB, nullable=False, comment="as loaded; running cases keep their plan"),
)


async def load(session: AsyncSession, record: dict[str, Any]) -> int | None:
    """Check and write a definition; return its version when it is new, else None. Raises BundleInvalid."""
    digest = hashlib.sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()
    # One definition at a time, also a new one that has no row to lock yet.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"bundle:{record['code']}"))))
    row = await session.execute(
        select(bundle.c.version, bundle.c.content_hash).where(bundle.c.code == record["code"])
    )
    known = row.one_or_none()
    if known is not None and known.content_hash == digest:
        return None
    version = known.version + 1 if known is not None else 1
    definition = read_bundle(record, version)
    check_bundle(definition, await _items(session, definition))
    values = {"version": version, "content_hash": digest, "data": record}
    await session.execute(
        upsert(bundle)
        .values(code=record["code"], **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )
    await session.execute(bundle_version.insert().values(code=record["code"], version=version, data=record))
    return version


async def all_bundles(session: AsyncSession) -> Sequence[Bundle]:
    """Return every bundle, by code."""
    rows = await session.execute(select(bundle.c.data, bundle.c.version).order_by(bundle.c.code))
    return [read_bundle(row.data, row.version) for row in rows]


async def one_bundle(session: AsyncSession, code: str) -> Bundle:
    """Return a bundle. Raises NoSuchBundle."""
    row = await session.execute(select(bundle.c.data, bundle.c.version).where(bundle.c.code == code))
    found = row.one_or_none()
    if found is None:
        raise NoSuchBundle(f"没有编码为 {code} 的一件事")
    record: Record = found.data
    return read_bundle(record, found.version)


async def planned(session: AsyncSession, code: str, answers: Answers) -> BundlePlan:
    """Return the plan that answers make of a bundle on the items as published now.

    Raises:
        NoSuchBundle, AnswersInvalid, BundleItemUnavailable, NothingToDo, FieldsConflict: see there.
    """
    definition = await one_bundle(session, code)
    return plan(definition, await _items(session, definition), answers)


async def members_of(session: AsyncSession, definition: Bundle) -> Mapping[str, Item]:
    """Return a bundle's items by code, with `version` and `state`, also those that are not in use."""
    return await pages_of(session, [member.item_code for member in definition.members])


async def _items(session: AsyncSession, definition: Bundle) -> Mapping[str, Item]:
    return await items_of(session, [member.item_code for member in definition.members])
