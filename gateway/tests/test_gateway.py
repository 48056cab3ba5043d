"""What gets through the gateway, as whom, and what does not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from gateway_city import STRANGER_KEY, City, ed25519_pair, token

from gateway.inbox.store import Inbox
from gateway.messages import WRITERS
from gateway.notifier import Notifier, types_by_stream
from gateway.routes import TABLE
from gateway.routing import read_table
from lib_contracts.complaint import RatingInvited
from lib_kernel import SystemClock
from lib_messaging import wrap
from lib_partner import SigningKey, sign_request
from lib_web import CallerKind

ID_NUMBER = "11010519491231002X"


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_public_request_reaches_its_service_as_nobody(city: City) -> None:
    answer = await city.client.get("/public/v1/items?q=%E9%A3%9F&limit=2")
    told = answer.json()
    assert (told["service"], told["path"], told["query"]) == ("catalog", "/v1/items", "q=%E9%A3%9F&limit=2")
    assert city.caller(answer).kind is CallerKind.PUBLIC
    assert answer.headers["etag"] == '"x"'
    assert len(answer.headers["x-request-id"]) == 32


async def test_a_citizen_is_known_by_the_token_and_keeps_no_staff_role(city: City) -> None:
    headers = city.citizen(roles=["admin", "enterprise_agent"])
    caller = city.caller(await city.client.get("/mobile/v1/appointments", headers=headers))
    assert (caller.kind, caller.subject, caller.channel) == (CallerKind.CITIZEN, "p_a", "mobile")
    assert caller.roles == {"enterprise_agent"}


async def test_what_a_client_claims_of_itself_is_not_passed_on(city: City) -> None:
    forged = {"X-Internal-Token": "forged", "X-Forwarded-For": "1.2.3.4", "X-Request-Id": "my-request-1"}
    told = (await city.client.get("/mobile/v1/appointments", headers={**city.citizen(), **forged})).json()
    assert told["headers"]["x-internal-token"] != "forged"
    assert "authorization" not in told["headers"]
    assert "x-forwarded-for" not in told["headers"]
    assert told["headers"]["x-request-id"] == "my-request-1"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token-missing"),
        ("Basic abc", "token-missing"),
        ("Bearer abc", "token-invalid"),
        (f"Bearer {token(exp=1)}", "token-invalid"),
        (f"Bearer {token(aud='another')}", "token-invalid"),
        (f"Bearer {token(iss='http://evil.example')}", "token-invalid"),
        (f"Bearer {token(key=STRANGER_KEY)}", "token-invalid"),
        (f"Bearer {token(person_id=None)}", "token-invalid"),
    ],
)
async def test_other_tokens_are_refused(city: City, authorization: str | None, code: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = await city.client.get("/mobile/v1/appointments", headers=headers)
    assert kind(answer) == (401, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert city.booking.calls == 0


async def test_a_revoked_token_is_refused_on_every_replica(city: City) -> None:
    path, headers = "/mobile/v1/appointments", city.citizen(jti="lost-phone")
    assert (await city.client.get(path, headers=headers)).status_code == 200
    await city.client.post(
        "/staff/v1/revoked-tokens", json={"token_id": "lost-phone"}, headers=city.staff("admin")
    )
    for _ in range(200):
        answer = await city.client.get(path, headers=headers)
        if answer.status_code == 401:
            break
        await asyncio.sleep(0.01)
    assert kind(answer) == (401, "token-invalid")


async def test_staff_come_in_by_their_entrance_or_the_pc(city: City) -> None:
    path = "/v1/tickets/1/finish"
    for channel in ("staff", "pc"):
        answer = await city.client.post(f"/{channel}{path}", headers=city.staff("clerk"))
        assert city.caller(answer).points == {"P1"}
    assert kind(await city.client.post(f"/pc{path}", headers=city.citizen())) == (403, "channel-not-allowed")
    assert kind(await city.client.post(f"/staff{path}", headers=city.citizen())) == (403, "staff-only")
    mobile = await city.client.post(f"/mobile{path}", headers=city.staff("clerk"))
    assert kind(mobile) == (403, "channel-not-allowed")


async def test_paths_that_no_channel_has(city: City) -> None:
    headers = city.citizen()
    for path in ("/mobile/v1/nothing", "/nothing/v1/items", "/", "/mobile/v1/applications/1/license-subject"):
        assert kind(await city.client.get(path, headers=headers)) == (404, "no-such-path")
    assert kind(await city.client.put("/mobile/v1/items", headers=headers)) == (405, "method-not-allowed")
    assert kind(await city.client.post("/public/v1/documents")) == (404, "no-such-path")


async def test_path_parameters_are_passed_on_as_they_were_meant(city: City) -> None:
    path = "/staff/v1/service-points/410422-HALL/windows/%E4%B8%80%E5%8F%B7/calls"
    told = (await city.client.post(path, headers=city.staff("clerk"))).json()
    assert told["path"] == "/v1/service-points/410422-HALL/windows/%E4%B8%80%E5%8F%B7/calls"
    sneaky = await city.client.get("/public/v1/items/..%2F..%2Fv1%2Fdocuments")
    assert sneaky.json()["path"] == "/v1/items/..%252F..%252Fv1%252Fdocuments"


async def test_a_signed_bank_request_is_the_partner(city: City) -> None:
    answer = await city.bank("GET", "/bank/v1/items?limit=1")
    caller = city.caller(answer)
    assert (caller.kind, caller.subject) == (CallerKind.PARTNER, "psbc")


async def test_unsigned_unknown_and_altered_bank_requests_are_refused(city: City) -> None:
    unsigned = await city.client.get("/bank/v1/items")
    assert (kind(unsigned), unsigned.json()["reason"]) == ((401, "signature-invalid"), "signature-missing")
    private, _ = ed25519_pair()
    stranger = await city.bank("GET", "/bank/v1/items", SigningKey("stranger", "ed25519", private))
    assert stranger.json()["reason"] == "key-unknown"
    forged = await city.bank("GET", "/bank/v1/items", SigningKey("bank-1", "ed25519", private))
    assert forged.json()["reason"] == "signature-wrong"
    url = f"{city.client.base_url}/bank/v1/license-verifications"
    fields = sign_request("POST", url, {}, b'{"a":1}', city.bank_key)
    altered = await city.client.post("/bank/v1/license-verifications", content=b'{"a":2}', headers=fields)
    assert altered.json()["reason"] == "signature-wrong"


async def test_replayed_and_stale_bank_requests_are_refused(city: City) -> None:
    url = f"{city.client.base_url}/bank/v1/items"
    fields = sign_request("GET", url, {}, b"", city.bank_key)
    assert (await city.client.get("/bank/v1/items", headers=fields)).status_code == 200
    replayed = await city.client.get("/bank/v1/items", headers=fields)
    assert replayed.json()["reason"] == "signature-replayed"
    old = sign_request("GET", url, {}, b"", city.bank_key, now=datetime.now(UTC) - timedelta(minutes=5))
    stale = await city.client.get("/bank/v1/items", headers=old)
    assert stale.json()["reason"] == "signature-stale"


async def test_a_device_that_is_not_registered_is_refused(city: City) -> None:
    private, _ = ed25519_pair()
    key = SigningKey("k-999", "ed25519", private)
    answer = await city.bank("GET", "/kiosk/v1/items", key)
    assert answer.json()["reason"] == "key-unknown"
    # A bank's key opens no terminal.
    assert (await city.bank("GET", "/kiosk/v1/items")).json()["reason"] == "key-unknown"


async def test_a_session_at_a_terminal_is_the_citizen_at_its_point(city: City) -> None:
    opened = await city.kiosk("POST", "/kiosk/v1/sessions", json={"id_number": ID_NUMBER})
    assert opened.status_code == 201, opened.text
    headers = {"X-Session": opened.json()["session"]}
    caller = city.caller(await city.kiosk("GET", "/kiosk/v1/appointments", headers=headers))
    assert (caller.kind, caller.device, caller.points) == (CallerKind.CITIZEN, "K001", {"410422-HALL"})
    assert ID_NUMBER not in caller.subject
    elsewhere = await city.bank("GET", "/bank/v1/appointments", headers=headers)
    assert kind(elsewhere) == (401, "session-over")
    await city.kiosk("DELETE", "/kiosk/v1/sessions/current", headers=headers)
    over = await city.kiosk("GET", "/kiosk/v1/appointments", headers=headers)
    assert kind(over) == (401, "session-over")


async def test_a_wrong_id_number_is_named_and_not_quoted(city: City) -> None:
    answer = await city.kiosk("POST", "/kiosk/v1/sessions", json={"id_number": "110105194912310021"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id_number")
    assert "110105194912310021" not in answer.text


async def test_a_bank_session_needs_the_customers_consent(city: City) -> None:
    body = {"id_number": ID_NUMBER}
    missing = await city.bank("POST", "/bank/v1/sessions", json=body)
    assert (missing.status_code, missing.json()["field"]) == (422, "consent")
    given = await city.bank("POST", "/bank/v1/sessions", json={**body, "consent": "c-1"})
    headers = {"X-Session": given.json()["session"]}
    caller = city.caller(await city.bank("GET", "/bank/v1/appointments", headers=headers))
    assert (caller.partner, caller.consent) == ("psbc", "c-1")


async def test_banks_and_terminals_must_send_an_idempotency_key(city: City) -> None:
    missing = await city.bank("POST", "/bank/v1/appointments", json={})
    assert kind(missing) == (400, "idempotency-key-required")
    sent = await city.bank("POST", "/bank/v1/appointments", json={}, headers={"Idempotency-Key": uuid4().hex})
    assert sent.status_code == 200
    assert (await city.client.post("/mobile/v1/appointments", json={}, headers=city.citizen())).is_success


async def test_a_body_over_the_limit_is_refused(city: City) -> None:
    for content in (b"x" * 10_001, _chunks()):
        answer = await city.client.post("/mobile/v1/appointments", content=content, headers=city.citizen())
        assert kind(answer) == (413, "body-too-large")
        assert answer.json()["status"] == 413
    assert city.booking.calls == 0


async def _chunks() -> Any:
    for _ in range(11):
        yield b"x" * 1000


async def test_a_service_that_is_down_is_503_and_the_others_work(city: City) -> None:
    headers = city.citizen()
    for _ in range(7):  # More than it takes to open the breaker.
        answer = await city.client.get("/mobile/v1/licenses", headers=headers)
        assert kind(answer) == (503, "upstream-unavailable")
        assert answer.headers["retry-after"]
    assert (await city.client.get("/mobile/v1/items", headers=headers)).status_code == 200


async def test_a_silent_service_is_504(city: City) -> None:
    city.booking.is_silent.set()
    answer = await city.client.get("/mobile/v1/appointments", headers=city.citizen())
    assert kind(answer) == (504, "upstream-timeout")
    assert "retry-after" not in answer.headers  # Nobody knows.


@pytest.mark.parametrize("city", [{"requests_per_second": 0.001, "burst": 3}], indirect=True)
async def test_a_caller_who_asks_too_often_is_slowed(city: City) -> None:
    headers = city.citizen(person_id="p_busy")
    answers = await asyncio.gather(*(city.client.get("/mobile/v1/items", headers=headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429]
    other = await city.client.get("/mobile/v1/items", headers=city.citizen(person_id="p_calm"))
    assert other.status_code == 200


async def test_a_message_is_delivered_once_however_often_its_event_arrives(city: City) -> None:
    now = datetime.now(UTC)
    event = RatingInvited(
        rating_id=uuid4(), person_id="p_a", service_name="食品经营许可（新办）", invited_at=now
    )
    envelope = wrap(event, source="svc-complaint", now=now)
    notifier = Notifier(city.nats)
    await asyncio.gather(*(notifier.process(envelope) for _ in range(4)))
    listed = (await city.client.get("/mobile/v1/inbox", headers=city.citizen())).json()["items"]
    assert [message["title"] for message in listed] == ["请您评价"]
    other = await city.client.get("/mobile/v1/inbox", headers=city.citizen(person_id="p_b"))
    assert other.json()["items"] == []
    assert (await Inbox(city.nats, SystemClock()).page("p_nobody")).items == []


def test_every_event_that_is_told_has_a_stream() -> None:
    assert sum(len(types) for types in types_by_stream().values()) == len(WRITERS)


def test_the_table_names_known_services_only() -> None:
    services = {route.service for route in read_table(TABLE).routes}
    assert services == {"catalog", "booking", "license", "seal", "complaint", "gateway"}


def test_an_operation_stands_in_the_table_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_table("GET /v1/items catalog public\nGET /v1/items booking mobile")


def test_a_wrong_line_in_the_table_is_named() -> None:
    with pytest.raises(ValueError, match="moblie"):
        read_table("GET /v1/items catalog public moblie")
