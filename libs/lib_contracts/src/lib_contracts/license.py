"""Events of svc-license (电子证照)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class LicenseIssued(Event):
    """A sealed licence is in its holder's wallet."""

    type: ClassVar[str] = "license.license.issued.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_number: str
    license_type: str
    license_name: str
    person_id: str
    application_id: UUID | None
    issued_at: datetime


class LicenseRead(Event):
    """A partner or department read the licence; its holder can see who and what for."""

    type: ClassVar[str] = "license.license.read.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_name: str
    person_id: str
    reader: str
    purpose: str
    read_at: datetime
