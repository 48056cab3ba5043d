"""Databases that go from test to test: emptying one is many times cheaper than copying a template.

A database is lent again only if its tables, constraints, functions and triggers are as the template made them
and nobody is connected to it any more; otherwise it is dropped.
"""

import asyncpg

from lib_testing._databases import copy_of, drop, server

MIGRATED_ROWS = frozenset({"alembic_version"})

SHAPE = """
SELECT md5(string_agg(part, chr(10) ORDER BY part)) FROM (
    SELECT format('%s.%s %s %s', attrelid, attname, atttypid, attnotnull) FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', oid, proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', tgname, tgenabled) FROM pg_trigger
) AS parts (part)
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
EMPTY = """
DO $$
DECLARE found regclass; filled text := ''; has_rows boolean;
BEGIN
    FOR found IN SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found) INTO has_rows;
        IF has_rows THEN filled := filled || ', ' || found::text; END IF;
    END LOOP;
    IF filled <> '' THEN EXECUTE 'TRUNCATE ' || substr(filled, 3) || ' CASCADE'; END IF;
    PERFORM setval(oid::regclass, seqstart, false) FROM pg_class JOIN pg_sequence ON seqrelid = oid
    WHERE relnamespace = 'public'::regnamespace;
END $$
"""


class Lending:
    """The databases of one worker of a test run, by template."""

    def __init__(self) -> None:
        self._free: dict[str, list[str]] = {}
        self._shapes: dict[str, str | None] = {}

    async def borrow(self, template: str) -> str:
        """Return the name of a database that is as the template made it."""
        free = self._free.setdefault(template, [])
        return free.pop() if free else await copy_of(template)

    async def give_back(self, template: str, name: str) -> None:
        """Take a database back: emptied for the next test, or dropped when it was changed or is in use."""
        if await self._is_reusable(template) and await self._emptied(template, name):
            self._free[template].append(name)
        else:
            await drop(name)

    async def _is_reusable(self, template: str) -> bool:
        """Return whether an emptied database is like a fresh one; note the template's shape."""
        if template not in self._shapes:
            name = await copy_of(template)
            connection = await _connect(name)
            rows = [
                table["relname"]
                for table in await connection.fetch(TABLES)
                if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{table["relname"]}")')  # noqa: S608 - a name of our own
            ]
            self._shapes[template] = await connection.fetchval(SHAPE) if set(rows) <= MIGRATED_ROWS else None
            await connection.close()
            await drop(name)
        return self._shapes[template] is not None

    async def _emptied(self, template: str, name: str) -> bool:
        try:
            connection = await _connect(name)
        except (asyncpg.PostgresError, OSError):
            return False
        try:
            if (
                await connection.fetchval(OTHERS)
                or await connection.fetchval(SHAPE) != self._shapes[template]
            ):
                return False
            await connection.execute(EMPTY)
        except asyncpg.PostgresError:
            return False
        finally:
            await connection.close()
        return True


async def _connect(name: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server().url(name, "postgresql"))


LENDING = Lending()
