"""A running svc-seal on its own database, and the people around it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from seal_office import Office, a_document

from lib_db import Sessions, make_engine, make_sessions
from lib_service import Runtime
from lib_testing import Clients, FixedClock, internal_keys_file, running
from svc_seal.components import Parts, open_parts
from svc_seal.main import create_app
from svc_seal.service import MIGRATIONS, SERVICE
from svc_seal.settings import Settings


@pytest_asyncio.fixture
async def settings(
    make_database: Callable[[Path], Awaitable[str]], nats_url: str, tmp_path: Path
) -> Settings:
    """Return settings of a service under test."""
    return Settings(
        database_url=await make_database(MIGRATIONS),
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path, "gateway", "svc-license"),
        keys_dir=tmp_path / "seal-keys",
        log_level="WARNING",
    )


@pytest_asyncio.fixture
async def sessions(settings: Settings) -> AsyncGenerator[Sessions]:
    """Return sessions on its database."""
    engine = make_engine(settings.database_url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest_asyncio.fixture
async def service(settings: Settings, clock: FixedClock) -> AsyncGenerator[Clients]:
    """Return clients of the running service."""
    async with running(create_app(settings, clock)) as clients:
        yield clients


@pytest.fixture
def office(service: Clients) -> Office:
    """Return the people around the running service."""
    return Office(service)


@pytest_asyncio.fixture
async def parts(settings: Settings, clock: FixedClock) -> AsyncGenerator[Parts]:
    """Return what a worker is wired from."""
    runtime = Runtime(SERVICE, settings, clock)
    async with open_parts(runtime, settings) as found:
        yield found
    await runtime.aclose()


@pytest.fixture
def page() -> bytes:
    """Return a one-page OFD."""
    return a_document()
