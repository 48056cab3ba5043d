"""Makes licences from drafts, step by step; a crash between two steps is picked up where it stopped.

Each step commits before the next begins. The steps that call others can be repeated without harm: reading the
subject changes nothing, svc-seal seals an occasion once, and a file is written under its licence's id.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import structlog

from lib_contracts.license import LicenseIssued
from lib_kernel import CITY_ZONE, Clock, DomainError, LicenseNumber
from svc_license.license.domain import License, Status
from svc_license.license.page import PageContent, render_page
from svc_license.license.ports import (
    Catalog,
    FieldCipher,
    Files,
    LicenseType,
    Sealing,
    UnitOfWork,
)

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
HOLDER_NAME = "license.holder_name"
HOLDER_NUMBER = "license.holder_number"
FIELDS = "license.fields"


@dataclass(frozen=True)
class Issuing:
    """What making licences works with."""

    open_work: Callable[[], UnitOfWork]
    catalog: Catalog
    sealing: Sealing
    files: Files
    cipher: FieldCipher
    clock: Clock

    async def run_once(self) -> bool:
        """Take one unfinished licence a step or more further; return whether there was one."""
        now = self.clock.now()
        async with self.open_work() as uow:
            found = await uow.licenses.claim(now, now + LEASE)
            await uow.commit()
        if found is None:
            return False
        try:
            await self._make(found)
        except DomainError as error:
            log.warning("license.put_off", license_id=str(found.id), error=error.code)
            await self._put_off(found.id)
        return True

    async def _make(self, found: License) -> None:
        if found.status is Status.DRAFTING:
            found = await self._fill(found)
        kind = await self._type_of(found.type_code)
        page = await asyncio.to_thread(render_page, self._content(found, kind))
        sealed = await self.sealing.seal(page, seal_code=kind.seal_code, use_key=f"license-{found.id}")
        path = f"licenses/{found.id}.ofd"
        await self.files.put(path, sealed)
        await self._issue(found.id, path)

    async def _fill(self, draft: License) -> License:
        if draft.application_id is None:
            raise DomainError("a licence without an application cannot be filled")
        subject = await self.catalog.subject(draft.application_id)
        now = self.clock.now()
        today = now.astimezone(CITY_ZONE).date()
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(draft.id)
            kind = await uow.licenses.type_of(draft.type_code)
            serial = await uow.licenses.next_serial(kind.issuer, today.year)
            license_.fill(
                name=kind.name,
                number=LicenseNumber(kind.code, kind.issuer, serial),
                holder_name=self.cipher.encrypt(subject.holder_name, context=HOLDER_NAME),
                holder_number=self.cipher.encrypt(subject.holder_number, context=HOLDER_NUMBER),
                fields=self.cipher.encrypt(json.dumps(subject.fields), context=FIELDS),
                now=now,
                valid_until=_last_day(today, kind.validity_years),
            )
            await uow.commit()
        return license_

    async def _issue(self, license_id: UUID, path: str) -> None:
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(license_id)
            if license_.status is not Status.SEALING:
                return  # Another worker was quicker after our lease ran out.
            license_.issue(path)
            uow.outbox.add(
                LicenseIssued(
                    license_id=license_.id,
                    license_number=license_.number or "",
                    license_type=license_.type_code,
                    license_name=license_.name,
                    person_id=license_.person_id,
                    application_id=license_.application_id,
                    issued_at=self.clock.now(),
                )
            )
            await uow.commit()

    async def _put_off(self, license_id: UUID) -> None:
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(license_id)
            license_.attempts += 1
            pause = min(timedelta(seconds=2 ** min(license_.attempts, 10)), LONGEST_PAUSE)
            license_.next_attempt_at = self.clock.now() + pause
            await uow.commit()

    async def _type_of(self, code: str) -> LicenseType:
        async with self.open_work() as uow:
            return await uow.licenses.type_of(code)

    def _content(self, license_: License, kind: LicenseType) -> PageContent:
        if license_.number is None or license_.issued_at is None:
            raise DomainError("a licence without number or date cannot be printed")
        written = json.loads(self.cipher.decrypt(license_.fields, context=FIELDS))
        shown = {title: written[name] for name, title in kind.fields.items() if written.get(name)}
        return PageContent(
            license_id=license_.id,
            name=license_.name,
            number=license_.number,
            type_code=license_.type_code,
            holder_name=self.cipher.decrypt(license_.holder_name, context=HOLDER_NAME),
            holder_number=self.cipher.decrypt(license_.holder_number, context=HOLDER_NUMBER),
            issuer_name=kind.issuer_name,
            issuer_code=kind.issuer,
            issued_at=license_.issued_at,
            valid_until=license_.valid_until,
            fields=shown,
        )


def _last_day(today: date, years: int | None) -> date | None:
    if years is None:
        return None
    try:
        same = today.replace(year=today.year + years)
    except ValueError:  # The 29th of February.
        same = today.replace(year=today.year + years, day=28)
    return same - timedelta(days=1)
