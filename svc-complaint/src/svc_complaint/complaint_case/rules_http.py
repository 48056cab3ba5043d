"""Routes of taxonomy and routing rules: suggestion with reasons, publication, dry run (试运行)."""

import json
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE, StaleVersion
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_web import Caller, Day, problems, requires
from svc_complaint.complaint_case import store
from svc_complaint.complaint_case.intake import FIELDS
from svc_complaint.complaint_case.receipt import Cipher
from svc_complaint.triage import store as triage
from svc_complaint.triage.domain import Facts, Rule, RuleInvalid, route, suggest
from svc_complaint.triage.segment import words

router = APIRouter(prefix="/v1", tags=["分派规则"])
MOST_SHOWN = 100

Staff = Annotated[Caller, requires("dispatcher", "case_handler", "supervisor", "leader")]
Dispatcher = Annotated[Caller, requires("dispatcher")]


class Text(BaseModel):
    """A text to be sorted in."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(min_length=2, max_length=2000)


class ReasonOut(BaseModel):
    """A word that speaks for the category, and how much."""

    model_config = ConfigDict(from_attributes=True)

    word: str
    weight: float


class SuggestionOut(BaseModel):
    """A category with the words of the text that led there."""

    model_config = ConfigDict(from_attributes=True)

    category: str
    name: str
    department: str | None
    score: float
    reasons: list[ReasonOut]


class Suggestions(BaseModel):
    """The strongest suggestions first."""

    items: list[SuggestionOut]


class CategoryOut(BaseModel):
    """A cause of the taxonomy."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    parent: str | None
    department: str | None


class Categories(BaseModel):
    """The taxonomy."""

    items: list[CategoryOut]


class RuleSet(BaseModel):
    """Routing rules; the first that fits, by priority, sends a case to its department."""

    model_config = ConfigDict(extra="forbid")

    rules: list[dict[str, Any]] = Field(max_length=500)


class RulesOut(BaseModel):
    """The rules in force."""

    version: int
    rules: list[dict[str, Any]]


class Moved(BaseModel):
    """A case that the rules tried would send elsewhere."""

    case_number: str
    category: str | None
    department_now: str | None
    department_then: str | None
    rule: str | None


class Trial(BaseModel):
    """What the rules would have done with a day's cases; nothing was changed."""

    day: date
    cases: int
    same: int
    different: int
    without_department: int
    moved: list[Moved]


@router.post("/triage-suggestions")
async def suggest_category(body: Text, caller: Staff, session: ReadSession) -> Suggestions:
    """Suggest category and department for a text, with the words that led there."""
    found = suggest(words(body.content), body.content, await triage.categories(session))
    return Suggestions(items=[SuggestionOut.model_validate(one) for one in found])


@router.get("/case-categories")
async def list_categories(caller: Staff, session: ReadSession) -> Categories:
    """List the causes of the taxonomy."""
    return Categories(items=[CategoryOut.model_validate(one) for one in await triage.categories(session)])


@router.get("/routing-rules")
async def get_routing_rules(caller: Dispatcher, session: ReadSession) -> RulesOut:
    """Return the rules in force."""
    version, rules = await triage.rules_in_force(session)
    return RulesOut(version=version, rules=rules)


@router.put("/routing-rules", responses=problems(RuleInvalid, StaleVersion))
async def publish_routing_rules(
    body: RuleSet,
    caller: Annotated[Caller, requires("admin")],
    uow: Annotated[Any, Depends(unit_of_work)],
    clock: ClockDep,
) -> RulesOut:
    """Put rules in force for the cases that come from now on."""
    async with uow:
        version = await triage.publish_rules(uow.session, body.rules, caller.subject, clock.now())
        facts = {"version": str(version)}
        await uow.audit.note(caller.subject, "routing_rules.publish", "routing_rules", clock.now(), facts)
        await uow.commit()
    return RulesOut(version=version, rules=body.rules)


@router.post("/routing-rules/trial", responses=problems(RuleInvalid))
async def try_routing_rules(
    body: RuleSet,
    caller: Dispatcher,
    session: ReadSession,
    cipher: Cipher,
    clock: ClockDep,
    day: Day | None = None,
) -> Trial:
    """Show what rules would have done with yesterday's cases, or another day's."""
    rules = [Rule.parse(rule) for rule in body.rules]
    of = day or clock.now().astimezone(CITY_ZONE).date() - timedelta(days=1)
    departments = {one.code: one.department for one in await triage.categories(session)}
    cases = await store.received_between(session, _midnight(of), _midnight(of + timedelta(days=1)))
    moved, same, none = [], 0, 0
    for case in cases:
        speaking = next((one.get("department") for one in case.suggested if one.get("department")), None)
        fields = json.loads(cipher.decrypt(case.fields, context=FIELDS)) if case.fields else {}
        facts = Facts(
            kind=case.kind,
            category=case.category,
            category_department=departments.get(case.category or "") or speaking,
            item_code=case.item_code,
            service_point=case.service_point,
            division=case.division,
            channel=case.channel,
            fields=fields,
        )
        found = route(facts, rules)
        none += found is None
        then = found.department if found else None
        if then == case.department:
            same += 1
            continue
        moved.append(
            Moved(
                case_number=case.case_number,
                category=case.category,
                department_now=case.department,
                department_then=then,
                rule=found.rule if found else None,
            )
        )
    return Trial(
        day=of,
        cases=len(cases),
        same=same,
        different=len(moved),
        without_department=none,
        moved=moved[:MOST_SHOWN],
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)
