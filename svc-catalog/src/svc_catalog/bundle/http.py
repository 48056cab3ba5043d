"""Routes of bundles, open to everyone."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from lib_service.web import ReadSession
from lib_web import AnyCaller, problems, tagged
from svc_catalog.bundle import store
from svc_catalog.bundle.domain import (
    AnswersInvalid,
    Bundle,
    BundleItemUnavailable,
    BundlePlan,
    Item,
    NoSuchBundle,
    NothingToDo,
    PlannedMaterial,
    Question,
)
from svc_catalog.bundle.schemas import (
    BundleBrief,
    BundleList,
    BundleOut,
    ChoiceOut,
    FieldOut,
    MemberOut,
    NamedItem,
    PlanMaterialOut,
    PlanOut,
    PlanRequest,
    QuestionList,
    QuestionOut,
    Saving,
    StageOut,
    TaskOut,
)

router = APIRouter(prefix="/v1/bundles", tags=["一件事"])

Code = Annotated[str, Path(max_length=40)]


@router.get("", response_model=BundleList)
async def list_bundles(request: Request, caller: AnyCaller, session: ReadSession) -> Response:
    """List all bundles (一件事)."""
    found = await store.all_bundles(session)
    return tagged(request, BundleList(items=[_brief(bundle) for bundle in found]), max_age=60)


@router.get("/{code}", response_model=BundleOut, responses=problems(NoSuchBundle))
async def get_bundle(code: Code, request: Request, caller: AnyCaller, session: ReadSession) -> Response:
    """Return a bundle with its stages, items and questions."""
    bundle = await store.one_bundle(session, code)
    items = await store.members_of(session, bundle)
    answer = BundleOut(
        **_brief(bundle).model_dump(),
        stages=[StageOut.model_validate(stage) for stage in bundle.stages],
        members=list(_members(bundle, items)),
        questions=[_question(question) for question in bundle.questions],
    )
    return tagged(request, answer, max_age=60)


@router.get("/{code}/questions", response_model=QuestionList, responses=problems(NoSuchBundle))
async def list_bundle_questions(
    code: Code, request: Request, caller: AnyCaller, session: ReadSession
) -> Response:
    """List the situational questions in the order they are asked (智能导办)."""
    bundle = await store.one_bundle(session, code)
    return tagged(request, QuestionList(items=[_question(one) for one in bundle.questions]), max_age=60)


@router.post(
    "/{code}/plans",
    responses=problems(NoSuchBundle, AnswersInvalid, BundleItemUnavailable, NothingToDo),
)
async def plan_bundle(code: Code, body: PlanRequest, caller: AnyCaller, session: ReadSession) -> PlanOut:
    """Return what the answers make of a bundle: items, form, materials, deadline. Nothing is kept."""
    bundle = await store.one_bundle(session, code)
    items = await store.members_of(session, bundle)
    return _plan(await store.planned(session, code, body.answers), items)


def _brief(bundle: Bundle) -> BundleBrief:
    return BundleBrief(
        code=bundle.code,
        version=bundle.version,
        name=bundle.name,
        summary=bundle.summary,
        audience=list(bundle.audience),
        lead_department=bundle.lead_department,
        item_count=len(bundle.members),
        stage_count=len(bundle.stages),
    )


def _question(question: Question) -> QuestionOut:
    return QuestionOut(
        code=question.code,
        text=question.text,
        hint=question.hint,
        several=question.several,
        choices=[ChoiceOut(code=code, text=text) for code, text in question.choices.items()],
        when={code: list(choices) for code, choices in question.when.items()},
    )


def _members(bundle: Bundle, items: Mapping[str, Item]) -> Iterable[MemberOut]:
    for member in bundle.members:
        item = items[member.item_code]
        yield MemberOut(
            item_code=member.item_code,
            item_name=item["name"],
            department=item["department"],
            department_name=item["department_name"],
            stage=member.stage,
            when={code: list(choices) for code, choices in member.when.items()},
            available=item["state"] == "published",
        )


def _plan(plan: BundlePlan, items: Mapping[str, Item]) -> PlanOut:
    def named(codes: Iterable[str]) -> list[NamedItem]:
        return [NamedItem(code=code, name=items[code]["name"]) for code in codes]

    def material(found: PlannedMaterial) -> PlanMaterialOut:
        return PlanMaterialOut(
            name=found.name,
            kind=found.kind,
            required=found.required,
            satisfied_by=found.satisfied_by,
            made_by=named([found.made_by])[0] if found.made_by else None,
            wanted_by=named(found.wanted_by),
        )

    fields = plan.form["properties"]
    return PlanOut(
        code=plan.code,
        version=plan.version,
        name=plan.name,
        lead_department=plan.lead_department,
        co_departments=list(plan.co_departments),
        promised_days=plan.promised_days,
        tasks=[TaskOut.model_validate(task, from_attributes=True) for task in plan.tasks],
        left_out=named(plan.left_out),
        form=dict(plan.form),
        fields=[
            FieldOut(name=name, title=fields[name].get("title", name), asked_by=named(codes))
            for name, codes in plan.field_sources.items()
        ],
        materials=[material(found) for found in plan.materials],
        saving=_saving(plan),
    )


def _saving(plan: BundlePlan) -> Saving:
    return Saving(
        forms_before=len(plan.tasks),
        fields_before=sum(len(codes) for codes in plan.field_sources.values()),
        fields=len(plan.field_sources),
        materials_before=sum(len(material.wanted_by) for material in plan.materials),
        materials=sum(material.made_by is None for material in plan.materials),
        days_before=sum(task.days for task in plan.tasks),
        days=plan.promised_days,
    )
