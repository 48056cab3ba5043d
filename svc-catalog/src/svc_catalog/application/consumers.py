"""What other services' events do to applications."""

from lib_contracts.license import LicenseIssued
from lib_kernel import Clock
from lib_messaging import on
from svc_catalog.application.commands import deliver
from svc_catalog.application.domain import Status
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.delivery.domain import Method

BY = "svc-license"


# Another name than in the first release, which kept no licences: all issued are read again and kept.
@on(LicenseIssued, durable="catalog-keep-license")
async def keep_license(event: LicenseIssued, *, uow: UnitOfWork, clock: Clock) -> None:
    """Keep a licence with its application; with the last one it is delivered, unless paper was asked for."""
    if event.application_id is None:
        return
    application = await uow.applications.lock(event.application_id)
    issued = {
        "license_type": event.license_type,
        "license_id": str(event.license_id),
        "number": event.license_number,
        "name": event.license_name,
        "issued_at": event.issued_at.isoformat(),
    }
    is_last = application.keep_license(issued, BY, clock.now())
    is_paperless = application.delivery_method is Method.ELECTRONIC
    if is_last and is_paperless and application.status is Status.APPROVED:
        numbers = "、".join(license_["number"] for license_ in application.licenses)
        deliver(application, BY, f"电子证照 {numbers}", uow=uow, clock=clock)
