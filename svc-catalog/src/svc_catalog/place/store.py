"""Tables and queries of divisions, departments and service points. They are loaded from the city's files."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Index, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.database import METADATA
from svc_catalog.place.domain import NoSuchPlace

division = Table(
    "division",
    METADATA,
    Column("code", Text, primary_key=True, comment="12 digits, GB/T 2260 down to township"),
    Column("data", JSONB, nullable=False),
)

department = Table(
    "department",
    METADATA,
    Column("code", Text, primary_key=True, comment="unified social credit code"),
    Column("data", JSONB, nullable=False),
)

service_point = Table(
    "service_point",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("groups", ARRAY(Text), nullable=False, comment="window groups it serves"),
    Column("data", JSONB, nullable=False),
)
Index("ix_service_point_division", service_point.c.division, service_point.c.kind)

Record = dict[str, Any]


async def load(session: AsyncSession, table: Table, records: Iterable[Record]) -> None:
    """Make the table hold exactly these records."""
    kept = []
    for record in records:
        values: Record = {"data": record}
        if table is service_point:
            values |= {
                "kind": record["kind"],
                "division": record["division"],
                "groups": [group["code"] for group in record["groups"]],
            }
        statement = upsert(table).values(code=record["code"], **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=values))
        kept.append(record["code"])
    await session.execute(delete(table).where(table.c.code.not_in(kept)))


async def all_of(session: AsyncSession, table: Table) -> Sequence[Record]:
    """Return every record of a small table, by code."""
    return (await session.scalars(select(table.c.data).order_by(table.c.code))).all()


async def points(
    session: AsyncSession, *, kind: str | None, division: str | None, group: str | None
) -> Sequence[Record]:
    """Return service points by code. A division also stands for those under it."""
    statement = select(service_point.c.data).order_by(service_point.c.code)
    if kind is not None:
        statement = statement.where(service_point.c.kind == kind)
    if division is not None:
        statement = statement.where(
            service_point.c.division.startswith(division.rstrip("0"), autoescape=True)
        )
    if group is not None:
        statement = statement.where(service_point.c.groups.contains([group]))
    return (await session.scalars(statement)).all()


async def one_point(session: AsyncSession, code: str) -> Record:
    """Return a service point. Raises NoSuchPlace."""
    found = await session.scalar(select(service_point.c.data).where(service_point.c.code == code))
    if found is None:
        raise NoSuchPlace(f"没有编号为 {code} 的服务网点")
    record: Record = found
    return record


async def department_name(session: AsyncSession, code: str) -> str:
    """Return the name of a department; its code when it is not known here."""
    found = await session.scalar(select(department.c.data["name"].astext).where(department.c.code == code))
    return found or code


async def groups_in(session: AsyncSession, division: str) -> set[str]:
    """Return the window groups that the service points of a division, or of those under it, serve."""
    rows = await session.scalars(
        select(func.unnest(service_point.c.groups))
        .where(service_point.c.division.startswith(division.rstrip("0"), autoescape=True))
        .distinct()
    )
    return set(rows)


async def points_of_group(session: AsyncSession, group: str) -> Sequence[Record]:
    """Return what an item page shows of the service points that serve a window group, by code."""
    shown = func.jsonb_build_object(
        "code",
        service_point.c.code,
        "name",
        service_point.c.data["name"],
        "kind",
        service_point.c.kind,
        "division",
        service_point.c.division,
        "address",
        service_point.c.data["address"],
        "always_open",
        service_point.c.data["always_open"],
    )
    wanted = select(shown).where(service_point.c.groups.contains([group])).order_by(service_point.c.code)
    return (await session.scalars(wanted)).all()


async def department_names(session: AsyncSession) -> dict[str, str]:
    """Return the departments' names by code."""
    return {record["code"]: record["name"] for record in await all_of(session, department)}
