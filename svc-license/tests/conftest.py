"""svc-license on its own database, with hand-written sister services."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select

from lib_contracts.catalog import ApplicationApproved
from lib_db import Sessions, make_engine, make_sessions
from lib_files import FileStore
from lib_gm import FieldCipher
from lib_messaging import InboxProcessor, wrap
from lib_testing import CITIZEN, Clients, FixedClock, field_keys_file, internal_keys_file, running, staff
from svc_license.database import MESSAGES
from svc_license.kind.store import load_kinds
from svc_license.license.consumers import draft_licenses
from svc_license.license.issuing import Issuing
from svc_license.license.ports import SealPlace, Subject
from svc_license.license.sisters import SealClient
from svc_license.license.store import license_table
from svc_license.main import create_app
from svc_license.service import MIGRATIONS
from svc_license.settings import Settings
from svc_license.uow import LicenseUnitOfWork

MARKET = "11410400005184603J"
TYPE = f"{MARKET}001"
CARD_TYPE = f"{MARKET}002"
CARD: dict[str, Any] = {
    "code": CARD_TYPE,
    "name": "老年人优待证",
    "validity_years": None,
    "fields": [["holder", "姓名"], ["birth_date", "出生日期"], ["address", "住址"]],
    "issuer": MARKET,
    "issuer_name": "平顶山市市场监督管理局",
    "seal_code": "4104000000002",
    "definition": {
        "holder_kind": "person",
        "validity": {"rule": "none"},
        "layout": "card",
        "schema": {
            "type": "object",
            "properties": {
                "holder": {"type": "string", "title": "姓名", "minLength": 1, "maxLength": 40},
                "birth_date": {"type": "string", "title": "出生日期", "format": "date"},
                "address": {"type": "string", "title": "住址", "maxLength": 100},
                "photo": {"type": "string", "title": "照片", "format": "photo", "maxLength": 140000},
            },
            "required": ["holder"],
            "additionalProperties": False,
        },
    },
}
ORIGIN = "https://zwfw.example"
SAID = {"operator_name": "李记面馆"}
OFFICER = staff("s_officer", "officer", orgs=(MARKET,))
SECOND = staff("s_second", "officer", orgs=(MARKET,))


class FakeCatalog:
    """Tells what the licence must say; `failures` are raised first, one a call."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.name = "李明"
        self.fields: dict[str, dict[str, str]] = {}

    async def subject(self, application_id: UUID, type_code: str) -> Subject:
        if self.failures:
            raise self.failures.pop()
        return Subject(self.name, "11010519491231002X", self.fields.get(type_code, SAID))


class FakeSealing:
    """Adds a mark to a document, once per key."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.keys: list[str] = []
        self.seals: list[str] = []

    async def seal(self, document: bytes, *, seal_code: str, use_key: str, place: SealPlace) -> bytes:
        if self.failures:
            raise self.failures.pop()
        self.keys.append(use_key)
        self.seals.append(seal_code)
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
        await load_kinds(session, [record, CARD])
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


@dataclass
class Desk:
    """What tests do again and again with the running service."""

    sessions: Sessions
    clock: FixedClock
    issuing: Issuing
    service: Clients

    async def approve(self, person_id: str = CITIZEN.subject) -> UUID:
        """Tell of an approved application and return its id."""
        event = ApplicationApproved(
            application_id=uuid4(),
            case_number="1",
            person_id=person_id,
            item_code="410101001000",
            item_name="食品经营许可（新办）",
            department=MARKET,
            service_point="410422-HALL",
            appointment_id=None,
            happened_at=datetime(2026, 3, 4, tzinfo=UTC),
            result_license_type=TYPE,
        )
        processor = InboxProcessor(draft_licenses.given(clock=self.clock), self.open_work)
        await processor.process(wrap(event, source="svc-catalog", now=self.clock.now()))
        return event.application_id

    def open_work(self) -> LicenseUnitOfWork:
        """Return a unit of work."""
        return LicenseUnitOfWork(self.sessions)

    async def work(self) -> None:
        """Make what can be made now."""
        while await self.issuing.run_once():
            pass

    async def issue(self) -> dict[str, Any]:
        """Return a licence of the citizen's wallet as it is listed there."""
        await self.approve()
        await self.work()
        found: dict[str, Any] = (await self.service.as_(CITIZEN).get("/v1/licenses")).json()["items"][0]
        return found

    async def decide(self, action: str, license_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Propose as one officer, approve as another, and return the decision."""
        body = {"action": action, "reason": "依法作出", "license_id": license_id, **more}
        answer = await self.service.as_(OFFICER).post("/v1/license-decisions", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        if found["status"] == "proposed":
            path = f"/v1/license-decisions/{found['id']}/approval"
            answer = await self.service.as_(SECOND).post(path)
            assert answer.status_code == 200, answer.text
            found = answer.json()
        return found

    async def rows(self, *columns: Any) -> list[Any]:
        """Return columns of all licences in the order they came."""
        async with self.sessions() as session:
            ordered = select(*columns).order_by(license_table.c.created_at, license_table.c.id)
            return list(await session.execute(ordered))

    async def events(self) -> list[str]:
        """Return the types of the events so far, without what they have in common."""
        async with self.sessions() as session:
            types = await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))
            return [type_.removeprefix("license.license.").removesuffix(".v1") for type_ in types]


@pytest.fixture
def desk(sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients) -> Desk:
    """Return the desk."""
    return Desk(sessions, clock, issuing, service)


Worker = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture
def worker() -> Worker:
    """Return what runs a worker process of its own: settings, address of the sisters, file of the clock."""
    return _worker


@asynccontextmanager
async def _worker(
    settings: Settings, address: str, clock_file: Path
) -> AsyncGenerator[asyncio.subprocess.Process]:
    environment = {
        **os.environ,
        "LICENSE_DATABASE_URL": settings.database_url,
        "NATS_URL": settings.nats_url,
        "INTERNAL_KEYS_FILE": str(settings.internal_keys_file),
        "INTERNAL_SIGNING_KEY_FILE": str(settings.internal_signing_key_file),
        "FIELD_KEYS_FILE": str(settings.field_keys_file),
        "PERSON_ID_KEY_FILE": str(settings.person_id_key_file),
        "FILES_URL": settings.files_url,
        "CATALOG_URL": address,
        "SEAL_URL": address,
        "CLOCK_FILE": str(clock_file),
        "LOG_LEVEL": "ERROR",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "svc_license.worker", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()
