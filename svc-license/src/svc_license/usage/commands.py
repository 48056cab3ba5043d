"""Notes that somebody read a licence: for the holder and for auditors, in the caller's transaction."""

from lib_contracts.license import LicenseRead
from svc_license.license.domain import License
from svc_license.usage.domain import Read, Reader
from svc_license.usage.ports import UnitOfWork


async def note_read(
    uow: UnitOfWork, license_: License, reader: Reader, read: Read, *, tell: bool = True
) -> None:
    """Write the read, its event and its audit record; the caller commits before it tells anything."""
    uow.reads.add(read)
    if tell:
        uow.outbox.add(
            LicenseRead(
                license_id=license_.id,
                license_name=license_.name,
                person_id=license_.person_id,
                reader=reader.shown,
                purpose=read.purpose,
                read_at=read.read_at,
                partner=reader.partner,
            )
        )
    facts = {"reader": reader.code, "basis": read.basis.value}
    if read.ground:
        facts["ground"] = read.ground
    await uow.audit.note(reader.actor, "license.read", str(license_.id), read.read_at, facts)
