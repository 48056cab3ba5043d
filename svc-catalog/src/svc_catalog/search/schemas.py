"""What the routes of searching answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


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


class Suggestions(BaseModel):
    """Names to choose from while typing."""

    items: list[str]


class Facet(BaseModel):
    """A further choice and how many items it would leave."""

    value: str
    label: str
    count: int


class Facets(BaseModel):
    """Further choices, the most frequent first."""

    kind: list[Facet]
    department: list[Facet]
    audience: list[Facet]
    channels: list[Facet]
    window_group: list[Facet]


class SynonymIn(BaseModel):
    """What the catalogue calls an everyday expression."""

    model_config = ConfigDict(extra="forbid")

    means: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(max_length=20)


class SynonymOut(BaseModel):
    """An everyday expression; `edited_by` is null when it comes from the city's file."""

    model_config = ConfigDict(from_attributes=True)

    word: str
    means: list[str]
    edited_by: str | None


class SynonymList(BaseModel):
    """All everyday expressions."""

    items: list[SynonymOut]
