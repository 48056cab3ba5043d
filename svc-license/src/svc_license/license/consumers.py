"""What other services' events do here."""

from lib_contracts.catalog import ApplicationApproved
from lib_kernel import Clock
from lib_messaging import on
from svc_license.license.domain import License
from svc_license.license.ports import UnitOfWork


# Another name than in the first release, which drafted one licence of each approval: all approvals are read
# again, so that what it left out while both ran is drafted too.
@on(ApplicationApproved, durable="license-draft")
async def draft_licenses(event: ApplicationApproved, *, uow: UnitOfWork, clock: Clock) -> None:
    """Note which licences are to be made; making them calls others and happens outside the message."""
    for result in event.licenses():
        await uow.licenses.add_draft(
            License.draft(
                application_id=event.application_id,
                type_code=result.license_type,
                person_id=event.person_id,
                department=result.department,
                now=clock.now(),
                partner=event.partner,
            )
        )
