"""Checks by anyone: number and code, guesses that lead nowhere, files against the register."""

import asyncio
import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from lib_testing import CITIZEN, PUBLIC, Clients
from svc_license.checking.domain import MOST_A_CLIENT, MOST_A_NUMBER
from svc_license.checking.duties import Forgetting
from svc_license.license.store import license_table

PATH = "/v1/public-verifications"


async def code_of(desk: Any, found: dict[str, Any]) -> str:
    detail = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}")).json()
    code: str = detail["check_code"]
    return code


async def check(service: Clients, number: str, code: str, address: str = "203.0.113.9") -> Any:
    async with service.as_(PUBLIC) as client:
        headers = {"x-client-address": address}
        return await client.post(PATH, json={"license_number": number, "code": code}, headers=headers)


def told(answer: Any) -> tuple[int, dict[str, Any]]:
    """Return an answer without what differs between any two requests."""
    return answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}


async def test_who_has_number_and_code_learns_how_it_stands_and_no_name(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{8}", code)
    seen = (await check(desk.service, found["number"], code.lower())).json()
    assert (seen["valid"], seen["status"], seen["license_name"]) == (True, "valid", "食品经营许可证")
    assert (seen["issuer"], seen["holder_name"]) == ("平顶山市市场监督管理局", "李*")
    desk.clock.advance(timedelta(days=6 * 365))
    seen = (await check(desk.service, found["number"], code)).json()
    assert (seen["valid"], seen["status"]) == (False, "expired")


async def test_a_wrong_code_and_an_unknown_number_are_answered_alike(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    wrong = await check(desk.service, found["number"], "2222ZZZZ")
    unknown = await check(desk.service, found["number"][:-3] + "9.Z", code)
    nonsense = await check(desk.service, "no such number", code)
    assert told(wrong) == told(unknown) == told(nonsense)
    assert wrong.status_code == 404


async def test_guessing_on_a_number_is_stopped_for_everyone_and_only_for_a_while(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    for attempt in range(MOST_A_NUMBER):
        answer = await check(desk.service, found["number"], "2222ZZZZ", f"203.0.113.{attempt}")
        assert answer.status_code == 404
    stopped = await check(desk.service, found["number"], code, "198.51.100.1")
    assert (stopped.status_code, stopped.headers["retry-after"]) == (429, "60")
    # A number that does not exist is limited alike, so that the limit tells nothing.
    for attempt in range(MOST_A_NUMBER):
        await check(desk.service, "no such number", "2222ZZZZ", f"203.0.113.{attempt}")
    assert told(await check(desk.service, "no such number", code)) == told(stopped)
    desk.clock.advance(timedelta(minutes=10))
    assert (await check(desk.service, found["number"], code)).status_code == 200


async def test_a_code_on_a_shops_wall_is_checked_by_everybody_who_comes_in(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    for _ in range(3 * MOST_A_NUMBER):
        assert (await check(desk.service, found["number"], code)).status_code == 200
    burst = await asyncio.gather(
        *(check(desk.service, found["number"], "2222ZZZZ") for _ in range(2 * MOST_A_NUMBER))
    )
    assert sorted(answer.status_code for answer in burst) == [404] * MOST_A_NUMBER + [429] * MOST_A_NUMBER


async def test_a_client_who_tries_many_numbers_is_stopped_and_others_are_not(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    for attempt in range(MOST_A_CLIENT):
        await check(desk.service, f"no such number {attempt}", "2222ZZZZ", "203.0.113.7")
    assert (await check(desk.service, found["number"], code, "203.0.113.7")).status_code == 429
    assert (await check(desk.service, found["number"], code, "203.0.113.8")).status_code == 200
    desk.clock.advance(timedelta(minutes=20))
    await Forgetting(desk.sessions, desk.clock).run_once()
    assert (await check(desk.service, found["number"], code, "203.0.113.7")).status_code == 200


async def test_the_address_in_the_qr_code_answers_a_phone_with_a_page(desk: Any) -> None:
    found = await desk.issue()
    code = await code_of(desk, found)
    path = f"/v1/license-checks/{found['number']}/{code}"
    page = await desk.service.as_(PUBLIC).get(path, headers={"accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "有效" in page.text
    assert "李*" in page.text
    assert "script" not in page.text
    assert (await desk.service.as_(PUBLIC).get(path)).json()["valid"]
    wrong = await desk.service.as_(PUBLIC).get(f"{path}X", headers={"accept": "text/html"})
    assert (wrong.status_code, "校验码不正确" in wrong.text) == (404, True)


async def file_verdict(desk: Any, document: bytes) -> dict[str, Any]:
    body = {"document": base64.b64encode(document).decode()}
    answer = await desk.service.as_(PUBLIC).post("/v1/file-verifications", json=body)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_file_is_compared_with_the_register(desk: Any) -> None:
    found = await desk.issue()
    document = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/document")).content
    good = await file_verdict(desk, document)
    assert (good["valid"], good["license_number"], good["status"]) == (True, found["number"], "valid")
    other = await file_verdict(desk, document + b" sealed")
    assert not other["valid"]
    assert {f["check"]: f["ok"] for f in other["findings"]} == {
        "content": True,
        "register": True,
        "same-file": False,
        "in-force": True,
    }
    await desk.decide("revocation", found["id"])
    revoked = await file_verdict(desk, document)
    assert (revoked["valid"], revoked["status"]) == (False, "revoked")
    async with desk.sessions.begin() as session:
        await session.execute(license_table.update().values(number=None))
    unknown = await file_verdict(desk, document)
    assert (unknown["valid"], unknown["status"]) == (False, None)


async def test_a_file_may_be_the_body_itself_but_no_form(desk: Any) -> None:
    found = await desk.issue()
    document = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/document")).content
    ask = desk.service.as_(PUBLIC)
    kind = {"content-type": "application/ofd"}
    good = await ask.post("/v1/file-verifications", content=document, headers=kind)
    assert (good.status_code, good.json()["valid"]) == (200, True)
    form = await ask.post("/v1/file-verifications", files={"file": ("a.ofd", document)})
    assert (form.status_code, form.json()["field"]) == (422, "content-type")
    assert "application/octet-stream" in form.json()["detail"]
    empty = await ask.post("/v1/file-verifications", json={})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "document")


@pytest.mark.parametrize("document", [b"", b"not a file", b"PK\x03\x04 broken"])
async def test_a_file_that_is_no_ofd_is_refused(desk: Any, document: bytes) -> None:
    body = {"document": base64.b64encode(document).decode()}
    answer = await desk.service.as_(PUBLIC).post("/v1/file-verifications", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/license-file-unreadable")


async def test_identifiers_are_taken_apart_for_anyone(desk: Any) -> None:
    found = await desk.issue()
    ask = desk.service.as_(PUBLIC)
    ours = (await ask.post("/v1/license-numbers", json={"number": found["number"]})).json()
    assert (ours["is_ours"], ours["version"], ours["is_check_right"]) == (True, "001", True)
    wrong = found["number"][:-1] + ("A" if found["number"][-1] != "A" else "B")
    refused = await ask.post("/v1/license-numbers", json={"number": wrong})
    assert (refused.status_code, json.loads(refused.text)["field"]) == (422, "number")
