"""The life of a terminal: enrolled once with a code, heard of, disabled from afar, printing."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from gateway_bank import Hours
from gateway_city import City, ed25519_pair
from gateway_replica import eventually, replica

from gateway.device import receipt
from gateway.device.domain import ENROLMENT_HOLDS, NEXT, Device, EnrolmentInvalid, Heartbeat, Status
from gateway.device.store import Devices
from gateway.ledger import DEVICE, Ledger
from lib_gm import Sm2PrivateKey
from lib_kernel import IllegalMove
from lib_partner import SignedAuth, SigningKey

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
ENROLMENT = {"code": "K100", "name": "一楼大厅 1 号机", "service_point": "410422-HALL"}
ID_NUMBER = "11010519491231002X"
ROUTES = [
    ("POST", "device-enrolments"), ("GET", "devices"), ("GET", "devices/K001"),
    ("POST", "devices/K001/disablement"), ("POST", "devices/K001/enablement"), ("GET", "devices/K001/audit"),
    ("POST", "revoked-tokens"),
]  # fmt: skip


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def a_device(status: Status = Status.ACTIVE) -> Device:
    return Device("K", "n", "P", "K", "ed25519", "pem", NOW, status)


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    def move() -> Device:
        device = a_device(current)
        return device.disabled("r") if wanted is Status.DISABLED else device.enabled()

    if wanted in NEXT[current]:
        assert move().status is wanted
    else:
        with pytest.raises(IllegalMove):
            move()


def test_a_terminal_is_silent_after_three_minutes() -> None:
    beat = Heartbeat(NOW, "1.0", "ok")
    assert not beat.is_silent(NOW + timedelta(minutes=3))
    assert beat.is_silent(NOW + timedelta(minutes=3, seconds=1))


def words(secret: str, algorithm: str = "ed25519", **changes: Any) -> tuple[dict[str, Any], bytes]:
    """Return a terminal's first words with its private key."""
    if algorithm == "sm2-sm3":
        sm2 = Sm2PrivateKey.generate()
        private, public, proof = sm2.pem(), sm2.public_key().pem().decode(), sm2.sign(secret.encode())
    else:
        private, public = ed25519_pair()
        key = load_pem_private_key(private, None)
        assert isinstance(key, Ed25519PrivateKey)
        proof = key.sign(secret.encode())
    body = {
        "enrolment_code": secret,
        "algorithm": algorithm,
        "public_key": public,
        "proof": b64encode(proof).decode(),
    }
    return {**body, **changes}, private


async def offered(city: City) -> str:
    answer = await city.client.post(
        "/staff/v1/device-enrolments", json=ENROLMENT, headers=city.staff("admin")
    )
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["enrolment_code"]
    return secret


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2-sm3"])
async def test_a_terminal_enrols_its_key_and_may_call(city: City, algorithm: str) -> None:
    body, private = words(await offered(city), algorithm)
    enrolled = await city.client.post("/public/v1/device-enrolments/use", json=body)
    assert (enrolled.status_code, enrolled.json()["key_id"]) == (201, "K100")
    key = SigningKey("K100", algorithm, private)

    async def may_call() -> bool:
        answer = await city.client.get("/kiosk/v1/items", auth=SignedAuth(key))
        return answer.status_code == 200 and city.caller(answer).points == {"410422-HALL"}

    await eventually(may_call)
    audit = await city.client.get("/staff/v1/devices/K100/audit", headers=city.staff("admin"))
    assert [row["action"] for row in audit.json()["items"]] == ["enrolment offered", "registered"]


async def test_a_code_is_good_once_also_for_those_who_come_together(city: City) -> None:
    secret = await offered(city)
    tries = [city.client.post("/public/v1/device-enrolments/use", json=words(secret)[0]) for _ in range(6)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404, 404, 404, 404]
    assert {kind(answer)[1] for answer in answers if answer.status_code == 404} == {"enrolment-invalid"}


async def test_a_code_ends_after_a_day(city: City) -> None:
    clock = Hours()
    devices = Devices(city.nats, Ledger(city.nats, clock, DEVICE), clock)
    secret, _ = await devices.offer("K7", "n", "P", by="t")
    clock.shift = ENROLMENT_HOLDS
    with pytest.raises(EnrolmentInvalid):
        await devices.enrol(secret, "ed25519", "pem")


async def test_other_first_words_are_refused_and_leave_the_code_good(city: City) -> None:
    secret = await offered(city)
    path = "/public/v1/device-enrolments/use"
    stolen, _ = words(secret, proof=b64encode(b"x" * 64).decode())
    answer = await city.client.post(path, json=stolen)
    assert (answer.status_code, answer.json()["field"]) == (422, "proof")
    other, _ = words("ABCDEFGHJKLM")
    assert kind(await city.client.post(path, json=other)) == (404, "enrolment-invalid")
    wrong, _ = words(secret, algorithm="ed25519", public_key="no key")
    assert (await city.client.post(path, json=wrong)).json()["field"] == "public_key"
    assert (await city.client.post(path, json=words(secret)[0])).status_code == 201


async def test_a_terminal_that_works_is_not_enrolled_over(city: City) -> None:
    body = {**ENROLMENT, "code": "K001"}
    answer = await city.client.post("/staff/v1/device-enrolments", json=body, headers=city.staff("admin"))
    assert kind(answer) == (409, "device-active")


async def test_terminals_are_the_administrators_alone(city: City) -> None:
    roles = city.staff("clerk", "officer", "leader", "seal_keeper")
    for method, path in ROUTES:
        answer = await city.client.request(method, f"/staff/v1/{path}", headers=roles, json={})
        assert answer.status_code == 403, path
        kiosk = await city.kiosk(method, f"/kiosk/v1/{path}", json={})
        assert kind(kiosk) == (403, "channel-not-allowed"), path


async def test_an_administrator_sees_which_terminals_live_and_need_paper(city: City) -> None:
    async def shown() -> dict[str, Any]:
        listed = await city.client.get("/staff/v1/devices", headers=city.staff("admin"))
        [found] = listed.json()["items"]
        device: dict[str, Any] = found
        return device

    assert ((await shown())["is_silent"], (await shown())["heartbeat"]) == (True, None)
    body = {"version": "2.3.1", "paper": "low"}
    assert (await city.kiosk("POST", "/kiosk/v1/heartbeat", json=body)).status_code == 200
    device = await shown()
    assert (device["is_silent"], device["heartbeat"]["paper"]) == (False, "low")
    assert "public" not in str(device)
    wrong = await city.kiosk("POST", "/kiosk/v1/heartbeat", json={"version": "1", "paper": "blue"})
    assert wrong.json()["errors"][0]["field"] == "paper"


async def test_a_disabled_terminal_is_shut_out_on_every_replica_and_its_customer_gone(city: City) -> None:
    opened = await city.kiosk("POST", "/kiosk/v1/sessions", json={"id_number": ID_NUMBER})
    session = {"X-Session": opened.json()["session"]}
    body, admin = {"reason": "被盗"}, city.staff("admin")
    async with replica(city) as other:

        async def asked(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get("/kiosk/v1/items", auth=SignedAuth(city.kiosk_key))

        assert {(await asked(client)).status_code for client in (city.client, other)} == {200}
        done = await city.client.post("/staff/v1/devices/K001/disablement", json=body, headers=admin)
        assert (done.status_code, done.json()["status"]) == (200, "disabled")
        began = asyncio.get_running_loop().time()

        async def both_refuse() -> bool:
            return {(await asked(client)).status_code for client in (city.client, other)} == {403}

        await eventually(both_refuse, seconds=5)
        assert asyncio.get_running_loop().time() - began < 1.0
        assert kind(await asked(other)) == (403, "device-disabled")
    await city.client.post("/staff/v1/devices/K001/enablement", json=body, headers=admin)

    async def is_back() -> bool:
        answer = await city.kiosk("GET", "/kiosk/v1/items")
        return answer.status_code == 200

    await eventually(is_back)
    over = await city.kiosk("GET", "/kiosk/v1/appointments", headers=session)
    assert kind(over) == (401, "session-over")


def test_a_receipt_of_a_ticket_says_number_window_and_time() -> None:
    ticket = {
        "id": "t1", "number": "A012", "service_point_name": "宝丰县政务大厅", "window": None, "ahead": 3,
        "drawn_at": "2026-03-04T09:05:00+08:00",
    }  # fmt: skip
    found = receipt.of_ticket(ticket, NOW)
    texts = [line.text for line in found.lines]
    assert texts[:3] == ["宝丰县政务大厅", "A012", "前面还有 3 人"]
    assert "取号时间：2026-03-04 09:05" in texts
    assert found.qr == "PDS-TICKET:t1"
    assert "请到 2号窗口" in [
        line.text for line in receipt.of_ticket({**ticket, "window": "2号窗口"}, NOW).lines
    ]


def test_a_receipt_of_an_application_names_the_case_and_not_the_person() -> None:
    application = {
        "id": "a1", "case_number": "410400-1", "item_name": "食品经营许可", "status": "accepted",
        "person_id": "p_x",
        "submitted_at": "2026-03-04T09:05:00+08:00", "due_at": "2026-03-10T18:00:00+08:00",
    }  # fmt: skip
    found = receipt.of_application(application, NOW)
    assert "当前状态：已受理" in [line.text for line in found.lines]
    assert "承诺办结：2026-03-10 18:00前" in [line.text for line in found.lines]
    assert "p_x" not in found.model_dump_json()
    assert len(receipt.of_application({**application, "due_at": None}, NOW).lines) == len(found.lines) - 1


async def test_what_is_printed_is_asked_of_the_service_as_the_customer(city: City) -> None:
    city.booking.answer = {
        "id": "t1", "number": "A012", "service_point_name": "大厅", "window": None, "ahead": 0,
        "drawn_at": "2026-03-04T09:05:00+08:00",
    }  # fmt: skip
    printed = await city.kiosk("GET", "/kiosk/v1/receipts/tickets/01a20fe9-b8f1-79ae-af8f-5b2b0c62a9fd")
    assert (printed.status_code, printed.json()["lines"][1]["text"]) == (200, "A012")
    assert city.booking.paths == ["/v1/tickets/01a20fe9-b8f1-79ae-af8f-5b2b0c62a9fd"]
    mobile = await city.client.get("/mobile/v1/receipts/tickets/1", headers=city.citizen())
    assert kind(mobile) == (403, "channel-not-allowed")


async def test_a_seeded_terminal_can_be_seeded_again(city: City) -> None:
    device, _ = await city.parts.devices.get("K001")
    await city.parts.devices.register(replace(device, name="again"), by="seed")
    assert (await city.parts.devices.get("K001"))[0].name == "again"
