"""New rows of one transaction, written all by one statement: a way to the server costs more than a row."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from asyncpg import Connection, Record
from sqlalchemy import Column, ColumnElement, Table, any_, bindparam, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

Row = Mapping[str, Any]
Driver: TypeAlias = "Connection[Record]"
# More rows than this are written one table after the other.
AT_ONCE = 16
_DIALECT = dialect()  # type: ignore[no-untyped-call]  # the class has no annotations


@lru_cache(maxsize=256)
def insert_arrays(table: Table, names: tuple[str, ...]) -> Insert:
    """Return the statement that writes any number of rows, executed with `arrays` of them.

    Each column travels as one array, so that the text, and the plan, is the same for every number of rows.
    No column may be an array itself: `unnest` would take it apart.
    """
    given = (bindparam(f"{name}s", type_=ARRAY(table.c[name].type, dimensions=1)) for name in names)
    rows = func.unnest(*given).table_valued(*(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(names, select(*rows.render_derived().c))


def arrays(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return what `insert_arrays` is executed with; all rows, at least one, name the same columns."""
    return {f"{name}s": [row[name] for row in rows] for name in rows[0]}


def among(wanted: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of some values: of one text for every number of them."""
    return wanted == any_(literal(list(values), ARRAY(wanted.type, dimensions=1)))


@dataclass(frozen=True)
class KeyedRow:
    """A row that others depend on: when its key is taken, none of them is written."""

    table: Table
    row: Row


class NewRows:
    """Collects new rows, by column key; `write` writes them into a transaction or as one of their own.

    A row names every column that the server has no default for. Rows that others point to are added first.
    All of them are written before what the session still has to write: that may point to these rows. A row
    that points to something new in the session needs a `flush` of the session before.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, table: Table, row: Row) -> None:
        """Keep a row for the end of the transaction."""
        self._rows.setdefault((table, tuple(row)), []).append(row)

    def has(self, table: Table) -> bool:
        """Return whether rows of a table are waiting."""
        return any(known is table for known, _ in self._rows)

    async def write(self, session: AsyncSession, keyed: KeyedRow | None = None) -> bool:
        """Write all rows into the session's transaction; return False when the key is taken."""
        if not self.are_few:
            return await self._write_many(session, keyed)
        if not self and keyed is None:
            return True
        statement, values = self._statement(keyed)
        connection = await session.connection()
        done = await connection.exec_driver_sql(statement, tuple(values))
        return bool(done.scalar_one())

    async def write_alone(self, session: AsyncSession, keyed: KeyedRow | None = None) -> bool:
        """Write all rows, a few, in a transaction of their own; return False when the key is taken."""
        if not self and keyed is None:
            return True
        statement, values = self._statement(keyed)
        async with driver(session) as connection:
            return bool(await connection.fetchval(statement, *values))

    @property
    def are_few(self) -> bool:
        """Return whether one statement can write them."""
        return sum(map(len, self._rows.values())) <= AT_ONCE

    async def _write_many(self, session: AsyncSession, keyed: KeyedRow | None) -> bool:
        if keyed is not None and not await NewRows().write(session, keyed):
            return False
        for (table, names), rows in self._rows.items():
            if any(isinstance(table.c[name].type, ARRAY) for name in names):
                await session.execute(table.insert(), rows)
            else:
                await session.execute(insert_arrays(table, names), arrays(rows))
        self._rows.clear()
        return True

    def _statement(self, keyed: KeyedRow | None) -> tuple[str, list[Any]]:
        shape = tuple((table, names, len(rows)) for (table, names), rows in self._rows.items())
        first = (keyed.table, tuple(keyed.row)) if keyed is not None else None
        statement, tables = _composed(shape, first)
        groups = [[keyed.row]] if keyed is not None else []
        values = [
            value if process is None else process(value)
            for rows, processes in zip([*groups, *self._rows.values()], tables, strict=True)
            for row in rows
            for process, value in zip(processes, row.values(), strict=True)
        ]
        self._rows.clear()
        return statement, values


@asynccontextmanager
async def driver(session: AsyncSession) -> AsyncGenerator[Driver]:
    """Lend a connection of the session's pool as the driver has it, outside the session's transaction.

    For the few statements that are asked so often that composing them anew each time shows.
    """
    engine = session.bind
    assert isinstance(engine, AsyncEngine)  # noqa: S101 - as `make_sessions` makes them
    async with engine.connect() as connection:
        lent: Any = await connection.get_raw_connection()
        yield lent.driver_connection


_Process = Callable[[Any], Any] | None
_Shape = tuple[tuple[Table, tuple[str, ...], int], ...]


@lru_cache(maxsize=256)
def _composed(shape: _Shape, keyed: tuple[Table, tuple[str, ...]] | None) -> tuple[str, list[list[_Process]]]:
    """Return the statement for rows of a shape, and for each table what prepares its values."""
    parts: list[str] = []
    processes: list[list[_Process]] = []
    number = 0
    if keyed is not None:
        columns = _columns(*keyed)
        values, number = _values(columns, 1, number)
        processes.append([_process(column) for column in columns])
        parts.append(f"kept AS ({_into(keyed[0], columns)} {values} ON CONFLICT DO NOTHING RETURNING 1)")
    for table, names, count in shape:
        columns = _columns(table, names)
        values, number = _values(columns, count, number)
        processes.append([_process(column) for column in columns])
        if keyed is not None:
            values = f"SELECT * FROM ({values}) AS new WHERE EXISTS (SELECT FROM kept)"  # noqa: S608 - no values in it
        parts.append(f"rows{len(parts)} AS ({_into(table, columns)} {values})")
    end = "count(*) FROM kept" if keyed is not None else "1"
    return f"WITH {', '.join(parts)} SELECT {end}", processes


def _columns(table: Table, names: tuple[str, ...]) -> list[Column[Any]]:
    return [table.c[name] for name in names]


def _into(table: Table, columns: list[Column[Any]]) -> str:
    quote = _DIALECT.identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(quote(column.name) for column in columns)})"


def _values(columns: list[Column[Any]], count: int, number: int) -> tuple[str, int]:
    kinds = [column.type.compile(_DIALECT) for column in columns]
    rows = []
    for _ in range(count):
        rows.append(", ".join(f"${number + place}::{kind}" for place, kind in enumerate(kinds, 1)))
        number += len(kinds)
    return "VALUES " + ", ".join(f"({row})" for row in rows), number


def _process(column: Column[Any]) -> _Process:
    process: _Process = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return process
