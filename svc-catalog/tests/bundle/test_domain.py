"""Plans out of bundles: order, pruning, merging, deadline."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_kernel import DomainError
from svc_catalog.bundle.definition import check_bundle, read_bundle
from svc_catalog.bundle.domain import (
    AnswersInvalid,
    Bundle,
    BundleInvalid,
    BundleItemUnavailable,
    BundlePlan,
    NothingToDo,
    plan,
    plan_of_item,
)

TEXT = {"type": "string", "minLength": 1, "maxLength": 20}


def an_item(code: str, **changes: Any) -> dict[str, Any]:
    fields = changes.pop("fields", {"name": TEXT})
    return {
        "code": code,
        "version": 3,
        "name": f"事项{code}",
        "department": f"D{code}",
        "department_name": f"{code}局",
        "promised_days": 2,
        "result_license_type": None,
        "materials": [],
        "form": {"type": "object", "properties": fields, "required": sorted(fields)},
        **changes,
    }


def a_material(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "kind": "copy", "required": True, "satisfied_by": None, **changes}


def a_record(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "code": "B1",
        "name": "开店",
        "summary": "",
        "audience": ["enterprise"],
        "lead_department": "D1",
        "stages": [{"code": "one", "name": "一"}],
        "items": [{"stage": "one", **item} for item in items],
        **changes,
    }


def in_one(code: str, **changes: Any) -> dict[str, Any]:
    return {"stage": "one", "item": code, **changes}


def a_stage(code: str, after: str) -> dict[str, Any]:
    return {"code": code, "name": code, "after": [after]}


def planned(record: dict[str, Any], items: list[dict[str, Any]], answers: Any = None) -> BundlePlan:
    by_code = {item["code"]: item for item in items}
    bundle = read_bundle(record, 1)
    check_bundle(bundle, by_code)
    return plan(bundle, by_code, answers or {})


HAS = {
    "code": "has",
    "text": "已有执照？",
    "choices": [{"code": "yes", "text": "有"}, {"code": "no", "text": "没有"}],
}


def test_parallel_items_count_once_in_the_deadline_and_a_chain_counts_whole() -> None:
    record = a_record({"item": "1"}, {"item": "2", "after": ["1"]}, {"item": "3", "after": ["1"]})
    items = [an_item("1", promised_days=1), an_item("2", promised_days=5), an_item("3", promised_days=3)]
    found = planned(record, items)
    assert found.tasks[0].item_code == "1"
    assert {task.item_code: task.after for task in found.tasks} == {"1": (), "2": ("1",), "3": ("1",)}
    assert found.promised_days == 6
    assert found.co_departments == ("D2", "D3")


def test_stages_wait_for_stages_and_side_by_side_ones_do_not() -> None:
    stages = [
        {"code": "a", "name": "甲"},
        {"code": "b", "name": "乙", "after": ["a"]},
        {"code": "c", "name": "丙", "after": ["a"]},
        {"code": "d", "name": "丁", "after": ["b", "c"]},
    ]
    members = [{"item": str(place), "stage": stage} for place, stage in enumerate("abcd", 1)]
    found = planned(a_record(*members, stages=stages), [an_item(str(place)) for place in range(1, 5)])
    after = {task.item_code: task.after for task in found.tasks}
    assert after == {"1": (), "2": ("1",), "3": ("1",), "4": ("2", "3")}


def test_who_waits_for_an_item_left_out_waits_for_what_that_one_waited_for() -> None:
    record = a_record(
        {"item": "1"},
        {"item": "2", "after": ["1"], "when": {"has": "no"}},
        {"item": "3", "after": ["2"]},
        questions=[HAS],
    )
    items = [an_item("1"), an_item("2"), an_item("3")]
    found = planned(record, items, {"has": "yes"})
    assert [(task.item_code, task.after) for task in found.tasks] == [("1", ()), ("3", ("1",))]
    assert found.left_out == ("2",)
    assert len(planned(record, items, {"has": "no"}).tasks) == 3


def test_a_licence_made_on_the_way_is_not_asked_for_and_sets_the_order() -> None:
    items = [
        an_item("1", materials=[a_material("营业执照", satisfied_by="L1")]),
        an_item("2", result_license_type="L1"),
    ]
    record = a_record({"item": "1"}, {"item": "2", "when": {"has": "no"}}, questions=[HAS])
    found = planned(record, items, {"has": "no"})
    assert [task.item_code for task in found.tasks] == ["2", "1"]
    assert found.materials[0].made_by == "2"
    assert planned(record, items, {"has": "yes"}).materials[0].made_by is None


def test_materials_of_one_meaning_are_handed_in_once_in_the_strictest_kind() -> None:
    items = [
        an_item("1", materials=[a_material("身份证", satisfied_by="L1", required=False)]),
        an_item("2", materials=[a_material("居民身份证", kind="original", satisfied_by="L1")]),
        an_item("3", materials=[a_material("身份证")]),
    ]
    record = a_record({"item": "1"}, {"item": "2"}, same_materials={"居民身份证": ["身份证"]})
    (card,) = planned(record, items).materials
    assert (card.name, card.kind, card.required, card.satisfied_by) == ("居民身份证", "original", True, "L1")
    assert card.wanted_by == ("1", "2")
    assert card.names == {"1": "身份证", "2": "居民身份证"}
    record["items"].append({"stage": "one", "item": "3"})
    # One of the three does not take the licence for it, so the paper is needed.
    assert planned(record, items).materials[0].satisfied_by is None


def test_fields_of_one_meaning_are_asked_once_as_strictly_as_anyone_asks() -> None:
    items = [
        an_item("1", fields={"premises": {**TEXT, "title": "住所"}, "owner": TEXT}),
        an_item("2", fields={"address": {**TEXT, "maxLength": 10, "title": "地址"}}),
    ]
    record = a_record(
        {"item": "1"},
        {"item": "2"},
        same_fields={"premises": ["address"]},
        field_titles={"premises": "经营场所"},
    )
    found = planned(record, items)
    assert found.form["properties"]["premises"] == {**TEXT, "maxLength": 10, "title": "经营场所"}
    assert found.field_sources == {"premises": ("1", "2"), "owner": ("1",)}
    assert found.form["required"] == ["premises", "owner"]
    assert found.form_of("2", {"premises": "某路", "owner": "某人"}) == {"address": "某路"}


def test_materials_are_pruned_by_the_situation() -> None:
    items = [an_item("1", materials=[a_material("租赁合同"), a_material("申请表", kind="form")])]
    record = a_record(
        {"item": "1"}, questions=[HAS], material_rules=[{"material": "租赁合同", "when": {"has": "no"}}]
    )
    assert [found.name for found in planned(record, items, {"has": "yes"}).materials] == ["申请表"]
    assert len(planned(record, items, {"has": "no"}).materials) == 2


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"items": [in_one("1", after=["2"]), in_one("2", after=["1"])]}, "items.after"),
        ({"stages": [a_stage("one", "two"), a_stage("two", "one")]}, "stages.after"),
        ({"items": [{"stage": "two", "item": "1"}]}, "items.stage"),
        ({"items": [in_one("9")]}, "items.item"),
        ({"items": [in_one("1"), in_one("1")]}, "items"),
        ({"items": []}, "items"),
        ({"items": [in_one("1", when={"has": "perhaps"})]}, "items.1.when"),
        ({"items": [in_one("1", when={"other": "yes"})]}, "items.1.when"),
        ({"questions": [{**HAS, "when": {"has": "yes"}}]}, "questions.has.when"),
        ({"questions": [{**HAS, "choices": HAS["choices"][:1]}]}, "questions.has"),
        ({"material_rules": [{"material": "租赁合同"}]}, "material_rules.material"),
        ({"same_fields": {"name": ["number"]}, "items": [in_one("1"), in_one("3")]}, "form.name"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(changes: dict[str, Any], place: str) -> None:
    record = a_record({"item": "1"}, {"item": "2"}, questions=[HAS]) | changes
    items = [an_item("1"), an_item("2"), an_item("3", fields={"number": {"type": "integer"}})]
    with pytest.raises(BundleInvalid) as caught:
        planned(record, items)
    assert place in {error["field"] for error in caught.value.facts["errors"]}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, AnswersInvalid),
        ({"has": "perhaps"}, AnswersInvalid),
        ({"has": ["yes", "no"]}, AnswersInvalid),
        ({"has": "yes", "wrong": "yes"}, AnswersInvalid),
        ({"has": "yes"}, NothingToDo),
    ],
)
def test_answers_that_do_not_fit_are_refused(answers: Any, error: type[DomainError]) -> None:
    record = a_record({"item": "1", "when": {"has": "no"}}, questions=[HAS])
    with pytest.raises(error):
        planned(record, [an_item("1")], answers)


def test_a_question_is_only_asked_where_it_matters() -> None:
    more = {**HAS, "code": "more", "when": {"has": "no"}}
    record = a_record({"item": "1"}, questions=[HAS, more])
    assert planned(record, [an_item("1")], {"has": "yes"}).tasks
    with pytest.raises(AnswersInvalid) as caught:
        planned(record, [an_item("1")], {"has": "no"})
    assert [error["field"] for error in caught.value.facts["errors"]] == ["more"]


def test_an_item_that_is_suspended_is_named() -> None:
    bundle = read_bundle(a_record({"item": "1"}), 1)
    with pytest.raises(BundleItemUnavailable) as caught:
        plan(bundle, {}, {})
    assert caught.value.facts["items"] == ["1"]


def test_a_single_item_is_a_plan_of_one_task() -> None:
    found = plan_of_item(an_item("1", materials=[a_material("申请表")]))
    (task,) = found.tasks
    assert (task.item_code, task.item_version, task.after, found.promised_days) == ("1", 3, (), 2)
    assert found.form_of("1", {"name": "某人"}) == {"name": "某人"}
    assert found.lead_department == "D1"


@st.composite
def bundles(draw: st.DrawFn) -> tuple[Bundle, dict[str, dict[str, Any]], dict[str, str]]:
    """Draw a bundle without cycles, its items, and answers."""
    count = draw(st.integers(1, 7))
    codes = [str(number) for number in range(count)]
    stages: list[dict[str, Any]] = [
        {"code": "s0", "name": "s0"},
        {"code": "s1", "name": "s1", "after": ["s0"]},
    ]
    some = st.lists(st.sampled_from(["申请表", "身份证", "合同", "平面图"]), unique=True)
    fields = st.lists(st.sampled_from(["name", "premises", "phone"]), unique=True)
    items, members = {}, []
    for place, code in enumerate(codes):
        made = draw(st.sampled_from([None, None, f"L{code}"]))
        materials = [
            a_material(name, kind=draw(st.sampled_from(["form", "original", "copy"]))) for name in draw(some)
        ]
        # A licence can only stand for a material of a later item: that keeps the drawn bundle free of cycles.
        if place and draw(st.booleans()):
            materials.append(a_material("证照", satisfied_by=f"L{draw(st.integers(0, place - 1))}"))
        items[code] = an_item(
            code,
            promised_days=draw(st.integers(0, 9)),
            result_license_type=made,
            materials=materials,
            fields={name: {**TEXT, "maxLength": draw(st.integers(1, 9))} for name in draw(fields)},
        )
        earlier = st.lists(st.sampled_from(codes[:place]), unique=True) if place else st.just([])
        members.append(
            {
                "item": code,
                "stage": "s0" if place < count // 2 else "s1",
                "after": draw(earlier),
                "when": {"has": draw(st.sampled_from(["yes", "no"]))} if draw(st.booleans()) else None,
            }
        )
    record = a_record(*members, stages=stages, questions=[HAS])
    return read_bundle(record, 1), items, {"has": draw(st.sampled_from(["yes", "no"]))}


@given(bundles())
def test_every_pruned_plan_respects_the_order_and_covers_every_item(
    drawn: tuple[Bundle, dict[str, dict[str, Any]], dict[str, str]],
) -> None:
    bundle, items, answers = drawn
    check_bundle(bundle, items)
    try:
        found = plan(bundle, items, answers)
    except NothingToDo:
        return
    kept = [task.item_code for task in found.tasks]
    place = {code: number for number, code in enumerate(kept)}
    before: dict[str, set[str]] = {}
    for task in found.tasks:
        before[task.item_code] = set(task.after).union(*(before[code] for code in task.after))
    for member in bundle.members:
        if member.item_code not in place:
            continue
        named = set(member.after) & set(kept)
        if member.stage == "s1":
            named |= {other.item_code for other in bundle.members if other.stage == "s0"} & set(kept)
        assert named <= before[member.item_code]
        assert all(place[earlier] < place[member.item_code] for earlier in named)
    materials = {material.name: material for material in found.materials}
    for code in kept:
        for wanted in items[code]["materials"]:
            merged = materials[wanted["name"]]
            assert code in merged.wanted_by
            assert merged.required or not wanted["required"]
        for name, rules in items[code]["form"]["properties"].items():
            assert code in found.field_sources[name]
            assert found.form["properties"][name]["maxLength"] <= rules["maxLength"]
            assert name in found.form["required"]
    assert found.promised_days >= max(task.days for task in found.tasks)
    assert found.promised_days <= sum(task.days for task in found.tasks)
    assert set(kept) | set(found.left_out) == set(items)
