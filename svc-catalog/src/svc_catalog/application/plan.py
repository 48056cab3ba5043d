"""What an application is for: an item, or a bundle as the applicant's answers made it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from svc_catalog.bundle.domain import BundlePlan
from svc_catalog.task.domain import PlannedStep


@dataclass(frozen=True)
class NeededMaterial:
    """A material that must be handed in unless a licence of type `satisfied_by` proves it."""

    name: str
    satisfied_by: str | None


@dataclass(frozen=True)
class Result:
    """A licence that an application leads to, with what svc-license said when it was issued.

    `fields` maps the item's own field names to those of a merged form; empty for an item's own form.
    """

    license_type: str
    item_code: str
    item_name: str
    department: str
    fields: Mapping[str, str]
    issued: Mapping[str, str]

    def form(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of the form that belongs to this result's item."""
        if not self.fields:
            return dict(whole)
        return {own: whole[name] for own, name in self.fields.items() if name in whole}


def results_of(steps: Iterable[PlannedStep], issued: Iterable[Mapping[str, str]]) -> list[Result]:
    """Return the licences that some steps lead to, one of each kind: of two steps the later gives it."""
    known = {license_["license_type"]: license_ for license_ in issued}
    giving = {step.result_license_type: step for step in steps if step.result_license_type}
    return [
        Result(kind, step.item_code, step.item_name, step.department, step.fields, known.get(kind, {}))
        for kind, step in giving.items()
    ]


@dataclass(frozen=True)
class CasePlan:
    """What is to be done, from whom, and what the applicant has to bring; days are working days."""

    code: str
    version: int
    name: str
    department: str
    is_bundle: bool
    steps: tuple[PlannedStep, ...]
    form: Mapping[str, Any]
    materials: tuple[NeededMaterial, ...]
    promised_days: int
    result_license_type: str | None
    is_instant: bool
    is_unified: bool
    partner_cities: tuple[str, ...] = ()


def plan_of_item(item: Mapping[str, Any], version: int) -> CasePlan:
    """Return the plan of one item: one department, one step."""
    step = PlannedStep(
        item["code"],
        item["name"],
        item["department"],
        (),
        item["promised_days"],
        item["result_license_type"],
    )
    return CasePlan(
        code=item["code"],
        version=version,
        name=item["name"],
        department=item["department"],
        is_bundle=False,
        steps=(step,),
        form=item["form"],
        materials=tuple(
            NeededMaterial(material["name"], material["satisfied_by"])
            for material in item["materials"]
            if material["required"]
        ),
        promised_days=item["promised_days"],
        result_license_type=item["result_license_type"],
        is_instant=item["case_type"] == "instant",
        is_unified=item["unified_acceptance"],
        partner_cities=tuple(partner_code(city) for city in item["cross_province"]),
    )


def plan_of_bundle(plan: BundlePlan) -> CasePlan:
    """Return the plan of a bundle. Materials that the bundle itself makes need not be brought."""
    steps = tuple(
        PlannedStep(
            task.item_code,
            task.item_name,
            task.department,
            task.after,
            task.days,
            task.result_license_type,
            task.fields,
        )
        for task in plan.tasks
    )
    return CasePlan(
        code=plan.code,
        version=plan.version,
        name=plan.name,
        department=plan.lead_department,
        is_bundle=True,
        steps=steps,
        form=plan.form,
        materials=tuple(
            NeededMaterial(material.name, material.satisfied_by)
            for material in plan.materials
            if material.required and material.made_by is None
        ),
        promised_days=plan.promised_days,
        result_license_type=next(
            (step.result_license_type for step in reversed(steps) if step.result_license_type), None
        ),
        is_instant=False,
        is_unified=True,
    )


def partner_code(city: str | Mapping[str, Any]) -> str:
    """Return the division code of a partner city in an item's list."""
    return city if isinstance(city, str) else str(city["code"])
