"""Bodies of the comprehensive window."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from svc_catalog.application.domain import Application
from svc_catalog.application.schemas import ApplicationCreate, ApplicationListed, ApplicationOut


class Identification(StrEnum):
    """How the clerk made sure who the person is."""

    ID_CARD_READER = "id_card_reader"
    ELECTRONIC_ID = "electronic_id"
    FACE_AND_DOCUMENT = "face_and_document"


class WindowAcceptance(ApplicationCreate):
    """An application taken in at the window for a person who stands there."""

    person_id: str = Field(min_length=1, max_length=64)
    service_point: str = Field(min_length=1, max_length=40)
    identification: Identification
    consent_note: str = Field(min_length=2, max_length=200, description="本人同意代为填报的记载")
    window: str = Field(default="", max_length=40)


class AcceptanceOut(BaseModel):
    """The accepted application and where its receipt (受理通知书) can be printed."""

    application: ApplicationOut
    receipt: str

    @model_validator(mode="before")
    @classmethod
    def _of_application(cls, value: Any) -> Any:
        """Read an application as the answer."""
        if not isinstance(value, Application):
            return value
        return {"application": value, "receipt": f"/v1/applications/{value.id}/receipts/acceptance"}


class PersonLookup(BaseModel):
    """Whom the clerk has in front of them; looking up is in the audit trail."""

    model_config = ConfigDict(extra="forbid")

    person_id: str = Field(min_length=1, max_length=64)
    service_point: str = Field(min_length=1, max_length=40)
    identification: Identification
    consent_note: str = Field(min_length=2, max_length=200)


class DraftAtWindow(BaseModel):
    """A draft the person may be reminded of; its content is theirs alone."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    item_code: str
    title: str


class PersonAtWindow(BaseModel):
    """What a person has open with us; what they hold and booked is added by the gateway."""

    person_id: str
    open: list[ApplicationListed]
    drafts: list[DraftAtWindow]
