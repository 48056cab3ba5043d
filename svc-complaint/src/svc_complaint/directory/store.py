"""Tables and queries of the directory."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_complaint.database import METADATA
from svc_complaint.directory.domain import NoSuchOrg

org = Table(
    "org",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("division", Text, nullable=False),
)
contact = Table(
    "contact",
    METADATA,
    Column("department", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("staff_id", Text, primary_key=True),
)


class DirectoryStore:
    """Departments, divisions and contacts inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def check(self, *codes: str) -> None:
        """Raise NoSuchOrg unless all codes are departments or divisions."""
        known = set(await self._session.scalars(select(org.c.code).where(org.c.code.in_(codes))))
        if unknown := [code for code in codes if code not in known]:
            raise NoSuchOrg(f"没有这个部门或区划：{'、'.join(unknown)}", field="department", unknown=unknown)

    async def contacts(self, departments: Collection[str], role: str) -> list[str]:
        """Return the staff ids who are told: the departments' own, else those for all departments."""
        rows = await self._session.execute(
            select(contact.c.department, contact.c.staff_id)
            .where(contact.c.role == role, contact.c.department.in_([*departments, "*"]))
            .order_by(contact.c.staff_id)
        )
        found = rows.all()
        own = [row.staff_id for row in found if row.department != "*"]
        return list(dict.fromkeys(own or [row.staff_id for row in found]))


async def names(session: AsyncSession) -> dict[str, str]:
    """Return the name of every department and division by code."""
    rows = await session.execute(select(org.c.code, org.c.name))
    return {row.code: row.name for row in rows}


async def load(
    session: AsyncSession,
    departments: Sequence[Mapping[str, Any]],
    divisions: Sequence[Mapping[str, Any]],
    contacts: Sequence[Mapping[str, Any]],
) -> None:
    """Write departments and divisions, and replace the contacts."""
    rows = [{key: record[key] for key in ("code", "name", "division")} for record in departments]
    rows += [
        {**{key: record[key] for key in ("code", "name")}, "division": record["code"]} for record in divisions
    ]
    new = insert(org)
    changed = new.on_conflict_do_update(
        index_elements=["code"], set_={"name": new.excluded.name, "division": new.excluded.division}
    )
    if rows:
        await session.execute(changed, rows)
    await session.execute(delete(contact))
    if contacts:
        await session.execute(insert(contact), [dict(record) for record in contacts])
