"""Tables and queries of licences."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.kind import store as kinds
from svc_license.kind.domain import Kind
from svc_license.license.domain import IN_FORCE, SHOWN, UNFINISHED, License, NoSuchLicense, Source, Status

PRIORITY = timedelta(days=36500)

license_table = Table(
    "license",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid),
    Column("type_code", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("series", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("status", EnumText(Status), nullable=False),
    Column("name", Text, nullable=False),
    Column("number", Text, unique=True),
    Column("holder_name", Text, nullable=False, comment="encrypted"),
    Column("holder_number", Text, nullable=False, comment="encrypted"),
    Column("holder_index", Text, comment="blind index of the holder's number"),
    Column("fields", Text, nullable=False, comment="encrypted JSON"),
    Column("document", Text, comment="path in the file store"),
    Column("document_digest", Text, comment="SM3 of the sealed file, hex"),
    Column("issued_at", UtcDateTime),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("first_issued_on", Date),
    Column("supersedes", ForeignKey("license.id")),
    Column("source", EnumText(Source), nullable=False, server_default=Source.APPLICATION.value),
    Column("external_number", Text, comment="number of the paper licence that was taken over"),
    Column("check_code", Text),
    Column("list_index", BigInteger, Identity(minvalue=0, start=0), unique=True, nullable=False),
    Column("status_reason", Text),
    Column("status_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("problem", Text, comment="why it cannot be made now"),
    Column("partner", Text, comment="bank at which it was applied for"),
)
# An application leads to one licence of each kind, however often its approval is told.
Index("uq_license_application_kind", license_table.c.application_id, license_table.c.type_code, unique=True)
Index("ix_license_person", license_table.c.person_id, license_table.c.created_at)
Index("ix_license_holder_index", license_table.c.holder_index)
Index("ix_license_department", license_table.c.department, license_table.c.created_at)
Index(
    "ix_license_unfinished",
    license_table.c.next_attempt_at,
    postgresql_where=license_table.c.status.in_(UNFINISHED),
)
Index(
    "ix_license_undrawn",
    license_table.c.next_attempt_at,
    postgresql_where=license_table.c.status.in_(IN_FORCE) & license_table.c.document.is_(None),
)
Index(
    "ix_license_ending",
    license_table.c.valid_until,
    postgresql_where=license_table.c.status.in_(IN_FORCE),
)
# However many processes race: of one series at most one version is in force.
Index(
    "uq_license_series_in_force",
    license_table.c.series,
    unique=True,
    postgresql_where=license_table.c.status.in_(IN_FORCE),
)
Index(
    "uq_license_supersedes",
    license_table.c.supersedes,
    unique=True,
    postgresql_where=license_table.c.status != Status.CANCELLED,
)
Index(
    "uq_license_external_number",
    license_table.c.type_code,
    license_table.c.external_number,
    unique=True,
    postgresql_where=license_table.c.external_number.is_not(None),
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
        """Keep a draft; return False when its application has one of its kind, or its series the version."""
        values = {
            column.key: getattr(draft, column.key) for column in license_table.c if column.key != "list_index"
        }
        written = await self._session.execute(
            insert(license_table).values(**values).on_conflict_do_nothing().returning(license_table.c.id)
        )
        return written.one_or_none() is not None

    async def claim(self, now: datetime, until: datetime) -> License | None:
        """Return an unfinished licence that is due, put off for others until `until`."""
        return await self._claim(license_table.c.status.in_(UNFINISHED), now, until)

    async def claim_undrawn(self, now: datetime, until: datetime) -> License | None:
        """Return a licence in force that has no file yet, put off for others until `until`."""
        undrawn = license_table.c.status.in_(IN_FORCE) & license_table.c.document.is_(None)
        return await self._claim(undrawn, now, until)

    async def _claim(self, wanted: object, now: datetime, until: datetime) -> License | None:
        statement = (
            select(License)
            .where(wanted, license_table.c.next_attempt_at <= now)  # type: ignore[arg-type]  # an SQL expression
            .order_by(license_table.c.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        found = (await self._session.scalars(statement)).one_or_none()
        if found is not None:
            found.next_attempt_at = until
        return found

    async def claim_ended(self, today: date, limit: int) -> Sequence[License]:
        """Return licences in force whose last day has passed, locked; those locked by others are left out."""
        rows = await self._session.scalars(
            select(License)
            .where(license_table.c.status.in_(IN_FORCE), license_table.c.valid_until < today)
            .order_by(license_table.c.valid_until)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return rows.all()

    async def claim_unindexed(self, limit: int) -> Sequence[License]:
        """Return licences that cannot be found by their holder yet, locked."""
        rows = await self._session.scalars(
            select(License)
            .where(license_table.c.holder_index.is_(None), license_table.c.holder_number != "")
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return rows.all()

    async def lock(self, license_id: UUID) -> License:
        """Return the licence, locked and as it is now. Raises NoSuchLicense."""
        found = await self._session.get(License, license_id, with_for_update=True, populate_existing=True)
        if found is None:
            raise NoSuchLicense
        return found

    async def flush(self) -> None:
        """Write what changed so far: what must come first in the database comes first."""
        await self._session.flush()

    async def kind_of(self, code: str) -> Kind:
        """Return a kind of licence. Raises NoSuchKind."""
        return await kinds.one(self._session, code)

    async def next_serial(self, issuer: str, year: int) -> str:
        """Return the issuer's next serial of a year: the year and seven digits."""
        return (await self.next_serials(issuer, year, 1))[0]

    async def next_serials(self, issuer: str, year: int, count: int) -> list[str]:
        """Return an issuer's next serials of a year."""
        statement = insert(license_serial).values(issuer=issuer, year=year, last=count)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["issuer", "year"], set_={"last": license_serial.c.last + count}
            ).returning(license_serial.c.last)
        )
        last: int = counted.scalar_one()
        return [f"{year}{number:07d}" for number in range(last - count + 1, last + 1)]


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


async def of_department(
    session: AsyncSession,
    department: str,
    *,
    status: Status | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[License]:
    """Return a department's licences and drafts, the latest first."""
    statement = select(License).where(license_table.c.department == department)
    if status is not None:
        statement = statement.where(license_table.c.status == status)
    if before is not None:
        statement = statement.where(tuple_(license_table.c.created_at, license_table.c.id) < before)
    ordered = statement.order_by(license_table.c.created_at.desc(), license_table.c.id.desc())
    return (await session.scalars(ordered.limit(limit))).all()


async def one_of_person(session: AsyncSession, license_id: UUID, person_id: str) -> License:
    """Return a person's own licence. Raises NoSuchLicense."""
    found = await one(session, license_id)
    if found.person_id != person_id:
        raise NoSuchLicense
    return found


async def one(session: AsyncSession, license_id: UUID) -> License:
    """Return a licence that has been issued. Raises NoSuchLicense."""
    found = await session.get(License, license_id)
    if found is None or found.status not in SHOWN:
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


async def of_holder(session: AsyncSession, holder_index: str, types: Sequence[str] = ()) -> list[License]:
    """Return the licences in force of whoever has a number, at most a hundred."""
    statement = select(License).where(
        license_table.c.holder_index == holder_index, license_table.c.status.in_(IN_FORCE)
    )
    if types:
        statement = statement.where(license_table.c.type_code.in_(types))
    rows = await session.scalars(statement.order_by(license_table.c.created_at.desc()).limit(100))
    return list(rows)


async def want_drawn(session: AsyncSession, license_id: UUID, now: datetime) -> None:
    """Put a licence without a file in front of the others that wait to be drawn."""
    await session.execute(
        license_table.update()
        .where(license_table.c.id == license_id, license_table.c.document.is_(None))
        .values(next_attempt_at=func.least(license_table.c.next_attempt_at, now - PRIORITY))
    )
    await session.commit()


async def counts(session: AsyncSession, until: datetime) -> list[tuple[str, Status, int]]:
    """Return how many licences of each kind, issued before a moment, stand how."""
    rows = await session.execute(
        select(license_table.c.name, license_table.c.status, func.count())
        .where(license_table.c.status.in_(SHOWN), license_table.c.issued_at < until)
        .group_by(license_table.c.name, license_table.c.status)
        .order_by(license_table.c.name)
    )
    return [(name, status, count) for name, status, count in rows]


async def standings(session: AsyncSession, first: int, last: int) -> dict[int, Status]:
    """Return how the licences stand whose places in the status list lie in a range."""
    rows = await session.execute(
        select(license_table.c.list_index, license_table.c.status).where(
            license_table.c.list_index.between(first, last), license_table.c.status.in_(SHOWN)
        )
    )
    return {index: status for index, status in rows}
