"""What other services' events do to applications."""

from lib_contracts.license import LicenseIssued
from lib_kernel import Clock
from lib_messaging import on
from svc_catalog.application.commands import deliver
from svc_catalog.application.domain import Status
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.delivery.domain import Method


@on(LicenseIssued, durable="catalog-deliver")
async def deliver_with_license(event: LicenseIssued, *, uow: UnitOfWork, clock: Clock) -> None:
    """The licence is in the wallet, so the application is delivered, unless paper was asked for."""
    if event.application_id is None:
        return
    application = await uow.applications.lock(event.application_id)
    if application.status is not Status.APPROVED or application.delivery_method is not Method.ELECTRONIC:
        return
    deliver(application, "svc-license", f"电子证照 {event.license_number}", uow=uow, clock=clock)
