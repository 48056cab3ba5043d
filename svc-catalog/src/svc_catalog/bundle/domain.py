"""A bundle (一件事), its questions (智能导办), and the plan that answers make of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from lib_kernel import Conflict, Invalid, NotFound
from svc_catalog.merged_form.domain import merge_forms

Item = Mapping[str, Any]
Answers = Mapping[str, str | Sequence[str]]
Condition = Mapping[str, tuple[str, ...]]
Graph = Mapping[str, frozenset[str]]

STRICTEST_KIND = ("form", "original", "copy", "electronic")


class NoSuchBundle(NotFound):
    """There is no bundle with this code."""

    code = "bundle-not-found"
    title = "没有这个一件事"


class BundleInvalid(Invalid):
    """A definition contradicts itself; `errors` names every place."""

    code = "bundle-invalid"
    title = "一件事的定义有误"


class AnswersInvalid(Invalid):
    """Questions are not answered, or not with one of their choices; `errors` names each."""

    code = "bundle-answers-invalid"
    title = "请完整回答情形引导问题"


class BundleItemUnavailable(Conflict):
    """An item that the answers need is not offered now."""

    code = "bundle-item-unavailable"
    title = "其中有事项暂停办理"


class NothingToDo(Conflict):
    """By these answers no item of the bundle is needed."""

    code = "bundle-nothing-to-do"
    title = "按所选情形，无需办理任何事项"


@dataclass(frozen=True)
class Question:
    """A situational question. It is asked when `when` holds; `several`: more than one choice may be taken."""

    code: str
    text: str
    choices: Mapping[str, str]
    when: Condition
    several: bool
    hint: str


@dataclass(frozen=True)
class Stage:
    """A stage (阶段) begins when all stages of `after` are done; stages that do not wait run side by side."""

    code: str
    name: str
    after: tuple[str, ...]
    lead_department: str


@dataclass(frozen=True)
class Member:
    """An item of the bundle: in which stage, after which items, and in which situations it is needed."""

    item_code: str
    stage: str
    after: tuple[str, ...]
    when: Condition


@dataclass(frozen=True)
class MaterialRule:
    """A material is needed only when `when` holds; without an item, whichever item wants it."""

    name: str
    item_code: str | None
    when: Condition


@dataclass(frozen=True)
class Bundle:
    """A definition. Names of fields and materials map to the merged name when several mean the same."""

    code: str
    version: int
    name: str
    summary: str
    audience: tuple[str, ...]
    lead_department: str
    stages: tuple[Stage, ...]
    members: tuple[Member, ...]
    questions: tuple[Question, ...]
    material_rules: tuple[MaterialRule, ...]
    field_names: Mapping[str, str]
    field_titles: Mapping[str, str]
    material_names: Mapping[str, str]


@dataclass(frozen=True)
class PlannedTask:
    """One item of a plan. `after` are items that must be done before; `days` are working days.

    `fields` maps each field of the item's own form to its name in the merged form.
    """

    item_code: str
    item_name: str
    department: str
    after: tuple[str, ...]
    days: int
    item_version: int = 1
    stage: str = ""
    department_name: str = ""
    result_license_type: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedMaterial:
    """A material handed in once for all items of `wanted_by`.

    `kind` is the strictest that any of them asks for (original before copy). A licence of type
    `satisfied_by` makes it needless for every one of them; `made_by` is the item of this plan whose result it
    is, so that the applicant need not bring it. `names`: what each item calls it.
    """

    name: str
    kind: str
    required: bool
    satisfied_by: str | None
    wanted_by: tuple[str, ...]
    made_by: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BundlePlan:
    """What is to be done. Tasks stand in an order in which they can be done; `promised_days` covers them all.

    `field_sources`: which items ask for a field of the form. `left_out`: items the answers made needless.
    """

    code: str
    version: int
    name: str
    lead_department: str
    tasks: tuple[PlannedTask, ...]
    form: Mapping[str, Any]
    field_sources: Mapping[str, tuple[str, ...]]
    materials: tuple[PlannedMaterial, ...]
    promised_days: int
    stages: tuple[Stage, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def co_departments(self) -> tuple[str, ...]:
        """Return the departments that work together with the lead department (配合部门)."""
        others = dict.fromkeys(
            task.department for task in self.tasks if task.department != self.lead_department
        )
        return tuple(others)

    def form_of(self, item_code: str, form: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a filled merged form that one item asks for, under the item's own names."""
        task = next(task for task in self.tasks if task.item_code == item_code)
        return {own: form[name] for own, name in task.fields.items() if name in form}


def plan_of_item(item: Item) -> BundlePlan:
    """Return a single item, with its `version` among its members, as a plan of one task."""
    alone = Bundle(
        code=item["code"],
        version=item["version"],
        name=item["name"],
        summary="",
        audience=(),
        lead_department=item["department"],
        stages=(Stage("only", item["name"], (), item["department"]),),
        members=(Member(item["code"], "only", (), {}),),
        questions=(),
        material_rules=(),
        field_names={},
        field_titles={},
        material_names={},
    )
    return plan(alone, {item["code"]: item}, {})


def plan(bundle: Bundle, items: Mapping[str, Item], answers: Answers) -> BundlePlan:
    """Return what the answers make of the bundle.

    `items` has the published items by code, each with its `version`.

    Raises:
        AnswersInvalid, BundleItemUnavailable, NothingToDo, FieldsConflict: see there.
    """
    chosen = checked_answers(bundle, answers)
    kept = [member for member in bundle.members if holds(member.when, chosen)]
    if not kept:
        raise NothingToDo
    missing = [member.item_code for member in kept if member.item_code not in items]
    if missing:
        raise BundleItemUnavailable(f"事项 {'、'.join(missing)} 暂停办理，恢复后再申请", items=missing)
    codes = {member.item_code for member in kept}
    order = waiting(bundle, items, codes)
    tasks = tuple(
        _task(bundle, member, items[member.item_code], order)
        for member in sorted(kept, key=_place(tuple(TopologicalSorter(order).static_order())))
    )
    merged = merge_forms(
        f"{bundle.name}申请表",
        [(task.item_code, items[task.item_code]["form"]) for task in tasks],
        names=bundle.field_names,
        titles=bundle.field_titles,
    )
    return BundlePlan(
        code=bundle.code,
        version=bundle.version,
        name=bundle.name,
        lead_department=bundle.lead_department,
        tasks=tasks,
        form=merged.schema,
        field_sources=merged.sources,
        materials=tuple(_materials(bundle, tasks, items, chosen)),
        promised_days=critical_days(tasks),
        stages=bundle.stages,
        left_out=tuple(member.item_code for member in bundle.members if member.item_code not in codes),
    )


def checked_answers(bundle: Bundle, answers: Answers) -> dict[str, tuple[str, ...]]:
    """Return the answers to the questions that are asked; others do not count.

    Raises:
        AnswersInvalid: a question is unknown or unanswered, or an answer is not among its choices.
    """
    known = {question.code for question in bundle.questions}
    errors = [_error(code, "没有这个问题") for code in answers if code not in known]
    chosen: dict[str, tuple[str, ...]] = {}
    for question in bundle.questions:
        if not holds(question.when, chosen):
            continue
        given = answers.get(question.code, ())
        picked = (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
        if not picked:
            errors.append(_error(question.code, f"请回答：{question.text}"))
        elif wrong := [choice for choice in picked if choice not in question.choices]:
            errors.append(_error(question.code, f"没有选项 {'、'.join(wrong)}"))
        elif len(picked) > 1 and not question.several:
            errors.append(_error(question.code, "只能选择一项"))
        else:
            chosen[question.code] = picked
    if errors:
        told = "；".join(error["message"] for error in errors)
        raise AnswersInvalid(told, errors=errors)
    return chosen


def holds(condition: Condition, chosen: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether every question of the condition was answered with one of the choices it names."""
    return all(set(wanted) & set(chosen.get(question, ())) for question, wanted in condition.items())


def waiting(bundle: Bundle, items: Mapping[str, Item], codes: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return for each of the items which of the others it directly waits for.

    An item waits for those it names, for all items of earlier stages, and for an item that makes a licence
    which stands for one of its materials. Who waits for an item that is left out waits for what that one
    waited for.
    """
    wanted = frozenset(codes)
    everything = _full_graph(bundle, items)
    reach: dict[str, frozenset[str]] = {}
    for code in TopologicalSorter(everything).static_order():
        before = everything[code]
        reach[code] = before.union(*(reach[earlier] for earlier in before))
    kept = {code: reach[code] & wanted for code in reach if code in wanted}
    return {
        code: frozenset(
            earlier for earlier in before if not any(earlier in kept[other] for other in before - {earlier})
        )
        for code, before in kept.items()
    }


def _full_graph(bundle: Bundle, items: Mapping[str, Item]) -> dict[str, frozenset[str]]:
    stages = {stage.code: stage for stage in bundle.stages}
    makers: dict[str, list[str]] = {}
    for member in bundle.members:
        result = items.get(member.item_code, {}).get("result_license_type")
        if result is not None:
            makers.setdefault(result, []).append(member.item_code)
    graph = {}
    for member in bundle.members:
        before = set(member.after)
        earlier = _stages_before(stages, member.stage)
        before |= {other.item_code for other in bundle.members if other.stage in earlier}
        for material in items.get(member.item_code, {}).get("materials", ()):
            before |= set(makers.get(material["satisfied_by"] or "", ()))
        graph[member.item_code] = frozenset(before - {member.item_code})
    return graph


def _stages_before(stages: Mapping[str, Stage], code: str) -> set[str]:
    found: set[str] = set()
    left = list(stages[code].after)
    while left:
        stage = left.pop()
        if stage not in found:
            found.add(stage)
            left += stages[stage].after
    return found


def _place(order: tuple[str, ...]) -> Any:
    places = {code: place for place, code in enumerate(order)}
    return lambda member: places[member.item_code]


def _task(bundle: Bundle, member: Member, item: Item, order: Graph) -> PlannedTask:
    own = item["form"].get("properties", {})
    return PlannedTask(
        item_code=member.item_code,
        item_name=item["name"],
        department=item["department"],
        after=tuple(sorted(order[member.item_code])),
        days=item["promised_days"],
        item_version=item["version"],
        stage=member.stage,
        department_name=item.get("department_name", ""),
        result_license_type=item["result_license_type"],
        fields={name: bundle.field_names.get(name, name) for name in own},
    )


def critical_days(tasks: Iterable[PlannedTask]) -> int:
    """Return the working days of the longest chain of tasks; tasks come after those they wait for."""
    done: dict[str, int] = {}
    for task in tasks:
        done[task.item_code] = task.days + max((done[code] for code in task.after), default=0)
    return max(done.values(), default=0)


def _materials(
    bundle: Bundle,
    tasks: Sequence[PlannedTask],
    items: Mapping[str, Item],
    chosen: Mapping[str, tuple[str, ...]],
) -> Iterable[PlannedMaterial]:
    wanted: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for task in tasks:
        for material in items[task.item_code]["materials"]:
            name = bundle.material_names.get(material["name"], material["name"])
            if _is_needed(bundle, name, task.item_code, chosen):
                wanted.setdefault(name, []).append((task.item_code, material))
    makers = {task.result_license_type: task.item_code for task in tasks if task.result_license_type}
    for name, asked in wanted.items():
        licences = {material["satisfied_by"] for _, material in asked}
        licence = licences.pop() if len(licences) == 1 else None
        yield PlannedMaterial(
            name=name,
            kind=min((material["kind"] for _, material in asked), key=STRICTEST_KIND.index),
            required=any(material["required"] for _, material in asked),
            satisfied_by=licence,
            wanted_by=tuple(dict.fromkeys(code for code, _ in asked)),
            made_by=makers.get(licence) if licence is not None else None,
            names={code: material["name"] for code, material in asked},
        )


def _is_needed(bundle: Bundle, name: str, item_code: str, chosen: Mapping[str, tuple[str, ...]]) -> bool:
    rules = [
        rule for rule in bundle.material_rules if rule.name == name and rule.item_code in (None, item_code)
    ]
    return all(holds(rule.when, chosen) for rule in rules)


def _error(place: str, message: str) -> dict[str, str]:
    return {"field": place, "message": message}
