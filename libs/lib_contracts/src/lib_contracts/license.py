"""Events of svc-license (电子证照)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class LicenseIssued(Event):
    """A sealed licence is in its holder's wallet. `partner` is the bank at which it was applied for."""

    type: ClassVar[str] = "license.license.issued.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_number: str
    license_type: str
    license_name: str
    person_id: str
    application_id: UUID | None
    issued_at: datetime
    partner: str | None = None


class LicenseRead(Event):
    """A partner, a department or a clerk read the licence; its holder can see who and what for.

    `partner` is the reader when that is a partner.
    """

    type: ClassVar[str] = "license.license.read.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_name: str
    person_id: str
    reader: str
    purpose: str
    read_at: datetime
    partner: str | None = None


class LicensePresented(Event):
    """The holder, or a delegate, showed the licence and a verifier scanned it (亮证核验)."""

    type: ClassVar[str] = "license.license.presented.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_name: str
    person_id: str
    verifier: str
    presented_at: datetime
    partner: str | None = None


class _StandingChanged(Event):
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_number: str
    license_type: str
    license_name: str
    person_id: str
    happened_at: datetime


class LicenseSuspended(_StandingChanged):
    """The issuing department put the licence out of force for a time (暂扣)."""

    type: ClassVar[str] = "license.license.suspended.v1"


class LicenseResumed(_StandingChanged):
    """A suspended licence is in force again."""

    type: ClassVar[str] = "license.license.resumed.v1"


class LicenseRevoked(_StandingChanged):
    """The issuing department took the licence away for good (吊销、撤销、注销)."""

    type: ClassVar[str] = "license.license.revoked.v1"


class LicenseExpired(_StandingChanged):
    """The licence's last day has passed."""

    type: ClassVar[str] = "license.license.expired.v1"


class LicenseSuperseded(_StandingChanged):
    """A newer version took the licence's place, by renewal or change; `successor_id` is that version."""

    type: ClassVar[str] = "license.license.superseded.v1"

    successor_id: UUID


class LicenseDelegated(Event):
    """The holder offered somebody to show the licence (授权代持); `person_id` is who may accept."""

    type: ClassVar[str] = "license.license.delegated.v1"
    entity: ClassVar[str] = "license_id"

    license_id: UUID
    license_name: str
    delegation_id: UUID
    person_id: str
    until: datetime
