"""Routes of receipts."""

import asyncio
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from lib_gm import FieldCipher
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, Page, problems, requires
from svc_catalog.application import store as applications
from svc_catalog.application.access import SEES, visible
from svc_catalog.application.domain import Application, NoSuchApplication
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.dossier.http import opened
from svc_catalog.dossier.reading import applicant_of, masked_applicant
from svc_catalog.place.store import department_name
from svc_catalog.receipt.domain import TITLES, Case, Kind, NoSuchReceipt, available, receipt_of
from svc_catalog.receipt.page import as_ofd, as_pdf
from svc_catalog.receipt.schemas import Format, ReceiptListed

router = APIRouter(prefix="/v1/applications/{application_id}/receipts", tags=["文书"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Seen = Annotated[Caller, requires(*SEES)]
MEDIA_TYPES = {Format.PDF: "application/pdf", Format.OFD: "application/ofd"}
FOUND = problems(NoSuchApplication, NotAllowed, NoSuchReceipt)


@router.get("", responses=FOUND)
async def list_receipts(application_id: UUID, caller: Seen, session: ReadSession) -> Page[ReceiptListed]:
    """List the documents of an application (文书)."""
    found = await applications.one(session, application_id)
    await visible(session, found, caller)
    issued = available(found.submitted_at, found.steps)
    items = [
        ReceiptListed(kind=kind, title=TITLES[kind], issued_at=moment) for kind, moment in issued.items()
    ]
    return Page(items=items, next=None)


@router.get("/{kind}", response_class=Response, responses=FOUND)
async def get_receipt(
    application_id: UUID,
    kind: Kind,
    caller: Seen,
    uow: Uow,
    session: ReadSession,
    cipher: Cipher,
    clock: ClockDep,
    format: Format = Format.PDF,
) -> Response:
    """Return a document as PDF or OFD (打印文书); staff's reading is in the audit trail."""
    found = await opened(application_id, caller, "receipt", uow, session, clock)
    name = await department_name(session, found.department)
    receipt = receipt_of(kind, _case(found, name, cipher))
    # Laying out and embedding a font is work for the processor; it leaves the event loop alone.
    if format is Format.OFD:
        data = await asyncio.to_thread(as_ofd, receipt, found.id)
    else:
        data = await asyncio.to_thread(as_pdf, receipt)
    file = quote(f"{receipt.title}-{found.case_number}.{format.value}")
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{file}",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


def _case(found: Application, department_name: str, cipher: FieldCipher) -> Case:
    return Case(
        case_number=found.case_number,
        item_name=found.item_name,
        department_name=department_name,
        applicant_name=applicant_of(found, cipher)["name"],
        applicant_number=masked_applicant(found, cipher)["id_number"],
        submitted_at=found.submitted_at,
        due_at=found.due_at,
        promised_days=found.promised_days,
        told=found.told,
        legal_ground=found.legal_ground,
        materials=[kept["name"] for kept in found.materials],
        steps=[step for step in found.steps if not step.get("internal")],
    )
