"""Request and response bodies of bundles."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Answer = Annotated[str, Field(max_length=40)]


class StageOut(BaseModel):
    """A stage (阶段); it begins when those of `after` are done."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    after: list[str]
    lead_department: str


class ChoiceOut(BaseModel):
    """A choice."""

    code: str
    text: str


class QuestionOut(BaseModel):
    """A situational question (情形引导), asked when every question of `when` has one of these answers."""

    code: str
    text: str
    hint: str
    several: bool
    choices: list[ChoiceOut]
    when: dict[str, list[str]]


class MemberOut(BaseModel):
    """An item of a bundle; without `when` it is always needed. `available`: it can be applied for now."""

    item_code: str
    item_name: str
    department: str
    department_name: str
    stage: str
    when: dict[str, list[str]]
    available: bool


class BundleBrief(BaseModel):
    """A bundle in a list."""

    code: str
    version: int
    name: str
    summary: str
    audience: list[str]
    lead_department: str
    item_count: int
    stage_count: int


class BundleList(BaseModel):
    """All bundles."""

    items: list[BundleBrief]


class BundleOut(BundleBrief):
    """A bundle with its stages, items and questions."""

    stages: list[StageOut]
    members: list[MemberOut]
    questions: list[QuestionOut]


class QuestionList(BaseModel):
    """The questions in the order they are asked."""

    items: list[QuestionOut]


class PlanRequest(BaseModel):
    """Answers by question; several choices as a list."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[Annotated[str, Field(max_length=40)], Answer | list[Answer]] = Field(max_length=50)


class TaskOut(BaseModel):
    """An item to be done; `after` are items before it. Days are working days."""

    item_code: str
    item_name: str
    item_version: int
    department: str
    department_name: str
    stage: str
    after: list[str]
    days: int
    result_license_type: str | None


class NamedItem(BaseModel):
    """An item."""

    code: str
    name: str


class FieldOut(BaseModel):
    """A field of the merged form and the items that ask for it (字段来源)."""

    name: str
    title: str
    asked_by: list[NamedItem]


class PlanMaterialOut(BaseModel):
    """A material handed in once for all items of `wanted_by` (材料来源).

    A licence of type `satisfied_by` makes it needless; `made_by` is the item of the plan whose result it is.
    """

    name: str
    kind: str
    required: bool
    satisfied_by: str | None
    made_by: NamedItem | None
    wanted_by: list[NamedItem]


class Saving(BaseModel):
    """What merging saves against doing each item by itself. Days are working days."""

    forms_before: int
    fields_before: int
    fields: int
    materials_before: int
    materials: int
    days_before: int
    days: int


class PlanOut(BaseModel):
    """What is to be done by the answers: one form, one set of materials, one deadline."""

    code: str
    version: int
    name: str
    lead_department: str
    co_departments: list[str]
    promised_days: int
    tasks: list[TaskOut]
    left_out: list[NamedItem]
    form: dict[str, Any]
    fields: list[FieldOut]
    materials: list[PlanMaterialOut]
    saving: Saving
