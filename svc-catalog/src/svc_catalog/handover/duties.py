"""Parcels are followed until they arrive."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from lib_db import Sessions
from lib_kernel import Clock
from svc_catalog.application.commands import deliver
from svc_catalog.delivery import store
from svc_catalog.delivery.domain import DeliveryStatus
from svc_catalog.delivery.ports import Carrier, CarrierAway

LOOK_AGAIN = timedelta(minutes=30)
BATCH = 50

OpenWork = Callable[[], Any]


async def follow_parcels(open_work: OpenWork, sessions: Sessions, carrier: Carrier, clock: Clock) -> int:
    """Ask the carrier about parcels on their way; return how many arrived.

    The carrier is asked outside any transaction; what it says is written under the row's lock, so two workers
    that ask about the same parcel deliver it once.
    """
    async with sessions() as session:
        parcels = await store.under_way(session, clock.now() - LOOK_AGAIN, BATCH)
    arrived = 0
    for parcel in parcels:
        try:
            told = await carrier.track(parcel.carrier or "", parcel.tracking_number or "")
        except CarrierAway:
            continue
        async with open_work() as uow:
            application = await uow.applications.lock(parcel.application_id)
            delivery = await uow.deliveries.lock(parcel.application_id)
            delivery.tracked, delivery.looked_at = told.text, clock.now()
            if told.is_delivered and delivery.status is DeliveryStatus.SENT:
                delivery.hand_over(clock.now())
                deliver(application, "carrier", f"邮寄签收：{told.text}", uow=uow, clock=clock)
                arrived += 1
            await uow.commit()
    return arrived
