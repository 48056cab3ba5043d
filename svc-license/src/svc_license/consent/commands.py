"""Give and take back a consent; read licences under one, under a law, or for a person at a window."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Clock, Invalid
from svc_license.consent.domain import Consent, ConsentMissing, NoSuchConsent
from svc_license.consent.ports import UnitOfWork
from svc_license.license.domain import License, NoSuchLicense
from svc_license.usage.commands import note_read
from svc_license.usage.domain import Basis, Read, Reader, ReaderKind


@dataclass(frozen=True)
class GiveConsent:
    """Allow a partner or department to read one of one's licences."""

    person_id: str
    license_id: UUID
    grantee: str
    grantee_kind: ReaderKind
    purpose: str
    expires_at: datetime


async def give_consent(cmd: GiveConsent, *, uow: UnitOfWork, clock: Clock) -> Consent:
    """Allow somebody to read a licence.

    Raises:
        NoSuchLicense: it is not the person's.
        Invalid: the end lies in the past.
    """
    now = clock.now()
    if cmd.expires_at <= now:
        raise Invalid("授权截止时间须晚于现在", field="expires_at")
    async with uow:
        license_ = await uow.consents.own_license(cmd.license_id, cmd.person_id)
        consent = Consent.give(
            person_id=cmd.person_id,
            license_id=license_.id,
            grantee=cmd.grantee,
            grantee_kind=cmd.grantee_kind,
            purpose=cmd.purpose,
            now=now,
            expires_at=cmd.expires_at,
        )
        uow.consents.add(consent)
        await uow.commit(answer=consent)
    return consent


async def revoke_consent(consent_id: UUID, person_id: str, *, uow: UnitOfWork, clock: Clock) -> Consent:
    """Take a consent back; reads from now on are refused.

    Raises:
        NoSuchConsent, ConsentOver: see there.
    """
    async with uow:
        consent = await uow.consents.lock(consent_id)
        if consent is None or consent.person_id != person_id:
            raise NoSuchConsent
        consent.revoke(clock.now())
        await uow.commit()
    return consent


@dataclass(frozen=True)
class ReadLicense:
    """Somebody reads a licence under a consent or a legal ground."""

    reader: Reader
    license_number: str
    purpose: str
    consent_id: UUID | None = None
    ground: str | None = None


async def read_license(cmd: ReadLicense, *, uow: UnitOfWork, clock: Clock) -> License:
    """Let somebody read a licence; the read, its event and its audit record are committed first.

    Raises:
        Invalid: it rests on nothing.
        ConsentMissing: also when there is no such licence, so that numbers cannot be tried out.
    """
    now = clock.now()
    if cmd.consent_id is None and cmd.ground is None:
        raise Invalid("须说明授权编号或法定依据", field="consent_id")
    async with uow:
        try:
            license_ = await uow.consents.license_by_number(cmd.license_number)
        except NoSuchLicense as error:
            raise ConsentMissing from error
        basis, purpose = await _check(cmd, license_, now, uow)
        ground = cmd.ground if basis is Basis.GROUND else None
        read = Read.by(cmd.reader, license_.id, purpose, basis, now, reference=cmd.consent_id, ground=ground)
        await note_read(uow, license_, cmd.reader, read)
        await uow.commit()
    return license_


async def _check(cmd: ReadLicense, license_: License, now: datetime, uow: UnitOfWork) -> tuple[Basis, str]:
    """Return what the read rests on and the purpose that goes on record."""
    if cmd.consent_id is not None:
        consent = await uow.consents.lock(cmd.consent_id)
        if consent is None:
            raise ConsentMissing
        consent.check(cmd.reader, license_.id, now)
        return Basis.CONSENT, consent.purpose_of(cmd.purpose)
    ground = await uow.consents.ground(cmd.ground or "")
    if ground is None or ground.reader != cmd.reader.code or ground.license_type != license_.type_code:
        raise ConsentMissing("没有允许贵单位查询此类证照的法定依据")
    return Basis.GROUND, cmd.purpose


@dataclass(frozen=True)
class ReadHoldings:
    """A clerk looks up what the person at the window holds."""

    reader: Reader
    holder_index: str
    types: tuple[str, ...]
    purpose: str


async def read_holdings(cmd: ReadHoldings, *, uow: UnitOfWork, clock: Clock) -> list[License]:
    """Return a person's licences in force; each counts as one read, finding nothing is noted too."""
    now = clock.now()
    async with uow:
        found = await uow.consents.licenses_of_holder(cmd.holder_index, list(cmd.types))
        for license_ in found:
            read = Read.by(cmd.reader, license_.id, cmd.purpose, Basis.SERVICE, now)
            await note_read(uow, license_, cmd.reader, read)
        if not found:
            await uow.audit.note(cmd.reader.actor, "holdings.read", "none", now, {"reader": cmd.reader.code})
        await uow.commit()
    return found
