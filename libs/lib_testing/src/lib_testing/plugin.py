"""Pytest plugin: servers of the run, databases, broker accounts, clock."""

import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from nats.aio.client import Client

    from lib_testing._clock import FixedClock

MakeDatabase = Callable[..., Awaitable[str]]
_begun = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run."""
    from lib_testing._servers import begin_run

    config.stash[_begun] = begin_run(is_parallel=bool(config.getoption("numprocesses", None)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run in the process that began it."""
    from lib_testing._servers import end_run

    if config.stash.get(_begun, False):
        end_run()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once what failed: a run that is cut off later never comes to its summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stdout.write(f"\n{report.nodeid} failed in {report.when}:\n{report.longreprtext}\n")
        sys.stdout.flush()


@pytest_asyncio.fixture
async def make_database() -> AsyncGenerator[MakeDatabase]:
    """Return a function: migrations folder -> address of an empty, migrated database of the test's own.

    With `prepared`, a name and a coroutine function of an address, the database also holds what that
    wrote; it is called once per run.
    """
    import asyncio

    from lib_testing import _databases
    from lib_testing._lending import LENDING

    made: list[tuple[str, str]] = []

    async def make(migrations: Path, prepared: "tuple[str, _databases.Prepare] | None" = None) -> str:
        # The server dies with the thread that starts it, so it is not the short-lived one that migrates.
        _databases.server()
        # Migrating runs an event loop of its own, hence the thread.
        template = await asyncio.to_thread(_databases.template_of, migrations)
        if prepared is not None:
            template = await asyncio.to_thread(_databases.prepared_of, template, *prepared)
        name = await LENDING.borrow(template)
        made.append((template, name))
        return _databases.server().url(name)

    yield make
    for template, name in made:
        await LENDING.give_back(template, name)


@pytest_asyncio.fixture
async def empty_database() -> AsyncGenerator[str]:
    """Return the address of a fresh database without tables, gone after the test."""
    from lib_testing import _databases

    name = await _databases.copy_of("template1")
    yield _databases.server().url(name)
    await _databases.drop(name)


@pytest.fixture
def nats_url() -> Generator[str]:
    """Return the address of a broker account that no other test uses at the same time, emptied after use."""
    from lib_testing._broker import lent_account

    with lent_account() as url:
        yield url


@pytest_asyncio.fixture
async def broker(nats_url: str) -> AsyncGenerator["Client"]:
    """Return a connection to the test's own broker account, with all streams declared."""
    from lib_messaging import connect, ensure_streams

    client = await connect(nats_url, name="test")
    await ensure_streams(client)
    yield client
    await client.close()


@pytest.fixture
def clock() -> "FixedClock":
    """Return a clock that stands on a Wednesday, 09:00 in the city."""
    from lib_testing._clock import FixedClock

    return FixedClock()
