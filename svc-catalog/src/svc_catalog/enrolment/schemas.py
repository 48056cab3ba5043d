"""Bodies of enrolment."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import is_citizen_id
from svc_catalog.application.schemas import CityTime, Reason
from svc_catalog.enrolment.domain import EnrolmentStatus


def _id_number(number: str) -> str:
    if not is_citizen_id(number.upper()):
        raise ValueError("身份证号码格式或校验位不正确")
    return number.upper()


IdNumber = Annotated[str, Field(max_length=18), AfterValidator(_id_number)]


class RunCreate(BaseModel):
    """A year's enrolment on a bundle, with the answers that hold for all its pupils."""

    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=2020, le=2100)
    bundle_code: str = Field(default="primary-school-enrolment", max_length=40)
    answers: dict[str, str | list[str]] = {"household": "district", "vaccination": "yes"}


class GuardianIn(BaseModel):
    """Who registers a pupil."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    id_number: IdNumber
    phone: str = Field(pattern=r"^1[3-9]\d{9}$")
    relation: Annotated[str, Field(pattern="^(父亲|母亲|其他监护人)$")] = "父亲"


class PupilIn(BaseModel):
    """A pupil; that is all a family writes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    id_number: IdNumber
    guardian: GuardianIn


class PupilsIn(BaseModel):
    """Some pupils of a run."""

    model_config = ConfigDict(extra="forbid")

    pupils: list[PupilIn] = Field(min_length=1, max_length=500)


class RegisteredOut(BaseModel):
    """How many pupils are new; the others were registered before."""

    new: int
    known: int


class RunOut(BaseModel):
    """A run with its figures: by status, by school (enrolled), by source and reason (unclear)."""

    id: UUID
    year: int
    bundle_code: str
    department: str
    started_at: CityTime
    total: int
    by_status: dict[str, int]
    by_school: dict[str, int]
    by_reason: dict[str, int]


class EnrolmentOut(BaseModel):
    """A pupil as lists show them: masked, with the reasons why a clerk must look."""

    id: UUID
    pupil_name: str
    status: EnrolmentStatus
    reasons: list[dict[str, str]]
    waiting_for: list[str]
    school: str | None
    school_name: str | None
    application_id: UUID | None
    attempts: int
    decided_by: str | None


class EnrolmentList(BaseModel):
    """The enrolments of a guardian's children."""

    items: list[EnrolmentOut]


class Placement(Reason):
    """Why the pupil is enrolled; the school when it is another than the data gives."""

    school: str | None = Field(default=None, max_length=40)
    school_name: str | None = Field(default=None, max_length=100)


class Declined(Reason):
    """Why the pupil cannot be enrolled, and by which law."""

    legal_ground: str = Field(min_length=4, max_length=300)
