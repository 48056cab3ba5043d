"""Tables and queries of area verification; thousands of rows are moved by single statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_complaint.area.domain import CITY_PREFIX, Batch, BatchKnown, NoSuchBatch, RowsLeft, State
from svc_complaint.database import MAPPERS, METADATA
from svc_complaint.directory.store import org

area_batch = Table(
    "area_batch",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False, unique=True),
    Column("order_number", Text, nullable=False, unique=True),
    Column("total", Integer, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("reported_at", UtcDateTime),
)
area_person = Table(
    "area_person",
    METADATA,
    Column("batch_id", Uuid, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, comment="encrypted"),
    Column("id_number", Text, nullable=False, comment="encrypted"),
    Column("id_index", Text, nullable=False, comment="keyed hash"),
    Column("phone", Text, nullable=False, comment="encrypted"),
    Column("address", Text, nullable=False, comment="encrypted"),
    Column("division", Text, nullable=False),
    Column("state", EnumText(State), nullable=False, server_default=State.RECEIVED.value),
    Column("result", Text),
    Column("note", Text, comment="encrypted"),
    Column("by", Text),
    Column("returned_at", UtcDateTime),
    Column("reported_at", UtcDateTime),
)
P = area_person.c
Index("ix_area_person_division", P.batch_id, P.division, P.state)
MAPPERS.map_imperatively(Batch, area_batch)
COPIED = ["batch_id", "row", "name", "id_number", "id_index", "phone", "address", "division"]


class AreaStore:
    """Batches and their persons inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, batch: Batch) -> None:
        """Keep a new batch. Raises BatchKnown."""
        self._session.add(batch)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise BatchKnown(f"协查令 {batch.order_number}", field="order_number") from error

    async def one(self, batch_id: UUID) -> Batch:
        """Return a batch. Raises NoSuchBatch."""
        return await one(self._session, batch_id)

    async def persons(
        self, batch_id: UUID, division: str | None, after: int, limit: int | None
    ) -> Sequence[Any]:
        """Return persons of a batch in the order of their rows, those of one division or all."""
        wanted = select(area_person).where(P.batch_id == batch_id, P.row > after).order_by(P.row)
        if division is not None:
            wanted = wanted.where(P.division == division)
        return (await self._session.execute(wanted.limit(limit))).all()

    async def lock(self, batch_id: UUID) -> Batch:
        """Return a batch, locked. Raises NoSuchBatch."""
        found = await self._session.get(Batch, batch_id, with_for_update=True)
        if found is None:
            raise NoSuchBatch
        return found

    async def keep(self, batch_id: UUID, rows: Sequence[tuple[object, ...]]) -> None:
        """Write rows by COPY, inside the transaction."""
        connection = await self._session.connection()
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        records = [(batch_id, *row) for row in rows]
        await driver.copy_records_to_table("area_person", records=records, columns=COPIED)

    async def counties(self) -> Mapping[str, str]:
        """Return the counties' names by code: the city's divisions that end with six zeros."""
        county = org.c.code.regexp_match(rf"^{CITY_PREFIX}(0[1-9]|[1-9]\d)0{{6}}$")
        rows = await self._session.execute(select(org.c.code, org.c.name).where(county))
        return {row.code: row.name for row in rows}

    async def complete(self, batch_id: UUID, rows: Sequence[tuple[int, str]]) -> int:
        """Set the division of rows that have none yet; return how many were."""
        changed = await self._session.execute(
            text(
                "UPDATE area_person p SET division = v.division"
                " FROM unnest(CAST(:rows AS int[]), CAST(:divisions AS text[])) AS v(row, division)"
                " WHERE p.batch_id = :batch AND p.row = v.row AND p.division = '' AND p.state = 'received'"
                " RETURNING p.row"
            ),
            {"batch": batch_id, "rows": [row for row, _ in rows], "divisions": [code for _, code in rows]},
        )
        return len(changed.all())

    async def assign(self, batch_id: UUID) -> list[str]:
        """Give received rows to their divisions; return these. Raises RowsLeft."""
        without = select(P.row).where(P.batch_id == batch_id, P.division == "").order_by(P.row)
        rows = list(await self._session.scalars(without))
        if rows:
            raise RowsLeft(f"{len(rows)} 人未确定区划，请先补全", rows=rows[:100], count=len(rows))
        changed = await self._session.execute(
            update(area_person)
            .where(P.batch_id == batch_id, P.state == State.RECEIVED)
            .values(state=State.ASSIGNED)
            .returning(P.division)
        )
        return sorted(set(changed.scalars()))

    async def give_back(
        self, batch_id: UUID, division: str, rows: Sequence[tuple[int, str, str]], by: str, now: datetime
    ) -> int:
        """Write results of a division's rows; return how many rows took one. Repeating changes nothing."""
        statement = text(
            "UPDATE area_person p SET state = 'returned', result = v.result, note = v.note, by = :by,"
            " returned_at = :now"
            " FROM unnest(CAST(:rows AS int[]), CAST(:results AS text[]), CAST(:notes AS text[]))"
            " AS v(row, result, note)"
            " WHERE p.batch_id = :batch AND p.row = v.row AND p.division = :division"
            " AND p.state IN ('assigned', 'returned') RETURNING p.row"
        ).bindparams(bindparam("now", type_=UtcDateTime))
        numbers, results, notes = zip(*rows, strict=True) if rows else ((), (), ())
        values = {"rows": list(numbers), "results": list(results), "notes": list(notes)}
        changed = await self._session.execute(
            statement, {**values, "batch": batch_id, "division": division, "by": by, "now": now}
        )
        return len(changed.all())

    async def left(self, batch_id: UUID, division: str | None = None) -> int:
        """Return how many rows have no result yet."""
        waiting = [P.batch_id == batch_id, P.state.in_([State.RECEIVED, State.ASSIGNED])]
        if division is not None:
            waiting.append(P.division == division)
        found = await self._session.scalar(select(func.count()).select_from(area_person).where(*waiting))
        return found or 0

    async def report(self, batch_id: UUID, now: datetime) -> Sequence[tuple[int, str, str]]:
        """Mark returned rows as reported and return row, result and encrypted note of each."""
        changed = await self._session.execute(
            update(area_person)
            .where(P.batch_id == batch_id, P.state == State.RETURNED)
            .values(state=State.REPORTED, reported_at=now)
            .returning(P.row, P.result, P.note)
        )
        return sorted((row.row, row.result, row.note) for row in changed)


async def counts(session: AsyncSession, batch_id: UUID) -> Sequence[tuple[str, State, int]]:
    """Return how many persons of each division are in each state."""
    rows = await session.execute(
        select(P.division, P.state, func.count())
        .where(P.batch_id == batch_id)
        .group_by(P.division, P.state)
        .order_by(P.division, P.state)
    )
    return [(division, state, count) for division, state, count in rows]


async def one(session: AsyncSession, batch_id: UUID) -> Batch:
    """Return a batch. Raises NoSuchBatch."""
    found = await session.get(Batch, batch_id)
    if found is None:
        raise NoSuchBatch
    return found
