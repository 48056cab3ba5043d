"""The province over HTTP, failing in every way: told in order, retried, parked, reconciled."""

import json
import threading
from collections.abc import Callable, Generator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from lib_gm import FieldCipher
from lib_testing import CITIZEN, staff
from svc_license.exchange.client import ProvinceClient
from svc_license.exchange.domain import ProvinceUnavailable
from svc_license.exchange.duties import Exchanging
from svc_license.exchange.store import exchange_entry
from svc_license.settings import Settings

OFFICER = staff("s_officer", "officer", orgs=("11410400005184603J",))
CLERK = staff("s_clerk", "clerk")


class Province:
    """The stand-in. `faults` are used up one a request; `kept` is what it was told, in order."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.kept: list[dict[str, str]] = []
        self.asked: list[dict[str, Any]] = []
        self.lost: set[str] = set()

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what the platform answers."""
        self.asked.append(body)
        if body["accessToken"] != "secret":
            return {"head": {"status": 11, "message": "认证失败"}}
        data = body["data"]
        if path == "/license/report":
            self.kept.append(data)
            return {"head": {"status": 0, "message": "ok"}, "data": None}
        if path == "/license/received":
            found = {item["ZZBS"]: item["ZZZT"] for item in self.kept if item["ZZBS"] not in self.lost}
            items = [{"ZZBS": number, "ZZZT": status} for number, status in sorted(found.items())]
            first = (data["page"] - 1) * 2
            more = len(items) > first + 2
            return {"head": {"status": 0}, "data": {"items": items[first : first + 2], "more": more}}
        known = [{"ZZMC": "营业执照", "CZZTDM": "11010519491231002X", "ZZZT": "01"}]
        return {"head": {"status": 0}, "data": {"items": known}}


@pytest.fixture
def province() -> Province:
    """Return the stand-in."""
    return Province()


@pytest.fixture
def address(province: Province) -> Generator[str]:
    """Serve the stand-in over HTTP and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fault = province.faults.pop(0) if province.faults else ""
            answers: dict[str, Callable[[], tuple[int, bytes]]] = {
                "error": lambda: (500, b"{}"),
                "html": lambda: (200, b"<html>maintenance</html>"),
                "empty": lambda: (200, b'{"head": {}}'),
                "list": lambda: (200, b"[]"),
                "auth": lambda: (200, b'{"head": {"status": 11}}'),
                "refused": lambda: (200, b'{"head": {"status": 100}}'),
            }
            if fault == "drop":
                self.close_connection = True
                return
            if fault == "lost answer":
                province.answer(self.path, body)
                self.close_connection = True
                return
            status, data = (
                answers[fault]() if fault else (200, json.dumps(province.answer(self.path, body)).encode())
            )
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest_asyncio.fixture
async def exchanging(desk: Any, settings: Settings, address: str) -> Any:
    """Return the exchange with the stand-in."""
    client = ProvinceClient(address, "pds", "secret")
    desk.service.app.state.components[ProvinceClient] = client
    yield Exchanging(desk.sessions, client, FieldCipher.from_file(settings.field_keys_file), desk.clock)
    await client.aclose()


async def send_all(exchanging: Exchanging) -> None:
    while await exchanging.send_once():
        pass


async def test_each_change_is_told_in_order_with_what_the_standard_names(
    desk: Any, exchanging: Exchanging, province: Province
) -> None:
    found = await desk.issue()
    await send_all(exchanging)
    await desk.decide("suspension", found["id"])
    await send_all(exchanging)
    await desk.decide("revocation", found["id"])
    await send_all(exchanging)
    assert [item["ZZZT"] for item in province.kept] == ["01", "02", "04"]
    assert province.kept[0]["ZZBS"] == found["number"]
    assert (province.kept[0]["CZZT"], province.kept[0]["CZZTDMLXDM"]) == ("李明", "111")
    assert set(province.asked[0]) == {"accessId", "accessToken", "data"}


@pytest.mark.parametrize("fault", ["error", "html", "empty", "list", "auth", "drop", "lost answer"])
async def test_a_failure_is_tried_again_later_and_nothing_is_lost(
    desk: Any, exchanging: Exchanging, province: Province, fault: str
) -> None:
    await desk.issue()
    province.faults = [fault, fault]
    assert not await exchanging.send_once()
    assert not await exchanging.send_once()  # Not before its pause is over.
    assert province.faults == [fault]
    desk.clock.advance(timedelta(seconds=11))
    assert not await exchanging.send_once()
    desk.clock.advance(timedelta(seconds=21))
    await send_all(exchanging)
    assert province.kept[-1]["ZZZT"] == "01"
    async with desk.sessions() as session:
        [(attempts, sent)] = await session.execute(
            select(exchange_entry.c.attempts, exchange_entry.c.sent_at)
        )
    assert (attempts, sent is not None) == (3, True)


async def test_later_changes_of_a_licence_wait_for_the_first_and_other_licences_do_not(
    desk: Any, exchanging: Exchanging, province: Province
) -> None:
    first = await desk.issue()
    await desk.decide("suspension", first["id"])
    await desk.decide("revocation", first["id"])
    province.faults = ["error"]
    assert not await exchanging.send_once()
    assert not await exchanging.send_once()
    await desk.issue()
    assert await exchanging.send_once()
    assert len(province.kept) == 1
    assert province.kept[0]["ZZBS"] != first["number"]
    desk.clock.advance(timedelta(minutes=1))
    await send_all(exchanging)
    assert [item["ZZBS"] for item in province.kept[1:]] == [first["number"]] * 3


async def test_a_refusal_is_put_aside_and_the_next_one_told(
    desk: Any, exchanging: Exchanging, province: Province
) -> None:
    found = await desk.issue()
    await desk.decide("suspension", found["id"])
    province.faults = ["refused"]
    await send_all(exchanging)
    assert [item["ZZZT"] for item in province.kept] == ["02"]
    report = (await desk.service.as_(OFFICER).get("/v1/exchange-reports")).json()
    assert (report["waiting"], report["parked"]) == (0, 1)


async def test_a_day_is_compared_once_and_what_they_lost_is_sent_again(
    desk: Any, exchanging: Exchanging, province: Province
) -> None:
    numbers = []
    for _ in range(3):
        await desk.approve()
    await desk.work()
    await send_all(exchanging)
    numbers = [item["ZZBS"] for item in province.kept]
    province.lost = {numbers[0]}
    province.kept[1]["ZZZT"] = "09"
    province.kept.append({"ZZBS": "1.2.156.3005.2.elsewhere", "ZZZT": "01"})
    desk.clock.advance(timedelta(days=1))
    province.faults = ["error"]
    with pytest.raises(ProvinceUnavailable):
        await exchanging.reconcile_once()
    await exchanging.reconcile_once()
    asked = len(province.asked)
    await exchanging.reconcile_once()
    assert len(province.asked) == asked
    [report] = (await desk.service.as_(OFFICER).get("/v1/exchange-reports")).json()["items"]
    assert (report["day"], report["sent"], report["is_even"]) == ("2026-03-04", 3, False)
    assert report["missing"] == [numbers[0]]
    assert report["different"] == [numbers[1]]
    assert report["unknown"] == ["1.2.156.3005.2.elsewhere"]
    province.lost = set()
    await send_all(exchanging)
    assert {item["ZZBS"] for item in province.kept[-2:]} == {numbers[0], numbers[1]}


@pytest.mark.usefixtures("exchanging")
async def test_staff_look_up_what_was_issued_elsewhere_and_it_is_on_record(
    desk: Any, province: Province
) -> None:
    body = {"holder_number": "11010519491231002X", "purpose": "办理设立登记"}
    found = (await desk.service.as_(CLERK).post("/v1/provincial-lookups", json=body)).json()["items"]
    assert found == [{"ZZMC": "营业执照", "CZZTDM": "110***********002X", "ZZZT": "01"}]
    assert province.asked[-1]["data"]["useCause"] == "办理设立登记"
    trail = (await desk.service.as_(staff("s_auditor", "auditor")).get("/v1/audit")).json()["items"]
    assert [(row["actor"], row["action"]) for row in trail] == [("s_clerk", "province.lookup")]
    assert trail[0]["facts"] == {"purpose": "办理设立登记"}
    assert "11010519491231002X" not in str(trail)
    refused = await desk.service.as_(CITIZEN).post("/v1/provincial-lookups", json=body)
    assert refused.status_code == 403
    for fault, status in (("error", 503), ("html", 503), ("refused", 409)):
        province.faults = [fault]
        assert (await desk.service.as_(CLERK).post("/v1/provincial-lookups", json=body)).status_code == status
    neither = await desk.service.as_(CLERK).post("/v1/provincial-lookups", json={"purpose": "办理设立登记"})
    assert neither.status_code == 422


async def test_without_a_province_a_look_up_says_so(desk: Any) -> None:
    body = {"holder_number": "11010519491231002X", "purpose": "办理设立登记"}
    answer = await desk.service.as_(CLERK).post("/v1/provincial-lookups", json=body)
    assert answer.json()["type"] == "/problems/province-not-connected"


async def test_a_wrong_credential_waits_until_it_is_mended(
    desk: Any, settings: Settings, address: str, province: Province
) -> None:
    await desk.issue()
    cipher = FieldCipher.from_file(settings.field_keys_file)
    wrong = ProvinceClient(address, "pds", "wrong")
    assert not await Exchanging(desk.sessions, wrong, cipher, desk.clock).send_once()
    await wrong.aclose()
    desk.clock.advance(timedelta(minutes=1))
    right = ProvinceClient(address, "pds", "secret")
    assert await Exchanging(desk.sessions, right, cipher, desk.clock).send_once()
    await right.aclose()
    assert len(province.kept) == 1
