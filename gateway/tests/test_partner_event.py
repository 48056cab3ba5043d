"""Which events a bank learns of, in which order; polling, acknowledgement, reconciliation, sandbox."""

import asyncio
import base64
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from gateway_bank import Hours, an_event, enqueue, give_webhook, parts_of
from gateway_city import City
from gateway_replica import eventually, worker

from gateway.partner.domain import PartnerUnknown
from gateway.partner_event.fanout import for_partner, partner_types
from gateway.partner_event.origin import business_of, partner_of
from gateway.partner_event.reconciliation import NoReconciliation
from gateway.replay import replay
from lib_contracts import Event
from lib_contracts.booking import AppointmentBooked
from lib_contracts.catalog import ApplicationSubmitted
from lib_contracts.license import LicenseIssued, LicenseRead
from lib_gm import Sm2PublicKey
from lib_kernel import SystemClock
from lib_messaging import Envelope, wrap

CUSTOMER = {"id_number": "11010519491231002X", "consent": "c-1"}
PARTNERS = {"psbc", "box"}


def booked(person: str, appointment: UUID | None = None, channel: str = "bank", **more: Any) -> Envelope:
    kind: type[Event] = more.pop("kind", AppointmentBooked)
    at = more.pop("at", SystemClock().now())
    event = kind.model_validate({
        "appointment_id": appointment or uuid4(), "person_id": person, "service_point": "P",
        "service_point_name": "大厅", "group": "business", "item_code": "1", "starts_at": at,
        "channel": channel, "partner": "psbc",
        **more,
    })  # fmt: skip
    return wrap(event, source="svc-booking", now=at)


def read(reader: str, *, partner: str | None = "") -> Envelope:
    now = SystemClock().now()
    event = LicenseRead(
        license_id=uuid4(), license_name="执照", person_id="p_a", reader=reader, purpose="开户", read_at=now,
        partner=reader if partner == "" else partner,
    )  # fmt: skip
    return wrap(event, source="svc-license", now=now)


def test_an_event_is_the_partners_whom_its_producer_names() -> None:
    assert partner_of(booked("p_a"), PARTNERS) == "psbc"
    assert partner_of(booked("p_a", partner="box"), PARTNERS) == "box"
    assert partner_of(read("psbc"), PARTNERS) == "psbc"


def test_without_a_name_an_event_is_nobodys_whatever_its_channel() -> None:
    assert partner_of(booked("p_a", partner=None), PARTNERS) is None
    assert partner_of(booked("p_a", partner="unknown"), PARTNERS) is None
    assert partner_of(read("410400-tax", partner=None), PARTNERS) is None


def test_an_application_is_the_banks_where_it_was_handed_in_and_so_is_its_licence() -> None:
    now = SystemClock().now()
    application = uuid4()
    submitted = ApplicationSubmitted(
        application_id=application, case_number="1", person_id="p_a", item_code="1", item_name="x",
        department="D", service_point="P", appointment_id=uuid4(), happened_at=now, channel="bank",
        partner="psbc",
    )  # fmt: skip
    issued = LicenseIssued(
        license_id=uuid4(), license_number="41-1", license_type="t", license_name="n", person_id="p_a",
        application_id=application, issued_at=now, partner="psbc",
    )  # fmt: skip
    told = [wrap(submitted, source="svc-catalog", now=now), wrap(issued, source="svc-license", now=now)]
    assert [partner_of(one, PARTNERS) for one in told] == ["psbc", "psbc"]
    assert {business_of(one) for one in told} == {str(application)}
    assert {"person_id", "license_number"}.isdisjoint(for_partner(told[1]).data)


async def test_events_of_the_services_reach_the_log_without_the_person_and_in_order(city: City) -> None:
    appointments = [uuid4() for _ in range(3)]
    js = city.nats.jetstream()
    expected: dict[str, list[str]] = {str(one): [] for one in appointments}
    for _ in range(8):
        for appointment in appointments:
            envelope = booked("p_a", appointment)
            expected[str(appointment)].append(str(envelope.id))
            body = envelope.model_dump_json().encode()
            await js.publish(envelope.type, body, headers={"Nats-Msg-Id": str(envelope.id)})
    # Two workers share the work, and what happened first is still first.
    async with worker(city.settings), worker(city.settings):

        async def all_there() -> bool:
            return len(await city.parts.events.page("psbc", 0, 100)) == 24

        await eventually(all_there)
    seen: dict[str, list[str]] = {}
    for event in await city.parts.events.page("psbc", 0, 100):
        seen.setdefault(event.subject, []).append(event.told["id"])
        assert "p_a" not in event.body.decode()
    assert seen == expected
    assert await city.parts.events.page("box", 0, 100) == []


async def test_an_event_that_arrives_twice_is_kept_once(city: City) -> None:
    envelope = booked("p_a")
    for _ in range(2):
        await city.parts.fanout.process(envelope)
    assert len(await city.parts.events.page("psbc", 0, 10)) == 1


async def test_a_partner_gets_the_types_it_wants(city: City) -> None:
    body = {"webhook": None, "events": ["license.*"]}
    assert (await city.bank("PUT", "/bank/v1/webhook", city.box_key, json=body)).status_code == 200

    async def is_known() -> bool:
        return city.parts.registry.partners["box"].events == ("license.*",)

    await eventually(is_known)
    assert await city.parts.fanout.give("box", an_event("s", 1)) is None
    assert await city.parts.fanout.give("box", for_partner(read("box"))) is not None


def test_events_of_a_business_share_its_order() -> None:
    appointment = uuid4()
    assert business_of(booked("p", appointment)) == str(appointment)
    assert {stream for stream in partner_types()} == {"BOOKING", "CATALOG", "LICENSE"}
    assert "catalog.item.published.v1" not in partner_types()["CATALOG"]
    assert "booking.day.closed.v1" not in partner_types()["BOOKING"]


async def test_a_bank_polls_and_acknowledges(city: City) -> None:
    expected = await enqueue(city.parts, "psbc", 1, 5)
    [ids] = expected.values()

    async def poll(**params: Any) -> dict[str, Any]:
        answer = await city.bank("GET", "/bank/v1/events", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    first = await poll(limit=2)
    assert [item["id"] for item in first["items"]] == ids[:2]
    assert [item["id"] for item in (await poll(limit=2))["items"]] == ids[:2]  # Not acknowledged yet.
    body = {"cursor": first["cursor"]}
    assert (await city.bank("POST", "/bank/v1/events/acknowledgement", json=body)).json() == body
    rest = await poll()
    assert [item["id"] for item in rest["items"]] == ids[2:]
    await city.bank("POST", "/bank/v1/events/acknowledgement", json={"cursor": rest["cursor"]})
    back = await city.bank("POST", "/bank/v1/events/acknowledgement", json=body)
    assert back.json()["cursor"] == rest["cursor"]  # It never goes back.
    assert (await poll())["items"] == []
    assert [item["id"] for item in (await poll(after="0"))["items"]] == ids  # Reading again is allowed.
    ahead = await city.bank("POST", "/bank/v1/events/acknowledgement", json={"cursor": "999999"})
    assert (ahead.status_code, ahead.json()["field"]) == (422, "cursor")


async def test_a_bank_sees_its_own_events_only_and_not_with_a_customers_session(city: City) -> None:
    await enqueue(city.parts, "psbc", 1, 1)
    assert (await city.bank("GET", "/bank/v1/events", city.box_key)).json()["items"] == []
    opened = await city.bank("POST", "/bank/v1/sessions", json=CUSTOMER)
    headers = {"X-Session": opened.json()["session"]}
    for path in ("events", "me", "reconciliations"):
        refused = await city.bank("GET", f"/bank/v1/{path}", headers=headers)
        assert refused.status_code == 403
    assert (await city.client.get("/mobile/v1/events", headers=city.citizen())).status_code == 403


async def test_acknowledgements_at_the_same_time_keep_the_furthest(city: City) -> None:
    await enqueue(city.parts, "psbc", 1, 9)
    last = await city.parts.events.last_position()
    await asyncio.gather(*(city.parts.events.acknowledge("psbc", number) for number in range(1, last + 1)))
    assert await city.parts.events.cursor("psbc") == last


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2-sm3"])
async def test_the_file_of_a_day_counts_digests_and_is_signed(city: City, algorithm: str) -> None:
    await give_webhook(city.parts, "psbc", algorithm=algorithm)
    clock = Hours()
    parts = parts_of(city, clock)
    for number in range(3):
        await parts.fanout.give("psbc", an_event("s", number, datetime(2026, 3, 4, 15, 59, tzinfo=UTC)))
    await parts.fanout.give(
        "psbc", an_event("s", 9, datetime(2026, 3, 4, 16, 0, tzinfo=UTC))
    )  # The next day here.
    key = parts.webhook_keys[algorithm]
    day = date(2026, 3, 4)
    assert await parts.reconciliation.make("psbc", day, key)
    assert not await parts.reconciliation.make("psbc", day, key)  # Once.
    [listed] = (await city.bank("GET", "/bank/v1/reconciliations")).json()["items"]
    assert (listed["day"], listed["events"], listed["algorithm"]) == ("2026-03-04", 3, algorithm)
    file = await city.bank("GET", "/bank/v1/reconciliations/2026-03-04")
    lines = [json.loads(line) for line in file.content.splitlines()]
    assert hashlib.sha256(file.content).hexdigest() == listed["digest"]
    polled = await parts.events.page("psbc", 0, 10)
    assert [line["digest"] for line in lines] == [hashlib.sha256(one.body).hexdigest() for one in polled[:3]]
    keys = (await city.client.get("/public/v1/webhook-keys")).json()["items"]
    [pem] = [one["public_key"] for one in keys if one["key_id"] == listed["key_id"]]
    signature = base64.b64decode(listed["signature"])
    if algorithm == "sm2-sm3":
        assert Sm2PublicKey.from_pem(pem.encode()).verify(signature, listed["digest"].encode())
    else:
        public = load_pem_public_key(pem.encode())
        assert isinstance(public, Ed25519PublicKey)
        public.verify(signature, listed["digest"].encode())
    missing = await city.bank("GET", "/bank/v1/reconciliations/2026-03-05")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/reconciliation-missing")
    assert (await city.bank("GET", "/bank/v1/reconciliations/2026-03-04", city.box_key)).status_code == 404


async def test_a_day_without_events_has_a_file_too_and_workers_make_it_once(city: City) -> None:
    clock = Hours(timedelta(days=2))
    parts = parts_of(city, clock)
    made = await asyncio.gather(
        *(parts.reconciliation.run(parts.registry, parts.webhook_keys) for _ in range(3))
    )
    assert sum(made) == 2  # One for each of the two partners.
    [manifest] = await parts.reconciliation.all("psbc")
    assert manifest.events == 0
    assert (await parts.reconciliation.read("psbc", manifest.day))[1] == b""
    with pytest.raises(NoReconciliation):
        await parts.reconciliation.read("psbc", manifest.day + timedelta(days=1))


async def emit(city: City, key: str, **changes: Any) -> Any:
    body = {"type": "booking.appointment.booked.v1", "subject": str(UUID(int=7)), "count": 2, **changes}
    headers = {"Idempotency-Key": key}
    return await city.bank("POST", "/bank/v1/sandbox-events", city.box_key, json=body, headers=headers)


async def test_sandbox_events_have_the_true_shape_and_happen_once_for_a_key(city: City) -> None:
    first, second = await emit(city, "key-00001"), await emit(city, "key-00001")
    assert (first.status_code, first.content) == (201, second.content)
    [one, _] = await city.parts.events.page("box", 0, 10)
    data = {**one.told["data"], "person_id": "p_x"}
    assert AppointmentBooked.model_validate(data).appointment_id == UUID(int=7)
    other = await emit(city, "key-00001", count=3)
    assert (other.status_code, other.json()["type"]) == (400, "/problems/idempotency-key-reused")
    for names in partner_types().values():
        for name in names:
            assert (await emit(city, f"key-{name}", type=name)).status_code == 201
    unknown = await emit(city, "key-00002", type="seal.seal.activated.v1")
    assert (unknown.status_code, unknown.json()["field"]) == (422, "type")


async def test_requests_with_one_key_side_by_side_make_the_events_once(city: City) -> None:
    answers = await asyncio.gather(*(emit(city, "key-00003") for _ in range(5)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len(await city.parts.events.page("box", 0, 50)) == 2


async def test_a_real_partner_makes_no_synthetic_events_and_sets_no_address(city: City) -> None:
    body = {"type": "booking.appointment.booked.v1", "subject": str(uuid4())}
    headers = {"Idempotency-Key": "12345678"}
    refused = await city.bank("POST", "/bank/v1/sandbox-events", json=body, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/sandbox-only")
    address = {"webhook": {"url": "https://bank.example/hook"}}
    assert (await city.bank("PUT", "/bank/v1/webhook", json=address)).status_code == 403


async def test_a_reset_forgets_events_calls_and_cursor(city: City) -> None:
    await give_webhook(city.parts, "box")
    await emit(city, "key-00001")
    await city.parts.events.acknowledge("box", 1)
    assert await city.parts.queue.businesses("box") != {}
    assert (await city.bank("POST", "/bank/v1/sandbox-reset", city.box_key)).status_code == 204
    assert await city.parts.events.page("box", 0, 10) == []
    assert await city.parts.queue.businesses("box") == {}
    assert await city.parts.events.cursor("box") == 0
    again = await emit(city, "key-00001")  # A new generation: the key is new again.
    assert again.status_code == 201
    assert len(await city.parts.events.page("box", 0, 10)) == 2


async def test_an_event_that_was_kept_aside_is_taken_to_its_partner_later(city: City) -> None:
    envelope = booked("p_a")
    await city.parts.fanout.bury(envelope.model_dump_json(), envelope.type, "X", 1)
    assert await replay(city.settings, "events") == 1
    assert await replay(city.settings, "events") == 0
    assert len(await city.parts.events.page("psbc", 0, 10)) == 1


async def test_commands_replay_for_citizens_and_for_a_partner(city: City) -> None:
    assert await replay(city.settings, "citizens") == 0
    assert await replay(city.settings, "partner", "psbc") == 0
    with pytest.raises(PartnerUnknown):
        await replay(city.settings, "partner", "nobody")


async def test_an_event_that_cannot_be_read_is_kept_aside_and_holds_nothing_up(city: City) -> None:
    js = city.nats.jetstream()
    await js.publish(AppointmentBooked.type, b"no event")
    good = booked("p_a")
    await js.publish(good.type, good.model_dump_json().encode())
    async with worker(city.settings):

        async def is_there() -> bool:
            return len(await city.parts.events.page("psbc", 0, 10)) == 1

        await eventually(is_there)
    assert (await js.stream_info("KV_partner-dead")).state.messages == 1
