"""Tables and queries of licences and licence types."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, Index, Integer, Table, Text, Uuid, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.license.domain import SHOWN, License, NoSuchLicense, Status
from svc_license.license.ports import LicenseType

license_type = Table(
    "license_type",
    METADATA,
    Column("code", Text, primary_key=True, comment="GB/T 36904"),
    Column("name", Text, nullable=False),
    Column("validity_years", Integer),
    Column("fields", JSONB, nullable=False, comment="[name, title] in order"),
    Column("issuer", Text, nullable=False),
    Column("issuer_name", Text, nullable=False),
    Column("seal_code", Text, nullable=False),
)

license_table = Table(
    "license",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, unique=True),
    Column("type_code", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Text, unique=True),
    Column("holder_name", Text, nullable=False, comment="encrypted"),
    Column("holder_number", Text, nullable=False, comment="encrypted"),
    Column("fields", Text, nullable=False, comment="encrypted JSON"),
    Column("document", Text, comment="path in the file store"),
    Column("issued_at", UtcDateTime),
    Column("valid_until", Date),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
)
Index("ix_license_person", license_table.c.person_id, license_table.c.created_at)
Index(
    "ix_license_unfinished",
    license_table.c.next_attempt_at,
    postgresql_where=license_table.c.status.in_([Status.DRAFTING, Status.SEALING]),
)

license_serial = Table(
    "license_serial",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

MAPPERS.map_imperatively(License, license_table)


class LicenseStore:
    """Licences inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_draft(self, draft: License) -> bool:
        """Keep a draft; return False when its application has a licence already."""
        values = {column.key: getattr(draft, column.key) for column in license_table.c}
        written = await self._session.execute(
            insert(license_table).values(**values).on_conflict_do_nothing().returning(license_table.c.id)
        )
        return written.one_or_none() is not None

    async def claim(self, now: datetime, until: datetime) -> License | None:
        """Return an unfinished licence that is due, put off for others until `until`."""
        found = (
            await self._session.scalars(
                select(License)
                .where(
                    license_table.c.status.in_([Status.DRAFTING, Status.SEALING]),
                    license_table.c.next_attempt_at <= now,
                )
                .order_by(license_table.c.next_attempt_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
        ).one_or_none()
        if found is not None:
            found.next_attempt_at = until
        return found

    async def lock(self, license_id: UUID) -> License:
        """Return the licence, locked. Raises NoSuchLicense."""
        found = await self._session.get(License, license_id, with_for_update=True)
        if found is None:
            raise NoSuchLicense
        return found

    async def type_of(self, code: str) -> LicenseType:
        """Return a licence type. Raises NoSuchLicense."""
        row = (
            await self._session.execute(select(license_type).where(license_type.c.code == code))
        ).one_or_none()
        if row is None:
            raise NoSuchLicense(f"没有类型为 {code} 的证照")
        return LicenseType(
            row.code,
            row.name,
            row.validity_years,
            dict(row.fields),
            row.issuer,
            row.issuer_name,
            row.seal_code,
        )

    async def next_serial(self, issuer: str, year: int) -> str:
        """Return the issuer's next serial of a year: the year and seven digits."""
        statement = insert(license_serial).values(issuer=issuer, year=year, last=1)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["issuer", "year"], set_={"last": license_serial.c.last + 1}
            ).returning(license_serial.c.last)
        )
        count: int = counted.scalar_one()
        return f"{year}{count:07d}"


async def load_types(session: AsyncSession, records: Iterable[dict[str, Any]]) -> None:
    """Write licence types."""
    for record in records:
        values = {name: value for name, value in record.items() if name != "code"}
        await session.execute(
            insert(license_type)
            .values(code=record["code"], **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )


async def wallet(
    session: AsyncSession, person_id: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[License]:
    """Return a person's licences, the latest first; those still being made are not shown."""
    statement = select(License).where(
        license_table.c.person_id == person_id, license_table.c.status.in_(SHOWN)
    )
    if before is not None:
        statement = statement.where(tuple_(license_table.c.created_at, license_table.c.id) < before)
    ordered = statement.order_by(license_table.c.created_at.desc(), license_table.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one_of_person(session: AsyncSession, license_id: UUID, person_id: str) -> License:
    """Return a person's own licence. Raises NoSuchLicense."""
    found = await session.get(License, license_id)
    if found is None or found.person_id != person_id or found.status not in SHOWN:
        raise NoSuchLicense
    return found


async def by_number(session: AsyncSession, number: str) -> License:
    """Return the licence with a number. Raises NoSuchLicense."""
    found: License | None = await session.scalar(select(License).where(license_table.c.number == number))
    if found is None or found.status not in SHOWN:
        raise NoSuchLicense
    return found


async def held_types(session: AsyncSession, person_id: str, types: list[str]) -> list[License]:
    """Return a person's valid licences of some types."""
    rows = await session.scalars(
        select(License).where(
            license_table.c.person_id == person_id,
            license_table.c.type_code.in_(types),
            license_table.c.status == Status.VALID,
        )
    )
    return list(rows)
