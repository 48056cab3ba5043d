"""Delegations: only once accepted, until the end, taken back at once, and always seen by the holder."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from lib_kernel import IllegalMove, move, person_id
from lib_testing import CITIZEN
from lib_web import Caller, CallerKind
from svc_license.delegation.domain import NEXT, Standing

NUMBER = "410402198809120021"
DELEGATE = Caller(CallerKind.CITIZEN, person_id(b"3" * 32, "111", NUMBER), "mobile")
STRANGER = Caller(CallerKind.CITIZEN, "p_stranger", "mobile")


@pytest.mark.parametrize(("current", "wanted"), list(product(Standing, Standing)))
def test_only_listed_moves_are_allowed(current: Standing, wanted: Standing) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


async def offered(desk: Any, found: dict[str, Any], **changes: Any) -> Any:
    body = {
        "license_id": found["id"],
        "delegate_number": NUMBER,
        "relation": "配偶",
        "until": "2026-06-01T00:00:00+08:00",
        **changes,
    }
    return await desk.service.as_(CITIZEN).post("/v1/delegations", json=body)


async def show(desk: Any, found: dict[str, Any], caller: Caller = DELEGATE) -> int:
    answer = await desk.service.as_(caller).post("/v1/presentations", json={"license_id": found["id"]})
    status: int = answer.status_code
    return status


async def test_a_delegate_shows_the_licence_once_they_accepted(desk: Any) -> None:
    found = await desk.issue()
    given = (await offered(desk, found)).json()
    assert NUMBER not in str(given)
    assert await show(desk, found) == 404
    path = f"/v1/delegations/{given['id']}"
    assert (await desk.service.as_(DELEGATE).get(f"{path}/license")).status_code == 404
    assert (await desk.service.as_(STRANGER).post(f"{path}/acceptance")).status_code == 404
    received = (await desk.service.as_(DELEGATE).get("/v1/delegations")).json()["received"]
    assert [row["id"] for row in received] == [given["id"]]
    assert (await desk.service.as_(DELEGATE).post(f"{path}/acceptance")).json()["status"] == "accepted"
    seen = (await desk.service.as_(DELEGATE).get(f"{path}/license")).json()
    assert (seen["name"], seen["holder_number"]) == ("食品经营许可证", "110***********002X")
    assert await show(desk, found) == 201
    assert await show(desk, found, STRANGER) == 404
    [read] = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    assert (read["basis"], read["purpose"]) == ("delegation", "代持查看（配偶）")
    assert await desk.events() == ["issued", "delegated"]


async def test_a_scan_of_a_delegates_code_is_the_holders_record(desk: Any) -> None:
    found = await desk.issue()
    given = (await offered(desk, found)).json()
    await desk.service.as_(DELEGATE).post(f"/v1/delegations/{given['id']}/acceptance")
    body = {"license_id": found["id"]}
    code = (await desk.service.as_(DELEGATE).post("/v1/presentations", json=body)).json()["code"]
    bank = Caller(CallerKind.PARTNER, "psbc", "bank", partner="psbc")
    assert (await desk.service.as_(bank).post("/v1/scans", json={"code": code})).status_code == 200
    [read] = (await desk.service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    assert read["reader"] == "psbc"


@pytest.mark.parametrize("who", [CITIZEN, DELEGATE], ids=["holder", "delegate"])
async def test_either_side_ends_it_at_once(desk: Any, who: Caller) -> None:
    found = await desk.issue()
    path = f"/v1/delegations/{(await offered(desk, found)).json()['id']}"
    await desk.service.as_(DELEGATE).post(f"{path}/acceptance")
    assert (await desk.service.as_(STRANGER).post(f"{path}/revocation")).status_code == 404
    assert (await desk.service.as_(who).post(f"{path}/revocation")).json()["status"] == "revoked"
    assert await show(desk, found) == 404
    assert (await desk.service.as_(DELEGATE).get(f"{path}/license")).status_code == 404
    assert (await desk.service.as_(DELEGATE).post(f"{path}/acceptance")).status_code == 409


async def test_it_ends_by_itself_and_can_be_declined(desk: Any) -> None:
    found = await desk.issue()
    first = f"/v1/delegations/{(await offered(desk, found)).json()['id']}"
    second = f"/v1/delegations/{(await offered(desk, found)).json()['id']}"
    assert (await desk.service.as_(DELEGATE).post(f"{first}/refusal")).json()["status"] == "declined"
    await desk.service.as_(DELEGATE).post(f"{second}/acceptance")
    assert await show(desk, found) == 201
    desk.clock.advance(timedelta(days=100))
    assert await show(desk, found) == 404
    late = f"/v1/delegations/{(await offered(desk, found, until='2026-07-01T00:00:00+08:00')).json()['id']}"
    desk.clock.advance(timedelta(days=100))
    assert (await desk.service.as_(DELEGATE).post(f"{late}/acceptance")).status_code == 404


async def test_an_offer_needs_a_future_end_and_another_person(desk: Any) -> None:
    found = await desk.issue()
    assert (await offered(desk, found, until="2026-01-01T00:00:00+08:00")).json()["field"] == "until"
    mine = Caller(CallerKind.CITIZEN, person_id(b"3" * 32, "111", NUMBER), "mobile")
    body = {
        "license_id": found["id"],
        "delegate_number": NUMBER,
        "relation": "子女",
        "until": "2026-06-01T00:00:00Z",
    }
    assert (await desk.service.as_(mine).post("/v1/delegations", json=body)).json()[
        "field"
    ] == "delegate_number"
