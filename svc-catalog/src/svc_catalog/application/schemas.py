"""Request and response bodies of applications."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lib_kernel import CITY_ZONE, is_citizen_id
from lib_web import Caller, CallerKind
from svc_catalog.application.domain import Application, Convenience, Status
from svc_catalog.application.materials import Material, Source
from svc_catalog.application.plan import Result
from svc_catalog.application.submitting import Submit, Wish
from svc_catalog.delivery.domain import Method

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


class Address(BaseModel):
    """Where the post brings the result. Kept encrypted."""

    model_config = ConfigDict(extra="forbid")

    receiver: str = Field(min_length=1, max_length=60)
    phone: str = Field(pattern=r"^1[3-9]\d{9}$")
    address: str = Field(min_length=5, max_length=200)


class MaterialIn(BaseModel):
    """A material handed in: an uploaded file, or `proof` says how (shown at the window, sent by post …)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    proof: str = Field(default="", max_length=200)
    attachment_id: UUID | None = None

    def as_material(self, source: Source = Source.APPLICANT) -> Material:
        """Return the material as the commands take it."""
        return Material(self.name, source, self.proof, self.attachment_id)


class Supplement(BaseModel):
    """Form and materials, complete now."""

    model_config = ConfigDict(extra="forbid")

    form: dict[str, Any] = Field(max_length=200)
    materials: list[MaterialIn] = Field(default=[], max_length=100)


class ApplicationCreate(Supplement):
    """An application on an item, or on a bundle (一件事) with the answers to its questions.

    `person_id` only when a clerk hands it in for the person at the window.
    """

    item_code: str | None = Field(default=None, min_length=1, max_length=40)
    bundle_code: str | None = Field(default=None, min_length=1, max_length=40)
    answers: dict[str, str | list[str]] = Field(default={}, max_length=50)
    applicant: Applicant
    service_point: str = Field(default="", max_length=40)
    appointment_id: UUID | None = None
    person_id: str | None = Field(default=None, max_length=64)
    delivery: Method = Method.ELECTRONIC
    address: Address | None = None
    conveniences: list[Convenience] = Field(default=[], max_length=10)
    partner_city: str | None = Field(default=None, pattern=r"^\d{6}$")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.item_code is None) == (self.bundle_code is None):
            raise ValueError("item_code 与 bundle_code 须且只能填写一个")
        if (self.delivery is Method.POST) != (self.address is not None):
            raise ValueError("邮寄送达（delivery=post）须填写 address，其他方式不填")
        return self

    def as_command(self, person_id: str, caller: Caller, consent_note: str | None = None) -> Submit:
        """Return what is handed in; by staff it is on the person's behalf."""
        is_staff = caller.kind is CallerKind.STAFF
        source = Source.WINDOW if is_staff else Source.APPLICANT
        return Submit(
            wish=Wish(self.item_code, self.bundle_code, self.answers),
            person_id=person_id,
            channel=caller.channel,
            applicant=self.applicant.model_dump(),
            form=self.form,
            materials=tuple(material.as_material(source) for material in self.materials),
            service_point=self.service_point,
            appointment_id=self.appointment_id,
            conveniences=tuple(self.conveniences),
            delivery_method=self.delivery,
            address=self.address.model_dump() if self.address else None,
            submitted_by=caller.subject if is_staff else None,
            consent_note=consent_note,
            partner_city=self.partner_city,
            partner=caller.partner,
        )


class Reason(BaseModel):
    """Why, in words the applicant understands."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500)


class SupplementRequest(Reason):
    """All that is missing, told at once (一次性告知)."""

    # As much as fits on the one page of the notice.
    missing: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(default=[], max_length=30)


class Refusal(Reason):
    """Why not, and by which article of which law."""

    legal_ground: str = Field(min_length=4, max_length=300, description="法律依据，如《…法》第…条")


class StepOut(BaseModel):
    """What happened and when; `internal` notes are shown to staff only."""

    at: CityTime
    status: Status
    note: str
    internal: bool


class Finding(BaseModel):
    """What the pre-check (预审) found."""

    code: str
    material: str
    text: str


class ApplicationListed(BaseModel):
    """An application as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_number: str
    person_id: str
    item_code: str
    item_name: str
    is_bundle: bool
    department: str
    service_point: str
    channel: str
    status: Status
    submitted_at: CityTime
    due_at: CityTime | None
    warned_at: CityTime | None
    overdue_at: CityTime | None
    stopped_at: CityTime | None
    conveniences: list[str]
    delivery_method: Method
    version: int


class ResultOut(BaseModel):
    """A licence that the application leads to; number and time once it is in the wallet."""

    item_code: str
    item_name: str
    department: str
    license_type: str
    license_id: UUID | None = None
    license_name: str | None = None
    license_number: str | None = None
    issued_at: CityTime | None = None

    @classmethod
    def of(cls, result: Result) -> Self:
        """Return a result as it is shown."""
        issued = {f"license_{name}": result.issued.get(name) for name in ("name", "number")}
        return cls.model_validate(
            {
                "item_code": result.item_code,
                "item_name": result.item_name,
                "department": result.department,
                "license_type": result.license_type,
                "license_id": result.issued.get("license_id"),
                "issued_at": result.issued.get("issued_at"),
                **issued,
            }
        )


class ApplicationOut(ApplicationListed):
    """An application without what is encrypted, with its steps."""

    appointment_id: UUID | None
    accepted_at: CityTime | None
    decided_at: CityTime | None
    is_deemed_accepted: bool
    is_on_behalf: bool
    partner_city: str | None
    told: list[str]
    legal_ground: str | None
    precheck: list[Finding]
    results: list[ResultOut]
    steps: list[StepOut]

    @model_validator(mode="before")
    @classmethod
    def _for_the_applicant(cls, value: Any) -> Any:
        """Read an application as its applicant may see it, without internal notes."""
        return _members(value, with_internal=False) if isinstance(value, Application) else value

    @classmethod
    def for_reader(cls, application: Application, caller: Caller) -> Self:
        """Return the application as the caller may see it."""
        is_staff = caller.kind is CallerKind.STAFF
        return cls.model_validate(_members(application, with_internal=is_staff))


def _members(application: Application, *, with_internal: bool) -> dict[str, Any]:
    direct = (set(ApplicationOut.model_fields) - {"steps", "is_on_behalf", "results"}) & set(
        vars(application)
    )
    steps = [{**step, "internal": step.get("internal", False)} for step in application.steps]
    return {
        **{name: getattr(application, name) for name in direct},
        "is_on_behalf": application.submitted_by is not None,
        "results": [ResultOut.of(result) for result in application.results],
        "steps": [step for step in steps if with_internal or not step["internal"]],
    }


class CountsOut(BaseModel):
    """How many applications the reader may see in each status."""

    total: int
    by_status: dict[Status, int]


class PreCheckOut(BaseModel):
    """What would become of an application; `ready` when it can be handed in as it is."""

    ready: bool
    errors: list[dict[str, str]]
    missing: list[str]
    findings: list[Finding]
    open_case: str | None


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
