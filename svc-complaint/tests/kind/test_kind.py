"""Kinds as data: the engine's table, every shipped kind's table, and what is refused."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from lib_kernel import IllegalMove, NotAllowed, move
from lib_testing import CITIZEN, Clients, staff
from svc_complaint.kind.domain import NEXT, CaseKind, KindInvalid, Status
from svc_complaint.seed import definition

DATA = json.loads(
    (Path(__file__).parents[3] / "deploy/demo/city/complaint/kinds.json").read_text(encoding="utf-8")
)
KINDS = {kind["code"]: CaseKind.parse(1, definition(DATA["base"], kind)) for kind in DATA["kinds"]}


def a_definition(**changes: Any) -> dict[str, Any]:
    return {**definition(DATA["base"], DATA["kinds"][0]), **changes}


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_each_shipped_kind_has_no_move_that_the_engine_has_not(kind: CaseKind) -> None:
    for current, wanted in product(Status, Status):
        if wanted in kind.moves[current]:
            assert move(current, wanted, kind.moves) is wanted
            assert wanted in NEXT[current]
        else:
            with pytest.raises(IllegalMove):
                move(current, wanted, kind.moves)


def test_the_kinds_of_the_city_are_there() -> None:
    assert set(KINDS) == {
        "could_not_get_it_done", "difficult_problem", "consultation", "suggestion", "bad_rating",
        "enterprise_appeal", "platform_order", "area_verification",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"moves": {**a_definition()["moves"], "closed": ["received"]}}, "moves"),
        ({"moves": {**a_definition()["moves"], "resolved": [], "in_progress": ["resolved"]}}, None),
        ({"moves": {"received": ["closed"]}}, "moves"),
        ({"may": {"dance": ["dispatcher"]}}, "may"),
        ({"deadlines": {}}, "deadlines"),
        ({"deadlines": {"resolve": {"amount": 1, "unit": "moons"}}}, None),
        ({"ladder": [{"level": 1, "to": "leader"}]}, "ladder"),
        (
            {"ladder": [{"level": 2, "share": 0.5, "to": "x"}, {"level": 1, "share": 0.6, "to": "x"}]},
            "ladder",
        ),
    ],
)
def test_a_kind_that_cannot_run_is_refused(changes: dict[str, Any], field: str | None) -> None:
    with pytest.raises(KindInvalid) as refused:
        CaseKind.parse(1, a_definition(**changes))
    assert field is None or refused.value.facts["field"] == field


def test_who_may_do_what_is_the_kinds_word_and_an_admin_stands_for_staff_only() -> None:
    kind = KINDS["could_not_get_it_done"]
    kind.check_may("dispatch", {"dispatcher", "staff"})
    kind.check_may("dispatch", {"admin"})
    for action, scopes in (("dispatch", {"case_handler"}), ("confirm", {"admin"}), ("confirm", {"staff"})):
        with pytest.raises(NotAllowed):
            kind.check_may(action, scopes)


async def test_a_new_version_holds_for_new_cases_and_old_ones_keep_theirs(service: Clients) -> None:
    admin, citizen = service.as_(staff("s_admin", "admin")), service.as_(CITIZEN)
    body = {"kind": "suggestion", "content": "建议在大厅增设饮水机"}
    old = (await citizen.post("/v1/cases", json=body)).json()
    merged = definition(DATA["base"], next(k for k in DATA["kinds"] if k["code"] == "suggestion"))
    merged["deadlines"]["resolve"] = {"amount": 1, "unit": "working_days"}
    merged["may"] = {**merged["may"], "dispatch": ["leader"]}
    answer = await admin.put("/v1/case-kinds/suggestion", json=merged)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert (await admin.put("/v1/case-kinds/suggestion", json=merged)).json()["version"] == 2
    new = (await citizen.post("/v1/cases", json=body)).json()
    assert (old["due_at"], new["due_at"]) == ("2026-03-18T23:59:59+08:00", "2026-03-05T23:59:59+08:00")
    dispatcher, to = service.as_(staff("s_d", "dispatcher")), {"department": "114104000051840136"}
    assert (await dispatcher.post(f"/v1/cases/{old['id']}/dispatch", json=to)).status_code == 200
    assert (await dispatcher.post(f"/v1/cases/{new['id']}/dispatch", json=to)).status_code == 403


async def test_a_definition_with_a_broken_schema_is_refused(service: Clients) -> None:
    body = a_definition(fields={"type": "nonsense"})
    answer = await service.as_(staff("s_admin", "admin")).put(f"/v1/case-kinds/{body['code']}", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "fields")
    assert (await service.as_(CITIZEN).put(f"/v1/case-kinds/{body['code']}", json=body)).status_code == 403
