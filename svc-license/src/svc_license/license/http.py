"""Routes of the wallet, of a department's licences, and of identifiers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, Invalid, mask_id
from lib_service.web import ClockDep, ReadSession, TraceSession, component
from lib_web import (
    AnyCaller,
    Caller,
    Citizen,
    Cursor,
    Limit,
    Page,
    Service,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_license.kind import store as kinds
from svc_license.license import store
from svc_license.license.documents import DocumentBeingMade, Documents
from svc_license.license.domain import License, NoSuchLicense, Status
from svc_license.license.numbers import read_number
from svc_license.license.schemas import (
    DepartmentLicense,
    LicenseDetail,
    LicenseOut,
    NumberIn,
    NumberOut,
    Proof,
    Proofs,
)
from svc_license.license.text import read_text

router = APIRouter(prefix="/v1", tags=["电子证照"])

Papers = Annotated[Documents, component(Documents)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Officer = Annotated[Caller, requires("officer")]


@router.get("/licenses")
async def list_licenses(
    caller: Citizen, session: ReadSession, limit: Limit = 20, cursor: Cursor = None
) -> Page[LicenseOut]:
    """List the caller's licences (我的证照)."""
    before = read_cursor(cursor, datetime, UUID)
    rows = await store.wallet(session, caller.person_id, before=before, limit=limit + 1)
    more = write_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[LicenseOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/licenses/{license_id}", responses=problems(NoSuchLicense))
async def get_license(
    license_id: UUID, caller: Citizen, session: ReadSession, cipher: Cipher
) -> LicenseDetail:
    """Return one of the caller's licences with what it says."""
    return detail(await store.one_of_person(session, license_id, caller.person_id), cipher)


def detail(found: License, cipher: FieldCipher) -> LicenseDetail:
    """Return what a licence says, the holder's number masked, photos left out."""
    said = read_text(found, cipher)
    return LicenseDetail(
        **LicenseOut.model_validate(found).model_dump(),
        holder_name=said.holder_name,
        holder_number=mask_id(said.holder_number),
        fields={name: value for name, value in said.fields.items() if name != "photo"},
        check_code=found.check_code,
        first_issued_on=found.first_issued_on,
        supersedes=found.supersedes,
        status_reason=found.status_reason,
        has_document=found.document is not None,
    )


Found = problems(NoSuchLicense, DocumentBeingMade)


@router.get("/licenses/{license_id}/document", response_class=Response, responses=Found)
async def get_document(
    license_id: UUID, caller: Citizen, session: TraceSession, papers: Papers, clock: ClockDep
) -> Response:
    """Return the sealed OFD file of one of the caller's licences."""
    found = await _to_show(session, license_id, caller.person_id, clock.now())
    return _file(await papers.ofd(found), found, "application/ofd", "ofd")


@router.get("/licenses/{license_id}/preview", response_class=Response, responses=Found)
async def get_preview(
    license_id: UUID, caller: Citizen, session: TraceSession, papers: Papers, clock: ClockDep
) -> Response:
    """Return a picture of one of the caller's licences, seal included."""
    found = await _to_show(session, license_id, caller.person_id, clock.now())
    return Response(await papers.png(found), media_type="image/png")


@router.get("/licenses/{license_id}/pdf", response_class=Response, responses=Found)
async def get_pdf(
    license_id: UUID, caller: Citizen, session: TraceSession, papers: Papers, clock: ClockDep
) -> Response:
    """Return a copy to print of one of the caller's licences."""
    found = await _to_show(session, license_id, caller.person_id, clock.now())
    return _file(await papers.pdf(found), found, "application/pdf", "pdf")


async def _to_show(session: TraceSession, license_id: UUID, person_id: str, now: datetime) -> License:
    found = await store.one_of_person(session, license_id, person_id)
    if found.document is None:
        await store.want_drawn(session, found.id, now)
        raise DocumentBeingMade
    return found


def _file(data: bytes, found: License, media_type: str, ending: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{found.number}.{ending}"'}
    return Response(data, media_type=media_type, headers=headers)


Types = Annotated[list[str], Query(max_length=50)]


@router.get("/material-proofs")
async def list_proofs(caller: Citizen, session: ReadSession, clock: ClockDep, license_types: Types) -> Proofs:
    """Tell which of some licence types the caller holds, so that they need not be handed in (免提交)."""
    return await _proofs(session, caller.person_id, license_types, clock.now())


@router.get("/holdings")
async def list_holdings(
    caller: Service, session: ReadSession, clock: ClockDep, person_id: str, license_types: Types
) -> Proofs:
    """Tell a sister service which of some licence types a person holds: codes and dates, nothing they say."""
    return await _proofs(session, person_id, license_types, clock.now())


async def _proofs(session: ReadSession, person_id: str, types: list[str], now: datetime) -> Proofs:
    today = now.astimezone(CITY_ZONE).date()
    items = [
        Proof(type_code=found.type_code, license_id=found.id, name=found.name, valid_until=found.valid_until)
        for found in await store.held_types(session, person_id, types)
        if found.is_valid_on(today)
    ]
    return Proofs(items=items)


@router.get("/department-licenses")
async def list_department_licenses(
    caller: Officer,
    session: ReadSession,
    department: str,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DepartmentLicense]:
    """List a department's licences and drafts, and why drafts cannot be made; nothing they say."""
    caller.check_org(department)
    before = read_cursor(cursor, datetime, UUID)
    rows = await store.of_department(session, department, status=status, before=before, limit=limit + 1)
    more = write_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[DepartmentLicense.model_validate(row) for row in rows[:limit]], next=more)


@router.post("/license-numbers", responses=problems(Invalid))
async def parse_license_number(body: NumberIn, caller: AnyCaller, session: ReadSession) -> NumberOut:
    """Take an identifier apart and check it, also one issued elsewhere (证照标识解析)."""
    ours = {kind.code for kind in await kinds.every(session)}
    return NumberOut(**read_number(body.number, ours))
