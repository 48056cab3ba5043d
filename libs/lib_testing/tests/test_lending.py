"""A database that a test used is like a fresh one for the next, or is not used again."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest_asyncio

from lib_testing._databases import copy_of, drop, server
from lib_testing._lending import Lending


@pytest_asyncio.fixture
async def template() -> AsyncGenerator[str]:
    """Return a template with two tables and a sequence."""
    name = await copy_of("template1")
    connection = await connected(name)
    await connection.execute(
        """
        CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('1');
        CREATE TABLE parent (id int PRIMARY KEY CHECK (id > 0));
        CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY, parent int REFERENCES parent);
        CREATE SEQUENCE counter;
        """
    )
    await connection.close()
    yield name
    await drop(name)


async def connected(name: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server().url(name, "postgresql"))


async def test_the_next_test_finds_it_as_the_template_made_it(template: str) -> None:
    lending = Lending()
    name = await lending.borrow(template)
    connection = await connected(name)
    await connection.execute("INSERT INTO parent VALUES (1); INSERT INTO child (parent) VALUES (1), (1)")
    await connection.fetchval("SELECT nextval('counter')")
    await connection.close()
    await lending.give_back(template, name)
    assert await lending.borrow(template) == name
    connection = await connected(name)
    assert await connection.fetchval("SELECT count(*) FROM child") == 0
    assert await connection.fetchval("SELECT nextval('counter')") == 1
    await connection.execute("INSERT INTO child DEFAULT VALUES")
    assert await connection.fetchval("SELECT id FROM child") == 1
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "1"
    await connection.close()
    await drop(name)


async def test_a_changed_database_is_not_lent_again(template: str) -> None:
    lending = Lending()
    name = await lending.borrow(template)
    connection = await connected(name)
    await connection.execute("ALTER TABLE parent DROP CONSTRAINT parent_id_check")
    await connection.close()
    await lending.give_back(template, name)
    other = await lending.borrow(template)
    assert other != name
    await drop(other)


async def test_a_database_that_somebody_still_uses_is_not_lent_again(template: str) -> None:
    lending = Lending()
    name = await lending.borrow(template)
    connection = await connected(name)
    await lending.give_back(template, name)
    other = await lending.borrow(template)
    assert other != name
    await drop(other)
    await connection.close()


async def test_a_template_with_rows_is_copied_each_time(template: str) -> None:
    connection = await connected(template)
    await connection.execute("INSERT INTO parent VALUES (1)")
    await connection.close()
    lending = Lending()
    name = await lending.borrow(template)
    await lending.give_back(template, name)
    other = await lending.borrow(template)
    assert other != name
    await drop(other)
