"""What others are told when a licence changes how it stands."""

from datetime import datetime
from uuid import UUID

from lib_contracts.license import (
    LicenseExpired,
    LicenseIssued,
    LicenseResumed,
    LicenseRevoked,
    LicenseSuperseded,
    LicenseSuspended,
)
from svc_license.license.domain import License

StandingEvent = LicenseSuspended | LicenseResumed | LicenseRevoked | LicenseExpired


def standing_changed(event: type[StandingEvent], license_: License, now: datetime) -> StandingEvent:
    """Return the event of a change."""
    return event(
        license_id=license_.id,
        license_number=license_.number or "",
        license_type=license_.type_code,
        license_name=license_.name,
        person_id=license_.person_id,
        happened_at=now,
    )


def superseded(license_: License, successor: UUID, now: datetime) -> LicenseSuperseded:
    """Return the event of a version that gave way."""
    return LicenseSuperseded(
        license_id=license_.id,
        license_number=license_.number or "",
        license_type=license_.type_code,
        license_name=license_.name,
        person_id=license_.person_id,
        happened_at=now,
        successor_id=successor,
    )


def issued(license_: License, now: datetime) -> LicenseIssued:
    """Return the event of a licence that became valid."""
    return LicenseIssued(
        license_id=license_.id,
        license_number=license_.number or "",
        license_type=license_.type_code,
        license_name=license_.name,
        person_id=license_.person_id,
        application_id=license_.application_id,
        issued_at=now,
        partner=license_.partner,
    )
