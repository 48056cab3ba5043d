"""Open, submit, approve and reject imports."""

from collections.abc import Callable
from uuid import UUID

from lib_kernel import Clock
from svc_license.stock.domain import ImportJob
from svc_license.stock.ports import UnitOfWork

May = Callable[[str], None]


async def open_import(
    type_code: str, file_name: str, by: str, *, uow: UnitOfWork, clock: Clock, may: May
) -> ImportJob:
    """Begin an import of old licences of a kind. Raises NoSuchKind, NotAllowed."""
    now = clock.now()
    async with uow:
        kind = await uow.licenses.kind_of(type_code)
        may(kind.issuer)
        job = ImportJob.open(department=kind.issuer, type_code=kind.code, file_name=file_name, by=by, now=now)
        uow.imports.add(job)
        await uow.audit.note(by, "import.opened", str(job.id), now)
        await uow.commit(answer=job)
    return job


async def submit(
    job_id: UUID, parts: int, digest: str, by: str, *, uow: UnitOfWork, clock: Clock, may: May
) -> ImportJob:
    """The file is complete. Raises NoSuchImport, IllegalMove."""
    async with uow:
        job = await uow.imports.lock(job_id)
        may(job.department)
        job.submit(parts, digest)
        await uow.audit.note(by, "import.submitted", str(job.id), clock.now(), {"digest": digest})
        await uow.commit()
    return job


async def approve(job_id: UUID, by: str, *, uow: UnitOfWork, clock: Clock, may: May) -> ImportJob:
    """Let an import run that another uploaded. Raises NoSuchImport, SecondPersonNeeded, IllegalMove."""
    now = clock.now()
    async with uow:
        job = await uow.imports.lock(job_id)
        may(job.department)
        job.approve(by, now)
        await uow.audit.note(by, "import.approved", str(job.id), now)
        await uow.commit()
    return job


async def reject(job_id: UUID, by: str, *, uow: UnitOfWork, clock: Clock, may: May) -> ImportJob:
    """Drop an import. Raises NoSuchImport, IllegalMove."""
    async with uow:
        job = await uow.imports.lock(job_id)
        may(job.department)
        job.reject(by)
        await uow.audit.note(by, "import.rejected", str(job.id), clock.now())
        await uow.commit()
    return job
