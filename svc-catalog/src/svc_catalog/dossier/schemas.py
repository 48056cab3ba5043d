"""Bodies of the dossier."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from svc_catalog.application.schemas import CityTime, Finding


class DossierMaterial(BaseModel):
    """A material with where it comes from."""

    name: str
    source: str
    proof: str
    attachment_id: UUID | None


class Dossier(BaseModel):
    """What an officer decides on: the applicant (masked), form, materials; reading it is audited."""

    application_id: UUID
    applicant: dict[str, str]
    form: dict[str, Any]
    answers: dict[str, Any]
    materials: list[DossierMaterial]
    precheck: list[Finding]
    consent_note: str | None
    open_case: str | None


class AuditRecordOut(BaseModel):
    """A link of the audit trail."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    actor: str
    action: str
    subject: str
    at: CityTime
    facts: dict[str, str]
    digest: str


class AuditVerdict(BaseModel):
    """Whether the audit trail is whole."""

    records: int
    is_whole: bool
    first_broken: int | None
