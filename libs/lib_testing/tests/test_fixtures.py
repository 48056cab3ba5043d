"""The servers that tests get are real and isolated."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from nats.aio.client import Client

from lib_db import is_current
from lib_testing._broker import lent_account
from lib_testing._databases import copy_of, drop, server


async def test_each_copy_of_a_database_is_its_own() -> None:
    first, second = await copy_of("template1"), await copy_of("template1")
    one = await asyncpg.connect(server().url(first, "postgresql"))
    two = await asyncpg.connect(server().url(second, "postgresql"))
    await one.execute("CREATE TABLE mark (n int)")
    assert await two.fetchval("SELECT to_regclass('mark')") is None
    assert (await two.fetchval("SHOW server_version")).startswith("18")
    await one.close()
    await two.close()
    await drop(first)
    await drop(second)


async def test_the_broker_account_has_all_streams_and_no_messages(broker: Client) -> None:
    js = broker.jetstream()
    await js.publish("booking.test.happened.v1", b"{}")
    info = {stream.config.name: stream.state.messages for stream in await js.streams_info()}
    assert info == {"CATALOG": 0, "BOOKING": 1, "LICENSE": 0, "SEAL": 0, "COMPLAINT": 0}


def test_two_lent_accounts_differ() -> None:
    with lent_account() as one, lent_account() as two:
        assert one != two


async def test_a_migrated_database_is_made_from_its_template(
    make_database: Callable[[Path], Awaitable[str]],
) -> None:
    import svc_booking.service

    migrations = svc_booking.service.MIGRATIONS
    assert await is_current(await make_database(migrations), migrations)
