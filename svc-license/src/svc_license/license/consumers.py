"""What other services' events do here."""

from lib_contracts.catalog import ApplicationApproved
from lib_kernel import Clock
from lib_messaging import on
from svc_license.license.domain import License
from svc_license.license.ports import UnitOfWork


@on(ApplicationApproved, durable="license-issue")
async def draft_license(event: ApplicationApproved, *, uow: UnitOfWork, clock: Clock) -> None:
    """Note that a licence is to be made; making it calls others and happens outside the message."""
    if event.result_license_type is None:
        return
    await uow.licenses.add_draft(
        License.draft(
            application_id=event.application_id,
            type_code=event.result_license_type,
            person_id=event.person_id,
            department=event.department,
            now=clock.now(),
            partner=event.partner,
        )
    )
