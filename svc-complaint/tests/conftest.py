"""A running svc-complaint on its own database with the city's data."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from lib_db import Sessions, make_engine, make_sessions
from lib_gm import FieldCipher
from lib_testing import Clients, FixedClock, field_keys_file, internal_keys_file, running
from svc_complaint.main import create_app
from svc_complaint.seed import seed
from svc_complaint.service import MIGRATIONS
from svc_complaint.settings import Settings
from svc_complaint.uow import ComplaintUnitOfWork

CITY = Path(__file__).parents[2] / "deploy" / "demo" / "city"


@pytest_asyncio.fixture
async def settings(
    make_database: Callable[[Path], Awaitable[str]], nats_url: str, tmp_path: Path
) -> Settings:
    """Return settings of a service under test, its database loaded."""
    settings = Settings(
        database_url=await make_database(MIGRATIONS),
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path, "gateway", "svc-catalog"),
        field_keys_file=field_keys_file(tmp_path),
        files_url=f"file://{tmp_path / 'files'}",
        log_level="WARNING",
    )
    await seed(settings.database_url, CITY)
    return settings


@pytest_asyncio.fixture
async def sessions(settings: Settings) -> AsyncGenerator[Sessions]:
    """Return sessions on its database."""
    engine = make_engine(settings.database_url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
def cipher(settings: Settings) -> FieldCipher:
    """Return the service's cipher."""
    return FieldCipher.from_file(settings.field_keys_file)


@pytest.fixture
def new_uow(sessions: Sessions) -> Callable[[], ComplaintUnitOfWork]:
    """Return a function that returns a unit of work."""
    return lambda: ComplaintUnitOfWork(sessions)


@pytest_asyncio.fixture
async def service(settings: Settings, clock: FixedClock) -> AsyncGenerator[Clients]:
    """Return clients of the running service."""
    async with running(create_app(settings, clock)) as clients:
        yield clients
