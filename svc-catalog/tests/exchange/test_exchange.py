"""Exchange with a partner city: signed, retried, once each, status mirrored in both directions."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from catalog_cases import APPLICANT, BODY, CLERK, LAW, MARKET, OFFICER, accepted, kinds, step
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kunshan import Kunshan
from sqlalchemy import func, select
from stand_ins import Departments, stand_ins

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_messaging import Consumer, Envelope, InboxProcessor
from lib_partner import SigningKey
from lib_testing import CITIZEN, Clients, FixedClock
from lib_web import Caller, CallerKind
from svc_catalog.application.store import application
from svc_catalog.database import MESSAGES
from svc_catalog.exchange.consumers import tellers, transfer_accepted
from svc_catalog.exchange.duties import send_messages
from svc_catalog.exchange.partners import HttpPartners
from svc_catalog.exchange.store import exchange_message
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork

ITEM = "410131016009"
THERE: dict[str, Any] = {**BODY, "item_code": ITEM, "form": {}, "partner_city": "320583"}
CITY = Caller(CallerKind.PARTNER, "320583", "bank", partner="320583")
BANK = Caller(CallerKind.PARTNER, "some-bank", "bank", partner="some-bank")


def a_key() -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


@pytest.fixture
def more_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return an item done across provinces."""
    return {"items": [make_item(ITEM, "跨省办理事项", cross_province=["320583"], department=MARKET)]}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings that know the partner city."""
    (tmp_path / "person.key").write_text("secret")
    return settings.model_copy(
        update={
            "exchange_partners": {"320583": "http://kunshan/kunshan"},
            "person_id_key_file": tmp_path / "person.key",
        }
    )


class Wire:
    """Both ends of the exchange: the stand-in city and our consumers and duty."""

    def __init__(self, sessions: Sessions, settings: Settings, clock: FixedClock) -> None:
        private, public = a_key()
        theirs, _ = a_key()
        self.city = Kunshan(
            "http://kunshan", {"ours-1": public}, SigningKey("kunshan-1", "ed25519", theirs), "http://gw"
        )
        self.key = SigningKey("ours-1", "ed25519", private)
        self._transport = httpx.ASGITransport(stand_ins(Departments(), self.city))
        self._sessions, self._clock = sessions, clock
        self._cipher = FieldCipher.from_file(settings.field_keys_file)
        self._seen = 0

    async def consume(self) -> None:
        """Bring every event about applications to the consumers, each twice."""
        consumers: list[Consumer] = [transfer_accepted, *tellers()]
        async with self._sessions() as session:
            rows = (
                await session.execute(
                    select(MESSAGES.outbox.c.seq, MESSAGES.outbox.c.type, MESSAGES.outbox.c.envelope)
                    .where(MESSAGES.outbox.c.seq > self._seen)
                    .order_by(MESSAGES.outbox.c.seq)
                )
            ).all()
        for seq, kind, envelope in rows:
            self._seen = seq
            for consumer in consumers:
                if consumer.event.type == kind:
                    given = consumer.given(cipher=self._cipher, clock=self._clock)
                    processor = InboxProcessor(given, lambda: CatalogUnitOfWork(self._sessions))
                    for _ in range(2):
                        await processor.process(Envelope.model_validate_json(envelope))

    async def send(self, key: SigningKey | None = None) -> int:
        """Send what is queued."""
        partners = HttpPartners(
            {"320583": "http://kunshan/kunshan"}, key or self.key, transport=self._transport
        )
        sent = await send_messages(
            lambda: CatalogUnitOfWork(self._sessions), partners, self._cipher, self._clock
        )
        await partners.aclose()
        return sent


@pytest.fixture
def wire(sessions: Sessions, settings: Settings, clock: FixedClock) -> Wire:
    """Return both ends."""
    return Wire(sessions, settings, clock)


async def handed_over(service: Clients, wire: Wire) -> dict[str, Any]:
    taken = await accepted(service, THERE)
    await wire.consume()
    assert await wire.send() == 1
    return taken


async def test_an_accepted_application_is_handed_over_signed_and_its_result_comes_back(
    service: Clients, sessions: Sessions, wire: Wire
) -> None:
    taken = await handed_over(service, wire)
    [there] = wire.city.taken.values()
    assert there["body"]["applicant"] == APPLICANT
    client = service.as_(CITY)
    for sequence, status, news in ((2, "accepted", True), (1, "submitted", False), (2, "accepted", False)):
        body = {"partner_case": there["case"], "status": status, "sequence": sequence, "note": "昆山已受理"}
        answer = await client.post("/v1/exchange/statuses", json=body)
        assert answer.json() == {"news": news}
    end = {"partner_case": there["case"], "status": "approved", "sequence": 3, "note": "已办结"}
    assert (await client.post("/v1/exchange/statuses", json=end)).json() == {"news": True}
    found = (await service.as_(CITIZEN).get(f"/v1/applications/{taken['id']}")).json()
    assert found["status"] == "delivered"
    assert [step_["note"] for step_ in found["steps"]].count("协作城市办理进度：昆山已受理") == 1
    shown = (await service.as_(CLERK).get(f"/v1/applications/{taken['id']}/exchange")).json()
    assert (shown["shared"]["partner_status"], shown["messages"][0]["status"]) == ("approved", "sent")
    assert (await kinds(sessions))[-2:] == [
        "catalog.application.approved.v1",
        "catalog.application.delivered.v1",
    ]


async def test_a_refusal_there_is_a_refusal_here_with_its_ground(service: Clients, wire: Wire) -> None:
    taken = await handed_over(service, wire)
    [there] = wire.city.taken.values()
    body = {
        "partner_case": there["case"],
        "status": "refused",
        "sequence": 5,
        "note": "条件不符",
        "legal_ground": LAW,
    }
    assert (await service.as_(CITY).post("/v1/exchange/statuses", json=body)).status_code == 200
    found = (await service.as_(CITIZEN).get(f"/v1/applications/{taken['id']}")).json()
    assert (found["status"], found["legal_ground"]) == ("refused", LAW)


async def test_a_city_that_is_away_gets_the_transfer_later_and_once(
    service: Clients, sessions: Sessions, wire: Wire, clock: FixedClock
) -> None:
    wire.city.is_down = True
    await accepted(service, THERE)
    await wire.consume()
    for _ in range(5):
        await wire.send()
        clock.advance(timedelta(minutes=10))
    async with sessions() as session:
        row = (await session.execute(select(exchange_message))).one()
    assert (row.status, row.problem) == ("queued", "status 503")
    wire.city.is_down = False
    clock.advance(timedelta(hours=1))
    assert await wire.send() == 1
    assert await wire.send() == 0
    assert len(wire.city.taken) == 1


async def test_an_answer_that_got_lost_does_not_double_the_transfer(
    service: Clients, sessions: Sessions, wire: Wire, clock: FixedClock
) -> None:
    await handed_over(service, wire)
    async with sessions.begin() as session:
        await session.execute(exchange_message.update().values(status="queued", next_attempt_at=clock.now()))
    assert await wire.send() == 1
    assert len(wire.city.taken) == 1


async def test_a_transfer_signed_with_another_key_is_not_taken(
    service: Clients, wire: Wire, sessions: Sessions
) -> None:
    await accepted(service, THERE)
    await wire.consume()
    private, _ = a_key()
    await wire.send(SigningKey("ours-1", "ed25519", private))
    assert wire.city.taken == {}
    async with sessions() as session:
        assert await session.scalar(select(exchange_message.c.problem)) == "status 401"


async def test_an_application_from_there_is_taken_once_and_its_status_told(
    service: Clients, sessions: Sessions, wire: Wire
) -> None:
    body = {
        "partner_case": "KS-77",
        "item_code": ITEM,
        "applicant": APPLICANT,
        "form": {},
        "materials": [{"name": "申请书", "proof": "昆山窗口收件"}],
    }
    client = service.as_(CITY)
    first = await client.post("/v1/exchange/transfers", json=body)
    assert first.status_code == 201, first.text
    assert (await client.post("/v1/exchange/transfers", json=body)).json() == first.json()
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(application)) == 1
    ours = first.json()["partner_case"]
    department_clerk = Caller(
        CallerKind.STAFF, "s_desk", "pc", roles=frozenset({"clerk"}), orgs=frozenset({MARKET})
    )
    await step(service, department_clerk, f"applications/{ours}/acceptance")
    await step(service, OFFICER, f"applications/{ours}/approval")
    await wire.consume()
    await wire.send()
    assert {told["partner_case"] for told in wire.city.told} == {"KS-77"}
    assert wire.city.told[-1]["status"] == "delivered"
    sequences = [told["sequence"] for told in wire.city.told]
    assert sequences == sorted(sequences)


async def test_only_partner_cities_come_in_and_only_to_their_own(service: Clients, wire: Wire) -> None:
    taken = await handed_over(service, wire)
    body = {"partner_case": taken["id"], "status": "approved", "sequence": 9}
    for caller, status in ((BANK, 403), (CITIZEN, 403), (OFFICER, 403), (CITY, 404)):
        assert (await service.as_(caller).post("/v1/exchange/statuses", json=body)).status_code == status


async def test_an_item_not_offered_there_is_refused(service: Clients) -> None:
    answer = await service.as_(CITIZEN).post("/v1/applications", json={**BODY, "partner_city": "320583"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-offered-there")
