"""New rows: one statement, all or none, in a transaction or as one."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import (
    EnumText,
    KeptAnswer,
    KeptAnswers,
    NewRows,
    Sessions,
    UtcDateTime,
    among,
    answer_table,
    arrays,
    insert_arrays,
    make_engine,
    make_sessions,
)


class Colour(StrEnum):
    """A kind."""

    RED = "red"


METADATA = MetaData()
parent = Table(
    "parent",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("order", Text, key="place", nullable=False),
    Column("colour", EnumText(Colour), nullable=False),
    Column("data", JSONB, nullable=False),
    Column("words", ARRAY(Text), nullable=False),
    Column("at", UtcDateTime),
)
child = Table(
    "child",
    METADATA,
    Column("seq", Integer, Identity(), primary_key=True),
    Column("parent", ForeignKey(parent.c.id), nullable=False),
)
ANSWERS = KeptAnswers(answer_table(METADATA))
NOW = datetime(2026, 3, 4, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "place": "'; DROP TABLE child",
    "colour": Colour.RED,
    "data": [{"名": "值", "n": None}],
    "words": ["a", "b,c"],
    "at": NOW,
}
KEPT = ANSWERS.row("p|POST|/x", "12345678", KeptAnswer(b"hash", 201, b"{}"))


@pytest_asyncio.fixture
async def sessions(empty_database: str) -> AsyncGenerator[Sessions]:
    """Return sessions on a database with the tables."""
    engine = make_engine(empty_database)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield make_sessions(engine)
    await engine.dispose()


def family(number: int, children: int) -> NewRows:
    rows = NewRows()
    for _ in range(children):
        rows.add(child, {"parent": number})
    rows.add(parent, {"id": number, **FACTS})
    return rows


async def count(session: AsyncSession, table: Table) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_rows_of_several_tables_are_read_back_as_they_were(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await family(1, 3).write_alone(session)
        assert await family(2, 1).write(session)
        await session.commit()
        rows = (await session.execute(select(parent).order_by(parent.c.id))).all()
        assert [tuple(row) for row in rows] == [(1, *FACTS.values()), (2, *FACTS.values())]
        assert list(await session.scalars(select(child.c.parent).order_by(child.c.seq))) == [1, 1, 1, 2]


@pytest.mark.parametrize("alone", [True, False])
async def test_nothing_is_written_when_the_key_is_taken(sessions: Sessions, alone: bool) -> None:
    async with sessions() as session:
        for number, written in ((1, True), (2, False)):
            rows = family(number, 2)
            done = rows.write_alone(session, KEPT) if alone else rows.write(session, KEPT)
            assert await done is written
        await session.commit()
        assert [await count(session, table) for table in (parent, child, ANSWERS.table)] == [1, 2, 1]
        found = await ANSWERS.find(session, "p|POST|/x", "12345678")
        assert found == KeptAnswer(b"hash", 201, b"{}")


async def test_very_many_rows_are_written_in_order_and_a_rollback_takes_them_back(sessions: Sessions) -> None:
    async with sessions() as session:
        await family(0, 0).write(session)
        rows = NewRows()
        for number in range(1, 40):
            rows.add(parent, {"id": number, **FACTS})
            rows.add(child, {"parent": number})
        assert not rows.are_few
        assert await rows.write(session, KEPT)
        assert list(await session.scalars(select(child.c.parent).order_by(child.c.seq))) == list(range(1, 40))
        assert not await family(99, 20).write(session, KEPT)
        assert await count(session, parent) == 40
        await session.rollback()
        assert [await count(session, table) for table in (parent, child, ANSWERS.table)] == [0, 0, 0]


async def test_arrays_keep_every_value_as_it_was(sessions: Sessions) -> None:
    table = Table(
        "thing",
        MetaData(),
        Column("id", Uuid, primary_key=True),
        Column("order", Text, key="place"),
        Column("colour", EnumText(Colour)),
        Column("data", JSONB),
        Column("file", LargeBinary),
        Column("at", UtcDateTime),
    )
    rows: list[dict[str, Any]] = [
        {
            "id": uuid4(),
            "place": '{"a,b",NULL}',
            "colour": Colour.RED,
            "data": [{"n": 1}],
            "file": b"\0\xff",
            "at": NOW,
        },
        {"id": uuid4(), "place": None, "colour": None, "data": {}, "file": None, "at": None},
    ]
    written = insert_arrays(table, tuple(rows[0])).on_conflict_do_nothing(index_elements=["id"])
    async with sessions() as session:
        connection = await session.connection()
        await connection.run_sync(table.create)
        for again in (2, 0):
            done = await session.execute(written.returning(table.c.id), arrays(rows))
            assert len(done.all()) == again
        found = await session.execute(select(table).where(among(table.c.id, [row["id"] for row in rows])))
        by_id = {row.id: tuple(row) for row in found}
        assert by_id == {row["id"]: tuple(row.values()) for row in rows}


async def test_a_moment_without_a_zone_is_refused_before_anything_is_written(sessions: Sessions) -> None:
    rows = NewRows()
    rows.add(parent, {"id": 1, **FACTS, "at": NOW.replace(tzinfo=None)})
    async with sessions() as session:
        with pytest.raises(ValueError, match="without a zone"):
            await rows.write_alone(session)
        assert await count(session, parent) == 0
