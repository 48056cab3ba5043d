"""svc-license on its own database, with hand-written sister services."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from lib_db import Sessions, make_engine, make_sessions
from lib_files import FileStore
from lib_gm import FieldCipher
from lib_testing import Clients, FixedClock, field_keys_file, internal_keys_file, running
from svc_license.kind.store import load_kinds
from svc_license.license.issuing import Issuing
from svc_license.license.ports import SealPlace, Subject
from svc_license.license.sisters import SealClient
from svc_license.main import create_app
from svc_license.service import MIGRATIONS
from svc_license.settings import Settings
from svc_license.uow import LicenseUnitOfWork

MARKET = "11410400005184603J"
TYPE = f"{MARKET}001"
ORIGIN = "https://zwfw.example"


class FakeCatalog:
    """Tells what the licence must say; `failures` are raised first, one a call."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    async def subject(self, application_id: UUID) -> Subject:
        if self.failures:
            raise self.failures.pop()
        return Subject("李明", "11010519491231002X", {"operator_name": "李记面馆"})


class FakeSealing:
    """Adds a mark to a document, once per key."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.keys: list[str] = []

    async def seal(self, document: bytes, *, seal_code: str, use_key: str, place: SealPlace) -> bytes:
        if self.failures:
            raise self.failures.pop()
        self.keys.append(use_key)
        return document + b"sealed"

    async def is_good(self, document: bytes) -> bool:
        return document.endswith(b"sealed")

    async def findings(self, document: bytes) -> dict[str, Any]:
        good = await self.is_good(document)
        finding = {"check": "content", "ok": good, "text": "文件内容未被改动" if good else "文件内容被改动"}
        return {"valid": good, "signatures": [{"findings": [finding]}]}


@pytest_asyncio.fixture
async def settings(
    make_database: Callable[[Path], Awaitable[str]], nats_url: str, tmp_path: Path
) -> Settings:
    """Return settings of a service under test."""
    key = tmp_path / "signing.pem"
    key.write_bytes(_ed25519())
    return Settings(
        database_url=await make_database(MIGRATIONS),
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path),
        internal_signing_key_file=key,
        field_keys_file=field_keys_file(tmp_path),
        person_id_key_file=_person_key(tmp_path),
        public_origin=ORIGIN,
        files_url=f"file://{tmp_path / 'files'}",
        log_level="WARNING",
    )


def _person_key(folder: Path) -> Path:
    path = folder / "person-id.key"
    path.write_bytes(b"3" * 32)
    return path


def _ed25519() -> bytes:
    from joserfc.jwk import OKPKey

    return OKPKey.generate_key("Ed25519").as_pem(private=True)


@pytest_asyncio.fixture
async def sessions(settings: Settings) -> AsyncGenerator[Sessions]:
    """Return sessions on its database, with one licence type."""
    engine = make_engine(settings.database_url)
    found = make_sessions(engine)
    record = {
        "code": TYPE,
        "name": "食品经营许可证",
        "validity_years": 5,
        "fields": [["operator_name", "经营者名称"]],
        "issuer": MARKET,
        "issuer_name": "平顶山市市场监督管理局",
        "seal_code": "4104000000001",
    }
    async with found.begin() as session:
        await load_kinds(session, [record])
    yield found
    await engine.dispose()


@pytest.fixture
def catalog() -> FakeCatalog:
    """Return svc-catalog."""
    return FakeCatalog()


@pytest.fixture
def sealing() -> FakeSealing:
    """Return svc-seal."""
    return FakeSealing()


@pytest.fixture
def issuing(
    settings: Settings, sessions: Sessions, catalog: FakeCatalog, sealing: FakeSealing, clock: FixedClock
) -> Issuing:
    """Return the maker of licences."""
    cipher = FieldCipher.from_file(settings.field_keys_file)
    files = FileStore(settings.files_url)
    return Issuing(lambda: LicenseUnitOfWork(sessions), catalog, sealing, files, cipher, clock, ORIGIN)


@pytest_asyncio.fixture
async def service(
    settings: Settings, sessions: Sessions, sealing: FakeSealing, clock: FixedClock
) -> AsyncGenerator[Clients]:
    """Return clients of the running service; svc-seal is the fake one."""
    app = create_app(settings, clock)
    async with running(app) as clients:
        app.state.components[SealClient] = sealing
        yield clients
