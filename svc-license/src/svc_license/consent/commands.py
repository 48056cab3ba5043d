"""Give and take back a consent; read a licence under one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_contracts.license import LicenseRead
from lib_kernel import Clock, Invalid, new_id
from svc_license.consent.domain import Consent, ConsentMissing, NoSuchConsent, Read
from svc_license.consent.ports import UnitOfWork
from svc_license.license.domain import License, NoSuchLicense


@dataclass(frozen=True)
class GiveConsent:
    """Allow a partner to read one of one's licences."""

    person_id: str
    license_id: UUID
    partner: str
    purpose: str
    expires_at: datetime


async def give_consent(cmd: GiveConsent, *, uow: UnitOfWork, clock: Clock) -> Consent:
    """Allow a partner to read a licence.

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
            partner=cmd.partner,
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
    """A partner reads a licence under a consent."""

    partner: str
    license_number: str
    consent_id: UUID
    purpose: str


async def read_license(cmd: ReadLicense, *, uow: UnitOfWork, clock: Clock) -> License:
    """Let a partner read a licence; the read and its event are committed before anything is told.

    Raises:
        ConsentMissing: also when there is no such licence, so that numbers cannot be tried out.
    """
    now = clock.now()
    async with uow:
        consent = await uow.consents.lock(cmd.consent_id)
        if consent is None:
            raise ConsentMissing
        try:
            license_ = await uow.consents.license_by_number(cmd.license_number)
        except NoSuchLicense as error:
            raise ConsentMissing from error
        consent.check(cmd.partner, license_.id, now)
        uow.consents.add(Read(new_id(), license_.id, cmd.partner, cmd.purpose, consent.id, now))
        uow.outbox.add(
            LicenseRead(
                license_id=license_.id,
                license_name=license_.name,
                person_id=license_.person_id,
                reader=cmd.partner,
                purpose=cmd.purpose,
                read_at=now,
            )
        )
        await uow.commit()
    return license_
