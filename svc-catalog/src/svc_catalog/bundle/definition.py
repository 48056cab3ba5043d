"""Reads a bundle's definition and refuses what contradicts itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from svc_catalog.bundle.domain import (
    Bundle,
    BundleInvalid,
    Condition,
    Item,
    MaterialRule,
    Member,
    Question,
    Stage,
    waiting,
)
from svc_catalog.merged_form.domain import FieldsConflict, merge_forms

Record = Mapping[str, Any]
Error = dict[str, str]


def read_bundle(record: Record, version: int) -> Bundle:
    """Return the definition that a record holds. Left-out members mean none."""
    return Bundle(
        code=record["code"],
        version=version,
        name=record["name"],
        summary=record["summary"],
        audience=tuple(record["audience"]),
        lead_department=record["lead_department"],
        stages=tuple(
            Stage(
                stage["code"],
                stage["name"],
                tuple(stage.get("after", ())),
                stage.get("lead_department", record["lead_department"]),
            )
            for stage in record["stages"]
        ),
        members=tuple(
            Member(
                member["item"],
                member["stage"],
                tuple(member.get("after", ())),
                _condition(member.get("when")),
            )
            for member in record["items"]
        ),
        questions=tuple(
            Question(
                question["code"],
                question["text"],
                {choice["code"]: choice["text"] for choice in question["choices"]},
                _condition(question.get("when")),
                question.get("several", False),
                question.get("hint", ""),
            )
            for question in record.get("questions", ())
        ),
        material_rules=tuple(
            MaterialRule(rule["material"], rule.get("item"), _condition(rule.get("when")))
            for rule in record.get("material_rules", ())
        ),
        field_names=_renamed(record.get("same_fields", {})),
        field_titles=dict(record.get("field_titles", {})),
        material_names=_renamed(record.get("same_materials", {})),
    )


def _condition(given: Record | None) -> Condition:
    return {
        question: (choices,) if isinstance(choices, str) else tuple(choices)
        for question, choices in (given or {}).items()
    }


def _renamed(same: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: merged for merged, names in same.items() for name in names}


def check_bundle(bundle: Bundle, items: Mapping[str, Item]) -> None:
    """Raise BundleInvalid naming everything that is wrong with a definition on the published items."""
    errors = [*_doubles(bundle), *_references(bundle, items), *_conditions(bundle)]
    if not errors:
        errors = [*_cycles(bundle, items), *_conflicts(bundle, items)]
    if errors:
        told = "；".join(f"{error['field']}：{error['message']}" for error in errors)
        raise BundleInvalid(f"{bundle.name}（{bundle.code}）{told}", errors=errors)


def _doubles(bundle: Bundle) -> Iterator[Error]:
    lists: dict[str, list[str]] = {
        "stages": [stage.code for stage in bundle.stages],
        "items": [member.item_code for member in bundle.members],
        "questions": [question.code for question in bundle.questions],
    }
    for place, codes in lists.items():
        if place != "questions" and not codes:
            yield _error(place, "不能为空")
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            yield _error(place, f"{code} 重复")


def _references(bundle: Bundle, items: Mapping[str, Item]) -> Iterator[Error]:
    stages = {stage.code for stage in bundle.stages}
    members = {member.item_code for member in bundle.members}
    yield from _unknown("stages.after", (code for stage in bundle.stages for code in stage.after), stages)
    yield from _unknown("items.stage", (member.stage for member in bundle.members), stages)
    yield from _unknown("items.after", (code for member in bundle.members for code in member.after), members)
    yield from _unknown("items.item", members, set(items))
    named = (rule.item_code for rule in bundle.material_rules if rule.item_code is not None)
    yield from _unknown("material_rules.item", named, members)
    materials = {
        bundle.material_names.get(material["name"], material["name"])
        for code in members & set(items)
        for material in items[code]["materials"]
    }
    yield from _unknown("material_rules.material", (rule.name for rule in bundle.material_rules), materials)


def _unknown(place: str, named: Iterable[str], known: set[str]) -> Iterator[Error]:
    for code in sorted(set(named) - known):
        yield _error(place, f"没有 {code}")


def _conditions(bundle: Bundle) -> Iterator[Error]:
    # A condition may name earlier questions only, so that none waits for its own answer.
    asked: dict[str, Question] = {}
    for question in bundle.questions:
        yield from _condition_errors(f"questions.{question.code}.when", question.when, asked)
        if len(question.choices) < 2:
            yield _error(f"questions.{question.code}", "至少要有两个选项")
        asked[question.code] = question
    for member in bundle.members:
        yield from _condition_errors(f"items.{member.item_code}.when", member.when, asked)
    for rule in bundle.material_rules:
        yield from _condition_errors(f"material_rules.{rule.name}.when", rule.when, asked)


def _condition_errors(place: str, when: Condition, asked: Mapping[str, Question]) -> Iterator[Error]:
    for code, choices in when.items():
        if code not in asked:
            yield _error(place, f"没有在前的问题 {code}")
        else:
            yield from _unknown(place, choices, set(asked[code].choices))


def _cycles(bundle: Bundle, items: Mapping[str, Item]) -> Iterator[Error]:
    stages = {stage.code: stage.after for stage in bundle.stages}
    try:
        tuple(TopologicalSorter(stages).static_order())
    except CycleError as error:
        yield _error("stages.after", "阶段互相等待：" + " → ".join(error.args[1]))
        return
    try:
        waiting(bundle, items, [member.item_code for member in bundle.members])
    except CycleError as error:
        names = [items[code]["name"] for code in error.args[1]]
        yield _error("items.after", "事项互相等待：" + " → ".join(names))


def _conflicts(bundle: Bundle, items: Mapping[str, Item]) -> Iterator[Error]:
    # All items at once: what fits together as a whole fits in every part of it.
    forms = [(member.item_code, items[member.item_code]["form"]) for member in bundle.members]
    try:
        merge_forms(bundle.name, forms, names=bundle.field_names, titles=bundle.field_titles)
    except FieldsConflict as error:
        for found in error.facts["fields"]:
            yield _error(f"form.{found['field']}", f"事项 {found['items']} 对 {found['rule']} 的要求矛盾")


def _error(place: str, message: str) -> Error:
    return {"field": place, "message": message}
