"""Request and response bodies of applications."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE, is_citizen_id
from svc_catalog.application.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


def _id_number(number: str) -> str:
    if not is_citizen_id(number.upper()):
        raise ValueError("身份证号码格式或校验位不正确")
    return number.upper()


class Applicant(BaseModel):
    """Who applies. Kept encrypted, never returned whole."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    id_number: Annotated[str, Field(max_length=18), AfterValidator(_id_number)]
    phone: str = Field(pattern=r"^1[3-9]\d{9}$")


class MaterialIn(BaseModel):
    """A material handed in: `proof` says how (uploaded file, licence number, shown at the window)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    proof: str = Field(default="", max_length=200)


class Supplement(BaseModel):
    """Form and materials, complete now."""

    model_config = ConfigDict(extra="forbid")

    form: dict[str, Any] = Field(max_length=200)
    materials: list[MaterialIn] = Field(default=[], max_length=100)


class ApplicationCreate(Supplement):
    """An application on an item. `person_id` only when a clerk hands it in for the person at the window."""

    item_code: str = Field(min_length=1, max_length=40)
    applicant: Applicant
    service_point: str = Field(default="", max_length=40)
    appointment_id: UUID | None = None
    person_id: str | None = Field(default=None, max_length=64)


class Reason(BaseModel):
    """Why, in words the applicant understands."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)


class StepOut(BaseModel):
    """What happened and when."""

    at: CityTime
    status: Status
    note: str


class ApplicationOut(BaseModel):
    """An application without what is encrypted."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_number: str
    person_id: str
    item_code: str
    item_name: str
    department: str
    service_point: str
    appointment_id: UUID | None
    channel: str
    status: Status
    submitted_at: CityTime
    due_at: CityTime | None
    version: int
    steps: list[StepOut]


class LicenseSubject(BaseModel):
    """What a licence made from the application must say. For svc-license only."""

    application_id: UUID
    person_id: str
    license_type: str
    department: str
    item_code: str
    holder_name: str
    holder_number: str
    fields: dict[str, str]
