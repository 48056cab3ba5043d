"""Table and queries of kinds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jsonschema
from sqlalchemy import Column, Integer, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import StaleVersion
from svc_complaint.database import METADATA
from svc_complaint.kind.domain import CaseKind, KindInvalid, NoSuchKind

case_kind = Table(
    "case_kind",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("definition", JSONB, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
)
_newest = (
    select(case_kind)
    .ext(distinct_on(case_kind.c.code))
    .order_by(case_kind.c.code, case_kind.c.version.desc())
)


class KindStore:
    """Kinds inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def current(self, code: str) -> CaseKind:
        """Return the newest version. Raises NoSuchKind."""
        return await current(self._session, code)

    async def of_version(self, code: str, version: int) -> CaseKind:
        """Return a version. Raises NoSuchKind."""
        found = await self._session.scalar(
            select(case_kind.c.definition).where(case_kind.c.code == code, case_kind.c.version == version)
        )
        if found is None:
            raise NoSuchKind(f"{code} 第 {version} 版", field="kind")
        return CaseKind.parse(version, found)


async def current(session: AsyncSession, code: str) -> CaseKind:
    """Return the newest version. Raises NoSuchKind."""
    row = (await session.execute(_newest.where(case_kind.c.code == code))).one_or_none()
    if row is None:
        raise NoSuchKind(code, field="kind")
    return CaseKind.parse(row.version, row.definition)


async def newest(session: AsyncSession) -> Sequence[CaseKind]:
    """Return the newest version of every kind."""
    return [CaseKind.parse(row.version, row.definition) for row in await session.execute(_newest)]


async def publish(session: AsyncSession, definition: Mapping[str, Any], by: str, now: datetime) -> CaseKind:
    """Keep a definition as the next version, unless it is what the newest one says.

    Raises:
        KindInvalid: it cannot run.
        StaleVersion: somebody else published at the same time.
    """
    code = str(definition.get("code", ""))
    row = (await session.execute(_newest.where(case_kind.c.code == code))).one_or_none()
    if row is not None and row.definition == definition:
        return CaseKind.parse(row.version, row.definition)
    version = row.version + 1 if row else 1
    kind = CaseKind.parse(version, definition)
    try:
        jsonschema.Draft202012Validator.check_schema(dict(kind.schema))
    except jsonschema.SchemaError as error:
        raise KindInvalid(f"fields 不是 JSON Schema：{error.message}", field="fields") from error
    values = {"code": code, "version": version, "definition": dict(definition), "since": now, "by": by}
    try:
        await session.execute(case_kind.insert().values(**values))
    except IntegrityError as error:
        raise StaleVersion from error
    return kind
