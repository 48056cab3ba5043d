"""Events of svc-catalog (事项, 办件)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from lib_contracts._event import Event


class ItemPublished(Event):
    """A version of an item came into force; caches of it are stale."""

    type: ClassVar[str] = "catalog.item.published.v1"
    entity: ClassVar[str] = "item_code"

    item_code: str
    item_version: int


class ItemSuspended(Event):
    """An item is not offered for the time being; caches of it are stale."""

    type: ClassVar[str] = "catalog.item.suspended.v1"
    entity: ClassVar[str] = "item_code"

    item_code: str
    item_version: int
    reason: str


class ItemResumed(Event):
    """A suspended item is offered again; caches of it are stale."""

    type: ClassVar[str] = "catalog.item.resumed.v1"
    entity: ClassVar[str] = "item_code"

    item_code: str
    item_version: int


class ItemWithdrawn(Event):
    """An item was given up for good; caches of it are stale."""

    type: ClassVar[str] = "catalog.item.withdrawn.v1"
    entity: ClassVar[str] = "item_code"

    item_code: str
    item_version: int
    reason: str


class _ApplicationEvent(Event):
    # `partner` is the bank at which the applicant handed it in.
    entity: ClassVar[str] = "application_id"

    application_id: UUID
    case_number: str
    person_id: str
    item_code: str
    item_name: str
    department: str
    service_point: str
    appointment_id: UUID | None
    happened_at: datetime
    channel: str = ""
    partner: str | None = None


class ApplicationSubmitted(_ApplicationEvent):
    """An application (办件) was handed in."""

    type: ClassVar[str] = "catalog.application.submitted.v1"


class ApplicationAccepted(_ApplicationEvent):
    """A clerk accepted it (受理); the promised deadline runs from here."""

    type: ClassVar[str] = "catalog.application.accepted.v1"

    due_at: datetime


class ApplicationSupplementRequested(_ApplicationEvent):
    """A clerk told the applicant at once all that is missing (一次性告知); the clock stands meanwhile."""

    type: ClassVar[str] = "catalog.application.supplement_requested.v1"


class LicenseResult(BaseModel):
    """A licence to issue: of which kind, by which department, from which item of the application."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    license_type: str
    department: str
    item_code: str


class ApplicationApproved(_ApplicationEvent):
    """Officers granted it. `results` are the licences to issue: a bundle may have several kinds.

    `result_license_type` is the last of them; events without `results` name their only licence there.
    """

    type: ClassVar[str] = "catalog.application.approved.v1"

    result_license_type: str | None
    results: tuple[LicenseResult, ...] = ()

    def licenses(self) -> tuple[LicenseResult, ...]:
        """Return the licences to issue, also those of an event without `results`."""
        if self.results or self.result_license_type is None:
            return self.results
        alone = LicenseResult(
            license_type=self.result_license_type, department=self.department, item_code=self.item_code
        )
        return (alone,)


class ApplicationRefused(_ApplicationEvent):
    """An officer refused it; the reasons are with the application."""

    type: ClassVar[str] = "catalog.application.refused.v1"


class ApplicationDelivered(_ApplicationEvent):
    """The applicant has the result; the case is over."""

    type: ClassVar[str] = "catalog.application.delivered.v1"


class ApplicationWarned(_ApplicationEvent):
    """Four fifths of the promised time are over (黄牌). Sent once per application."""

    type: ClassVar[str] = "catalog.application.warned.v1"

    due_at: datetime


class ApplicationOverdue(_ApplicationEvent):
    """The promised time is over and nothing is decided (红牌). Sent once per application."""

    type: ClassVar[str] = "catalog.application.overdue.v1"

    due_at: datetime
