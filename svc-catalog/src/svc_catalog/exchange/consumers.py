"""What happens to applications and concerns partner cities: one consumer for each event."""

from lib_contracts import Event
from lib_contracts.catalog import (
    ApplicationAccepted,
    ApplicationApproved,
    ApplicationDelivered,
    ApplicationRefused,
    ApplicationSupplementRequested,
)
from lib_kernel import Clock
from lib_messaging import Consumer, on
from svc_catalog.application.ports import FieldCipher
from svc_catalog.exchange.commands import queue_status, queue_transfer
from svc_catalog.exchange.domain import Direction
from svc_catalog.exchange.ports import UnitOfWork

TOLD: tuple[type[Event], ...] = (
    ApplicationAccepted,
    ApplicationSupplementRequested,
    ApplicationApproved,
    ApplicationRefused,
    ApplicationDelivered,
)


@on(ApplicationAccepted, durable="catalog-exchange-transfer")
async def transfer_accepted(
    event: ApplicationAccepted, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> None:
    """An application for a partner city was accepted here: hand it over."""
    application = await uow.applications.lock(event.application_id)
    if application.partner_city is None or await uow.exchange.case_of(application.id) is not None:
        return
    queue_transfer(application, uow, cipher, clock)


def tellers() -> list[Consumer]:
    """Return the consumers that tell a partner city how its application stands here."""
    return [
        on(kind, durable=f"catalog-exchange-{kind.type.split('.')[2].replace('_', '-')}")(tell_partner)
        for kind in TOLD
    ]


async def tell_partner(
    event: ApplicationAccepted, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> None:
    """Queue the present status when the application came from a partner city."""
    case = await uow.exchange.case_of(event.application_id)
    if case is None or case.direction is not Direction.IN:
        return
    queue_status(await uow.applications.lock(event.application_id), case, uow, cipher, clock)
