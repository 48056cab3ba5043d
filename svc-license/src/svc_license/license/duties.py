"""What is done with licences by the clock."""

from collections.abc import Callable
from dataclasses import dataclass

from lib_contracts.license import LicenseExpired
from lib_kernel import CITY_ZONE, Clock
from svc_license.license.events import standing_changed
from svc_license.license.ports import FieldCipher, UnitOfWork
from svc_license.license.text import HOLDER_NUMBER

AT_ONCE = 100


@dataclass(frozen=True)
class Expiry:
    """Ends licences whose last day has passed; several workers share the work without meeting."""

    open_work: Callable[[], UnitOfWork]
    clock: Clock

    async def run_once(self) -> bool:
        """End some licences; return whether there may be more."""
        now = self.clock.now()
        async with self.open_work() as uow:
            ended = await uow.licenses.claim_ended(now.astimezone(CITY_ZONE).date(), AT_ONCE)
            for license_ in ended:
                license_.expire(now)
                uow.outbox.add(standing_changed(LicenseExpired, license_, now))
                await uow.exchange.enqueue(license_.id, now)
            await uow.commit()
        return len(ended) == AT_ONCE


@dataclass(frozen=True)
class Indexing:
    """Makes licences of the first release findable by their holder's number."""

    open_work: Callable[[], UnitOfWork]
    cipher: FieldCipher

    async def run_once(self) -> bool:
        """Index some licences; return whether there may be more."""
        async with self.open_work() as uow:
            found = await uow.licenses.claim_unindexed(AT_ONCE)
            for license_ in found:
                number = self.cipher.decrypt(license_.holder_number, context=HOLDER_NUMBER)
                license_.holder_index = self.cipher.blind_index(number)
            await uow.commit()
        return len(found) == AT_ONCE
