"""Makes licences from drafts, step by step; a crash between two steps is picked up where it stopped.

Each step commits before the next begins. The steps that call others can be repeated without harm: reading the
subject changes nothing, svc-seal seals an occasion once, and a file is written under its licence's id.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from lib_kernel import CITY_ZONE, Clock, DomainError, LicenseNumber
from svc_license.kind.domain import Kind
from svc_license.kind.form import check_fields
from svc_license.kind.page import PageContent, check_printable, render_page
from svc_license.kind.template import parse_template
from svc_license.license.domain import SHOWN, License, Status, VersionSuspended
from svc_license.license.events import issued, superseded
from svc_license.license.ports import (
    Catalog,
    FieldCipher,
    Files,
    Sealing,
    SealPlace,
    UnitOfWork,
)
from svc_license.license.text import LicenseText, read_text, write_text

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Issuing:
    """What making licences works with. `origin` is the public address that QR codes lead to."""

    open_work: Callable[[], UnitOfWork]
    catalog: Catalog
    sealing: Sealing
    files: Files
    cipher: FieldCipher
    clock: Clock
    origin: str

    async def run_once(self) -> bool:
        """Take one unfinished licence a step or more further; return whether there was one."""
        now = self.clock.now()
        async with self.open_work() as uow:
            found = await uow.licenses.claim(now, now + LEASE)
            await uow.commit()
        if found is None:
            return False
        await self._try(found)
        return True

    async def draw_once(self) -> bool:
        """Draw and seal one licence that is in force as data only: old stock that was taken over."""
        now = self.clock.now()
        async with self.open_work() as uow:
            found = await uow.licenses.claim_undrawn(now, now + LEASE)
            await uow.commit()
        if found is None:
            return False
        await self._try(found)
        return True

    async def draw_one(self) -> bool:
        """Draw one and then pause, so that new licences and everything else come first."""
        await self.draw_once()
        return False

    async def _try(self, found: License) -> None:
        try:
            await self._make(found)
        except DomainError as error:
            log.warning("license.put_off", license_id=str(found.id), error=error.code)
            await self._put_off(found.id, f"{error.code}: {error.detail}")

    async def _make(self, found: License) -> None:
        if found.status is Status.DRAFTING:
            found = await self._fill(found)
        kind = await self._kind_of(found.type_code)
        page = await asyncio.to_thread(render_page, self._content(found), kind)
        spot = parse_template(kind.template, kind.schema).seal
        sealed = await self.sealing.seal(
            page,
            seal_code=kind.seal_code,
            use_key=f"license-{found.id}",
            place=SealPlace(spot.x, spot.y, spot.size),
        )
        path = f"licenses/{found.id}.ofd"
        await self.files.put(path, sealed)
        await self._finish(found.id, path, hashlib.new("sm3", sealed).hexdigest())

    async def _fill(self, draft: License) -> License:
        text = None
        if draft.application_id is not None and not draft.fields:
            subject = await self.catalog.subject(draft.application_id, draft.type_code)
            text = LicenseText(subject.holder_name, subject.holder_number, subject.fields)
        now = self.clock.now()
        today = now.astimezone(CITY_ZONE).date()
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(draft.id)
            if license_.status is not Status.DRAFTING:
                return license_  # Another worker was quicker after our lease ran out.
            kind = await uow.licenses.kind_of(draft.type_code)
            if text is not None:
                known = LicenseText(text.holder_name, text.holder_number, kind.known(text.fields))
                write_text(license_, known, self.cipher)
            said = read_text(license_, self.cipher)
            check_fields(kind.schema, said.fields)
            check_printable(kind, said.holder_name, said.fields)
            if license_.supersedes is None:
                serial = await uow.licenses.next_serial(kind.issuer, today.year)
                number = LicenseNumber(kind.code, kind.issuer, serial)
                until = kind.validity.last_day(today, said.fields, said.holder_number)
            else:
                number = (await uow.licenses.lock(license_.supersedes)).next_number()
                until = license_.valid_until
            license_.fill(name=kind.name, number=number, now=now, valid_from=today, valid_until=until)
            await uow.commit()
        return license_

    async def _finish(self, license_id: UUID, path: str, digest: str) -> None:
        now = self.clock.now()
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(license_id)
            if license_.status is Status.SEALING:
                await self._issue(license_, path, digest, uow)
            elif license_.document is None:
                license_.keep(path, digest)  # Old stock: it was in force already.
            else:
                return  # Another worker was quicker after our lease ran out.
            if license_.status in SHOWN:
                await uow.exchange.enqueue(license_.id, now)
            await uow.commit()

    async def _issue(self, license_: License, path: str, digest: str, uow: UnitOfWork) -> None:
        now = self.clock.now()
        if license_.supersedes is not None:
            before = await uow.licenses.lock(license_.supersedes)
            if before.status is Status.SUSPENDED:
                raise VersionSuspended
            if not before.holds():
                license_.cancel("前一版本已注销或吊销，换发终止", now)
                return
            before.give_way(now)
            # The version before has to leave force first: the database allows one of a series.
            await uow.licenses.flush()
            uow.outbox.add(superseded(before, license_.id, now))
            await uow.exchange.enqueue(before.id, now)
        license_.issue(path, digest, now)
        uow.outbox.add(issued(license_, now))

    async def _put_off(self, license_id: UUID, problem: str) -> None:
        async with self.open_work() as uow:
            license_ = await uow.licenses.lock(license_id)
            license_.attempts += 1
            license_.problem = problem
            pause = min(timedelta(seconds=2 ** min(license_.attempts, 10)), LONGEST_PAUSE)
            license_.next_attempt_at = self.clock.now() + pause
            await uow.commit()

    async def _kind_of(self, code: str) -> Kind:
        async with self.open_work() as uow:
            return await uow.licenses.kind_of(code)

    def _content(self, license_: License) -> PageContent:
        if license_.number is None or license_.issued_at is None or license_.valid_from is None:
            raise DomainError("a licence without number or date cannot be printed")
        said = read_text(license_, self.cipher)
        return PageContent(
            license_id=license_.id,
            number=license_.number,
            holder_name=said.holder_name,
            holder_number=said.holder_number,
            issued_at=license_.issued_at,
            valid_from=license_.valid_from,
            valid_until=license_.valid_until,
            check_url=f"{self.origin}/public/v1/license-checks/{license_.number}/{license_.check_code}",
            fields=said.fields,
            first_issued_on=license_.first_issued_on,
        )
