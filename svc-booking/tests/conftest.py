"""A running svc-booking on its own database, with one hall and its slots."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from booking_city import a_point
from sqlalchemy.ext.asyncio import AsyncEngine

from lib_db import Sessions, make_engine, make_sessions
from lib_testing import Clients, FixedClock, internal_keys_file, running
from svc_booking.main import create_app
from svc_booking.service import MIGRATIONS
from svc_booking.settings import Settings
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import load_points


@pytest_asyncio.fixture
async def database(make_database: Callable[[Path], Awaitable[str]]) -> str:
    """Return the address of a migrated database."""
    return await make_database(MIGRATIONS)


@pytest_asyncio.fixture
async def engine(database: str) -> AsyncGenerator[AsyncEngine]:
    """Return an engine on it."""
    engine = make_engine(database, pool_size=20)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def sessions(engine: AsyncEngine) -> Sessions:
    """Return sessions on it."""
    return make_sessions(engine)


@pytest_asyncio.fixture
async def hall(sessions: Sessions, clock: FixedClock) -> str:
    """Return the code of a hall that has slots."""
    other = a_point("410402-HALL", name="新华区政务服务中心", division="410402000000")
    async with sessions.begin() as session:
        await load_points(session, [a_point(), other])
    await make_slots_ahead(sessions, clock)
    return "410422-HALL"


@pytest.fixture
def settings(database: str, nats_url: str, tmp_path: Path) -> Settings:
    """Return settings of a service under test."""
    return Settings(
        database_url=database,
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path),
        log_level="WARNING",
    )


@pytest_asyncio.fixture
async def service(settings: Settings, hall: str, clock: FixedClock) -> AsyncGenerator[Clients]:
    """Return clients of the running service; its clock is the test's."""
    app = create_app(settings, clock)
    async with running(app) as clients:
        yield clients
