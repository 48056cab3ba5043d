"""Every missing or contradictory element is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from svc_catalog.element.domain import ELEMENTS, Kind, canonical, sections
from svc_catalog.element.rules import check_item, check_values

CITY = Path(__file__).parents[3] / "deploy" / "demo" / "city"
DEPARTMENTS = {
    record["code"]: record["name"]
    for record in json.loads((CITY / "departments.json").read_text(encoding="utf-8"))
}
ITEMS: list[dict[str, Any]] = json.loads((CITY / "items.json").read_text(encoding="utf-8"))
PERMIT = next(item for item in ITEMS if item["name"] == "食品经营许可（新办）")
STEP = {"code": "1", "name": "受理", "actor": "窗口", "days": 0, "after": []}
FIELD = {"type": "string", "title": "名称"}


def found(**changes: Any) -> set[str]:
    record = {name: value for name, value in {**PERMIT, **changes}.items() if value is not ...}
    return {error["field"] for error in check_item(record, DEPARTMENTS)}


def test_every_item_of_the_city_is_complete_and_without_contradiction() -> None:
    assert [(item["name"], errors) for item in ITEMS if (errors := check_item(item, DEPARTMENTS))] == []


@pytest.mark.parametrize("name", [element.name for element in ELEMENTS if element.required])
def test_a_missing_mandatory_element_is_named(name: str) -> None:
    assert name in found(**{name: ...})


def test_an_empty_record_misses_every_mandatory_element_at_once() -> None:
    wanted = {element.name for element in ELEMENTS if element.required}
    assert {error["field"] for error in check_item({}, DEPARTMENTS)} == wanted
    assert list(check_values({}, complete=False)) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"promised_days": 21}, "promised_days"),
        ({"case_type": "instant"}, "promised_days"),
        ({"promised_days": 0, "flow": [STEP]}, "promised_days"),
        ({"code": "4101010010"}, "code"),
        ({"code": "410701001000"}, "code"),
        ({"implementation_code": "1" * 31}, "implementation_code"),
        ({"implementation_code": PERMIT["implementation_code"][:-1] + "9"}, "implementation_code"),
        ({"levels": ["county"]}, "implementation_code"),
        ({"business_code": PERMIT["implementation_code"] + "00"}, "business_code"),
        ({"department": "114104000051840099"}, "department"),
        ({"department_name": "别的局"}, "department_name"),
        ({"kind": "行政检查"}, "kind"),
        ({"served": ["person"]}, "served"),
        ({"body_kind": "entrusted"}, "entrusting_body"),
        ({"visits": 1, "visits_reason": None}, "visits_reason"),
        ({"visits": -1}, "visits"),
        ({"visits": True}, "visits"),
        ({"handling_ways": ["window"]}, "handling_ways"),
        ({"channels": ["kiosk"]}, "channels"),
        ({"is_charged": True}, "fees"),
        ({"fees": [{"name": "证照费", "standard": "10 元", "basis": "某文"}]}, "is_charged"),
        ({"result_license_type": None}, "result_license_type"),
        ({"results": [{**PERMIT["results"][0], "kind": "other"}]}, "results.1.kind"),
        ({"flow": [{**STEP, "after": ["9"]}]}, "flow"),
        ({"flow": [{**STEP, "after": ["2"]}, {**STEP, "code": "2", "after": ["1"]}]}, "flow"),
        ({"flow": [{**STEP, "days": 99}]}, "flow"),
        ({"flow": [STEP, STEP]}, "flow.2.code"),
        ({"materials": [{"name": "申请表", "kind": "纸", "required": True}]}, "materials.1.kind"),
        ({"materials": [{"kind": "form", "required": True}]}, "materials.1.name"),
        ({"materials": [{"name": "申请表", "kind": "form", "required": True, "x": 1}]}, "materials.1.x"),
        ({"form": {"type": "array"}}, "form"),
        ({"form": {"type": "object", "properties": {"a": {"type": "string"}}}}, "form.a"),
        ({"form": {"type": "object", "properties": {}, "required": ["a"]}}, "form.required"),
        ({"form": {"type": "object", "properties": {"a": {**FIELD, "pattern": "("}}}}, "form.a.pattern"),
        ({"form": {"type": "object", "properties": {"a": {**FIELD, "maxLength": "9"}}}}, "form.a.maxLength"),
        ({"form": {"type": "object", "properties": {"a": {**FIELD, "$ref": "x"}}}}, "form.a.$ref"),
        ({"colour": "red"}, "colour"),
        ({"name": " 前有空格"}, "name"),
        ({"keywords": ["a", "a"]}, "keywords"),
    ],
)
def test_contradictions_are_named(changes: dict[str, Any], place: str) -> None:
    assert place in found(**changes)


def test_a_special_procedure_and_a_branching_flow_are_fine() -> None:
    flow = [STEP, {**STEP, "code": "2", "after": ["1"]}, {**STEP, "code": "3", "after": ["1"]}]
    procedures = [{"name": "听证", "days": 20, "basis": None}]
    assert found(flow=flow, special_procedures=procedures) == set()


def test_ill_formed_values_do_not_stop_the_check() -> None:
    nonsense: dict[str, Any] = {element.name: object() for element in ELEMENTS}
    assert {error["field"] for error in check_item(nonsense, DEPARTMENTS)} == set(nonsense)
    for element in ELEMENTS:
        for value in (7, "7", [7], {"a": 7}, [{"a": 7}]):
            check_item({**PERMIT, element.name: value}, DEPARTMENTS)


def test_the_canonical_record_says_the_same_in_one_way() -> None:
    short = {"name": "事项", "materials": [{"name": "申请表"}], "days_explained": ""}
    full = canonical(short)
    assert full["days_explained"] is None
    assert full["materials"][0]["satisfied_by"] is None
    assert full["fees"] == []
    assert "promised_days" not in full
    assert canonical(full) == full


def test_facts_are_told_in_words_with_their_units() -> None:
    told = dict(fact for _, facts in sections(PERMIT) for fact in facts)
    assert told["法定办结时限"] == "20 个工作日"
    assert told["办件类型"] == "承诺件"
    assert told["到办事现场次数"] == "不见面审批（0 次）"
    assert told["统一受理"] in {"是", "否"}
    drawn = {element.label for element in ELEMENTS if element.kind is not Kind.ROWS}
    assert set(told) <= drawn
