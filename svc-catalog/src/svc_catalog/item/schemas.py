"""What the routes of items answer."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class ItemBrief(BaseModel):
    """An item in a list."""

    model_config = ConfigDict(extra="ignore")

    code: str
    name: str
    kind: str
    department: str
    department_name: str
    audience: list[str]
    case_type: str
    promised_days: int
    visits: int
    window_group: str
    channels: list[str]
    high_frequency: bool


class MaterialOut(BaseModel):
    """A material (材料); `satisfied_by` is the licence type that makes handing it in needless."""

    name: str
    kind: str
    required: bool
    satisfied_by: str | None


class ItemOut(ItemBrief):
    """An item with everything a person must know before applying. Days are working days."""

    version: int
    implementation_code: str
    statutory_days: int
    unified_acceptance: bool
    cross_province: list[str]
    materials: list[MaterialOut]
    result_license_type: str | None
    fee: str
    legal_basis: str
    conditions: str
    form: dict[str, Any]


class Suggestions(BaseModel):
    """Names to choose from while typing."""

    items: list[str]
