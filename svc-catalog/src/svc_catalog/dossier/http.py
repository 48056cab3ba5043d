"""Routes of the dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from lib_audit import records, verify_chain
from lib_files import FileStore
from lib_gm import FieldCipher
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, CallerKind, Page, problems, requires
from svc_catalog.application import store as applications
from svc_catalog.application.access import SEES, by_staff, own
from svc_catalog.application.commands import Decide
from svc_catalog.application.domain import Application, NoSuchApplication
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.attachment import store as attachments
from svc_catalog.attachment.domain import NoSuchAttachment
from svc_catalog.attachment.http import file_answer
from svc_catalog.database import AUDIT
from svc_catalog.dossier.reading import form_of, masked_applicant, read_by_staff
from svc_catalog.dossier.schemas import AuditRecordOut, AuditVerdict, Dossier

router = APIRouter(prefix="/v1", tags=["案卷"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Files = Annotated[FileStore, component(FileStore)]
Seen = Annotated[Caller, requires(*SEES)]
Auditor = Annotated[Caller, requires("auditor")]
FOUND = problems(NoSuchApplication, NotAllowed)


async def opened(
    application_id: UUID, caller: Caller, what: str, uow: UnitOfWork, session: ReadSession, clock: ClockDep
) -> Application:
    """Return an application to its owner, or to staff after noting it. Raises as `visible` does."""
    if caller.kind is CallerKind.CITIZEN:
        found = await applications.one(session, application_id)
        own(caller)(found)
        return found
    command = Decide(application_id, caller.subject, by_staff(caller))
    return await read_by_staff(command, what, uow=uow, clock=clock)


@router.get("/applications/{application_id}/dossier", responses=FOUND)
async def get_dossier(
    application_id: UUID, caller: Seen, uow: Uow, session: ReadSession, cipher: Cipher, clock: ClockDep
) -> Dossier:
    """Return form, answers, materials and the pre-check (案卷); staff's reading is in the audit trail."""
    found = await opened(application_id, caller, "dossier", uow, session, clock)
    twin = await applications.open_twin(session, found.person_id, found.item_code, found.id)
    return Dossier.model_validate(
        {
            "application_id": found.id,
            "applicant": masked_applicant(found, cipher),
            "form": form_of(found, cipher),
            "answers": found.answers,
            "materials": [{"source": "applicant", "attachment_id": None, **kept} for kept in found.materials],
            "precheck": found.precheck,
            "consent_note": found.consent_note,
            "open_case": twin,
        }
    )


@router.get(
    "/applications/{application_id}/attachments/{attachment_id}",
    response_class=Response,
    responses=FOUND | problems(NoSuchAttachment),
)
async def get_attachment_of_application(
    application_id: UUID,
    attachment_id: UUID,
    caller: Seen,
    uow: Uow,
    session: ReadSession,
    files: Files,
    clock: ClockDep,
) -> Response:
    """Return a file that the application names (查看附件); staff's reading is in the audit trail."""
    found = await opened(application_id, caller, "attachment", uow, session, clock)
    if str(attachment_id) not in {kept.get("attachment_id") for kept in found.materials}:
        raise NoSuchAttachment
    file = await attachments.one(session, attachment_id)
    return file_answer(file, await files.get(file.path))


@router.get("/audit-records")
async def list_audit_records(
    caller: Auditor,
    session: ReadSession,
    subject: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[AuditRecordOut]:
    """List the audit trail (审计记录), of one application or all."""
    rows = await records(session, AUDIT, subject=subject, after=after, limit=limit)
    items = [AuditRecordOut.model_validate(row) for row in rows]
    more = str(rows[-1].number) if len(rows) == limit else None
    return Page(items=items, next=more)


@router.post("/audit-records/verification")
async def verify_audit_trail(caller: Auditor, session: ReadSession) -> AuditVerdict:
    """Check the whole chain (审计链校验): nothing changed, removed or put in between."""
    report = await verify_chain(session, AUDIT)
    return AuditVerdict(records=report.records, is_whole=report.is_whole, first_broken=report.first_broken)
