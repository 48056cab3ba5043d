"""The comprehensive window over HTTP."""

from uuid import uuid4

from catalog_cases import ADMIN, BODY, CLERK, OFFICER, POINT, STRANGER, kinds

from lib_db import Sessions
from lib_testing import CITIZEN, Clients

AT_WINDOW = {
    **BODY,
    "person_id": "p_walk_in",
    "identification": "id_card_reader",
    "consent_note": "本人在场同意代填",
    "window": "8号综合窗口",
    "conveniences": ["green_channel", "free_copies"],
}


async def test_any_item_is_taken_in_and_accepted_at_once(service: Clients, sessions: Sessions) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    client = service.as_(CLERK)
    answer = await client.post("/v1/window/acceptances", json=AT_WINDOW, headers=key)
    assert answer.status_code == 201, answer.text
    taken = answer.json()["application"]
    assert (taken["status"], taken["is_on_behalf"]) == ("accepted", True)
    assert taken["conveniences"] == ["free_copies", "green_channel"]
    assert (await client.post("/v1/window/acceptances", json=AT_WINDOW, headers=key)).json() == answer.json()
    assert await kinds(sessions) == ["catalog.application.submitted.v1", "catalog.application.accepted.v1"]
    printed = await client.get(answer.json()["receipt"])
    assert printed.content.startswith(b"%PDF")
    trail = (await service.as_(ADMIN).get("/v1/audit-records", params={"subject": taken["id"]})).json()[
        "items"
    ]
    assert [(record["action"], record["facts"]["on_behalf"]) for record in trail] == [
        ("window.submit_on_behalf", "yes"),
        ("application.accept", "yes"),
        ("receipt.read", "yes"),
    ]
    assert trail[0]["facts"]["identification"] == "id_card_reader"


async def test_what_is_wrong_leaves_nothing_behind(service: Clients, sessions: Sessions) -> None:
    answer = await service.as_(CLERK).post("/v1/window/acceptances", json={**AT_WINDOW, "form": {}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "form.operator_name")
    assert await kinds(sessions) == []


async def test_only_clerks_of_the_point_take_in(service: Clients) -> None:
    for caller in (STRANGER, OFFICER, CITIZEN):
        answer = await service.as_(caller).post("/v1/window/acceptances", json=AT_WINDOW)
        assert answer.status_code == 403


async def test_the_clerk_sees_what_the_identified_person_has_open(service: Clients) -> None:
    client = service.as_(CLERK)
    await client.post("/v1/window/acceptances", json=AT_WINDOW)
    person = {
        "person_id": "p_walk_in",
        "service_point": POINT,
        "identification": "id_card_reader",
        "consent_note": "本人同意查询",
    }
    shown = (await client.post("/v1/window/persons", json=person)).json()
    assert [found["item_name"] for found in shown["open"]] == ["食品经营许可（新办）"]
    assert (await service.as_(STRANGER).post("/v1/window/persons", json=person)).status_code == 403
    trail = (await service.as_(ADMIN).get("/v1/audit-records", params={"subject": "p_walk_in"})).json()
    assert [record["action"] for record in trail["items"]] == ["window.look_up"]
