"""What the routes of items answer."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE
from svc_catalog.item.domain import State

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class MaterialOut(BaseModel):
    """A material (材料); `satisfied_by` is the licence type that makes handing it in needless."""

    name: str
    kind: str
    required: bool
    satisfied_by: str | None
    copies: int | None = None
    source: str | None = None
    note: str | None = None


class StepOut(BaseModel):
    """A step of the flow (办理环节); `after` are the steps it follows. Days are in the promise's unit."""

    code: str
    name: str
    actor: str
    days: int
    after: list[str]
    note: str | None = None


class FeeOut(BaseModel):
    """A charge (收费项目) with standard and basis."""

    name: str
    standard: str
    basis: str
    reduction: str | None = None


class ResultOut(BaseModel):
    """What the applicant gets (办理结果)."""

    name: str
    kind: str
    license_type: str | None = None
    delivery: str | None = None


class SpecialProcedureOut(BaseModel):
    """A hearing, test or expert review (特别程序); its days are not counted in the promise."""

    name: str
    days: int
    basis: str | None = None


class QuestionOut(BaseModel):
    """A question people ask, answered."""

    question: str
    answer: str


class FactOut(BaseModel):
    """An element as people read it."""

    label: str
    value: str


class SectionOut(BaseModel):
    """Elements that belong together, ready to be drawn."""

    title: str
    facts: list[FactOut]


class PlaceOut(BaseModel):
    """A service point where the item can be done."""

    code: str
    name: str
    kind: str
    division: str
    address: str
    always_open: bool


class ItemOut(BaseModel):
    """An item with all that a channel needs to draw its page without a second source.

    Codes are for programs; `sections` says the same in words. `state` other than `published`: it cannot be
    applied for now, `state_reason` says why. `guide` and `flow_chart` are paths after the channel's `/v1`.
    """

    model_config = ConfigDict(extra="ignore")

    code: str
    version: int
    state: State
    state_reason: str | None
    published_at: CityTime | None
    implementation_code: str
    business_code: str | None = None
    local_code: str | None = None
    name: str
    kind: str
    department: str
    department_name: str
    body_kind: str
    entrusting_body: str | None = None
    power_source: str
    levels: list[str]
    served: list[str]
    audience: list[str]
    case_type: str
    statutory_days: int
    statutory_unit: str
    promised_days: int
    promised_unit: str
    days_explained: str | None = None
    special_procedures: list[SpecialProcedureOut]
    visits: int
    visits_reason: str | None = None
    handling_ways: list[str]
    handled_in: str
    channels: list[str]
    single_sign_on: list[str]
    window_group: str
    unified_acceptance: bool
    booking: bool
    express: bool
    online_payment: bool
    high_frequency: bool
    cross_province: list[str]
    place: str
    hours: str
    enquiry: str
    complaint: str
    legal_basis: str
    is_charged: bool
    fee: str
    fees: list[FeeOut]
    conditions: str
    materials: list[MaterialOut]
    flow: list[StepOut]
    results: list[ResultOut]
    result_license_type: str | None
    questions: list[QuestionOut]
    keywords: list[str]
    form: dict[str, Any]
    sections: list[SectionOut]
    service_points: list[PlaceOut]
    guide: str
    flow_chart: str


class VersionOut(BaseModel):
    """A version of an item: since when, who wrote it, who else approved it."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    published_at: CityTime | None
    edited_by: str | None
    approved_by: str | None


class VersionList(BaseModel):
    """Versions, the newest first."""

    items: list[VersionOut]


class VersionContent(BaseModel):
    """A version's whole content."""

    code: str
    version: int
    data: dict[str, Any]


class ChangeOut(BaseModel):
    """One difference, with the Chinese name of its place; null: was or is not there."""

    model_config = ConfigDict(from_attributes=True)

    place: str
    label: str
    before: str | None
    after: str | None


class Differences(BaseModel):
    """What changed, in the order of the elements."""

    items: list[ChangeOut]


class StandingOut(BaseModel):
    """Where an item stands."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    version: int
    state: State
    reason: str | None


class Reason(BaseModel):
    """Why, in words that citizens read too."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=300)


class ElementOut(BaseModel):
    """An element with its name, kind, code list and the field name used in exchange."""

    name: str
    label: str
    kind: str
    required: bool
    section: str | None
    exchange: str | None
    choices: dict[str, str]
    parts: list["ElementOut"]


class ElementList(BaseModel):
    """All elements, in order."""

    items: list[ElementOut]
