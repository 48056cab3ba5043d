"""Request and response bodies of imports."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_license.license.schemas import CityTime
from svc_license.stock.domain import MOST_PARTS, Standing


class ImportCreate(BaseModel):
    """Old licences of one kind, from an xlsx or CSV file."""

    model_config = ConfigDict(extra="forbid")

    type_code: str = Field(max_length=40)
    file_name: str = Field(min_length=1, max_length=200)


class Submission(BaseModel):
    """How many parts the file has, and its SM3 in hex: a part that was lost or changed is noticed."""

    model_config = ConfigDict(extra="forbid")

    parts: int = Field(ge=1, le=MOST_PARTS)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class ImportOut(BaseModel):
    """An import and how far it is: `next_row` is the row of the file it will go on with."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    department: str
    type_code: str
    file_name: str
    status: Standing
    created_by: str
    created_at: CityTime
    approved_by: str | None
    next_row: int
    good: int
    bad: int
    problem: str | None
    finished_at: CityTime | None


class ImportList(BaseModel):
    """Imports, the latest first."""

    items: list[ImportOut]


class Columns(BaseModel):
    """The headings a spreadsheet of a kind should have."""

    required: list[str]
    optional: list[str]
