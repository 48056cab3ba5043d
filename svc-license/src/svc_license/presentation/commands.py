"""Show a licence and scan what is shown."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from lib_contracts.license import LicensePresented
from lib_kernel import CITY_ZONE, Clock, mask_id, mask_name
from svc_license.license.domain import License
from svc_license.license.ports import FieldCipher
from svc_license.license.text import read_text
from svc_license.presentation.domain import (
    OFFLINE_LIFETIME,
    CodeInvalid,
    CodeUsed,
    NotPresentable,
    Presentation,
    check_time,
)
from svc_license.presentation.ports import UnitOfWork
from svc_license.presentation.tokens import OFFLINE, ONLINE, Signer, moment, read
from svc_license.usage.commands import note_read
from svc_license.usage.domain import Basis, Read, Reader


@dataclass(frozen=True)
class Shown:
    """A code to show, until when it is good and, offline, when the status in it was known."""

    code: str
    expires_at: datetime
    status_as_of: datetime


async def show(license_id: UUID, person_id: str, *, uow: UnitOfWork, signer: Signer, clock: Clock) -> Shown:
    """Return a code for the caller's screen: good once, for a minute.

    Raises:
        NoSuchLicense: it is neither theirs nor delegated to them.
        NotPresentable: it is not in force.
    """
    now = clock.now()
    async with uow:
        license_ = await uow.presentations.license_to_show(license_id, person_id, now)
        _check_presentable(license_, now)
        shown = Presentation.show(license_.id, license_.person_id, person_id, now)
        uow.presentations.add(shown)
        await uow.commit()
    content = {"jti": shown.id.hex, "iat": _seconds(now), "exp": _seconds(shown.expires_at)}
    return Shown(signer.sign(ONLINE, content), shown.expires_at, now)


async def show_offline(
    license_id: UUID, person_id: str, *, uow: UnitOfWork, signer: Signer, cipher: FieldCipher, clock: Clock
) -> Shown:
    """Return a code that can be checked without a network; it says how the licence stands and as of when.

    Raises:
        NoSuchLicense, NotPresentable: see `show`.
    """
    now = clock.now()
    async with uow:
        license_ = await uow.presentations.license_to_show(license_id, person_id, now)
        _check_presentable(license_, now)
        await uow.audit.note(person_id, "license.offline_code", str(license_.id), now)
        await uow.commit()
    said = read_text(license_, cipher)
    expires = now + OFFLINE_LIFETIME
    content: dict[str, object] = {
        "iat": _seconds(now),
        "exp": _seconds(expires),
        "st": license_.status.value,
        "ix": license_.list_index,
        "no": license_.number,
        "name": license_.name,
        "holder": mask_name(said.holder_name),
        "id": mask_id(said.holder_number),
    }
    if license_.valid_until is not None:
        content["until"] = license_.valid_until.isoformat()
        content["end"] = _seconds(
            datetime.combine(license_.valid_until + timedelta(days=1), time(), CITY_ZONE)
        )
    return Shown(signer.sign(OFFLINE, content), expires, now)


async def scan(
    code: str, reader: Reader, purpose: str, *, uow: UnitOfWork, signer: Signer, clock: Clock
) -> License:
    """Return the licence whose code was scanned; the scan is on record before anything is told.

    Raises:
        CodeInvalid, CodeExpired, CodeUsed: see there.
    """
    now = clock.now()
    content = read(code, [ONLINE], signer.keys)
    check_time(moment(content.get("iat")), moment(content.get("exp")), now)
    try:
        presentation_id = UUID(hex=str(content.get("jti")))
    except ValueError as error:
        raise CodeInvalid from error
    async with uow:
        used = await uow.presentations.use(presentation_id, reader.code, now)
        if used is None:
            raise CodeUsed
        license_ = await uow.presentations.license(used.license_id)
        read_ = Read.by(reader, license_.id, purpose, Basis.PRESENTED, now, reference=used.id)
        uow.outbox.add(
            LicensePresented(
                license_id=license_.id,
                license_name=license_.name,
                person_id=license_.person_id,
                verifier=reader.shown,
                presented_at=now,
                partner=reader.partner,
            )
        )
        await note_read(uow, license_, reader, read_, tell=False)
        await uow.commit()
    return license_


def _check_presentable(license_: License, now: datetime) -> None:
    if not license_.is_valid_on(now.astimezone(CITY_ZONE).date()):
        raise NotPresentable(f"证照状态为 {license_.standing_on(now.astimezone(CITY_ZONE).date())}")


def _seconds(when: datetime) -> int:
    return int(when.timestamp())
