"""Routes of sealing, verification and audit."""

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter, Depends

from lib_ofd import Place
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import (
    AnyCaller,
    Caller,
    Cursor,
    Limit,
    Page,
    Service,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_seal.authority import Authority
from svc_seal.seal import store as seals
from svc_seal.seal.domain import NoSuchSeal, SealNotUsable
from svc_seal.seal.picture import DIAMETER_MM
from svc_seal.use import store
from svc_seal.use.commands import SealDocument, seal_document
from svc_seal.use.domain import DocumentInvalid, first_broken
from svc_seal.use.ports import UnitOfWork
from svc_seal.use.schemas import (
    AuditOut,
    ChainOut,
    DocumentIn,
    FindingOut,
    SealedOut,
    SealRequest,
    SignatureOut,
    VerificationOut,
)
from svc_seal.use.verification import verify

router = APIRouter(prefix="/v1", tags=["用章与验章"])

Keeper = Annotated[Caller, requires("seal_keeper")]
Keys = Annotated[Authority, component(Authority)]


@router.post("/documents", status_code=201, responses=problems(NoSuchSeal, SealNotUsable, DocumentInvalid))
async def create_sealed_document(
    body: SealRequest,
    caller: Service,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    authority: Keys,
    clock: ClockDep,
) -> SealedOut:
    """Seal an OFD document for a sister service (加盖电子印章)."""
    size = body.size or DIAMETER_MM
    place = Place(body.x, body.y, size, size, body.page)
    command = SealDocument(body.document, body.seal_code, body.purpose, body.use_key, place, caller.subject)
    use = await seal_document(command, uow=uow, authority=authority, clock=clock)
    document = base64.b64encode(use.document).decode()
    return SealedOut(use_id=use.id, digest=use.digest, document=document)


@router.post("/verifications", responses=problems(DocumentInvalid))
async def verify_document(
    body: DocumentIn, caller: AnyCaller, session: ReadSession, authority: Keys
) -> VerificationOut:
    """Verify the seals of an OFD file, each check apart (验章)."""
    verdicts = await asyncio.to_thread(verify, body.document, (authority.root.certificate,))
    signatures = [
        SignatureOut(
            valid=verdict.is_valid,
            seal_code=verdict.seal_code,
            seal_name=verdict.seal_name,
            seal_status=await _status(session, verdict.seal_code),
            signed_at=verdict.signed_at,
            findings=[FindingOut(check=f.check, ok=f.ok, text=f.text) for f in verdict.findings],
        )
        for verdict in verdicts
    ]
    return VerificationOut(valid=bool(signatures) and all(s.valid for s in signatures), signatures=signatures)


async def _status(session: ReadSession, code: str) -> str:
    try:
        return (await seals.one(session, code)).status.value
    except NoSuchSeal:
        return "unknown"


@router.get("/audit")
async def list_audit(
    caller: Keeper, session: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> Page[AuditOut]:
    """List the audit records of seals in order (用章审计)."""
    position = read_cursor(cursor, int)
    rows = await store.records(session, after=position[0] if position else 0, limit=limit + 1)
    more = write_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[AuditOut.model_validate(row) for row in rows[:limit]], next=more)


@router.post("/audit/verification")
async def verify_audit(caller: Keeper, session: ReadSession) -> ChainOut:
    """Check that no audit record was changed, removed or put in between."""
    rows = await store.records(session)
    broken = first_broken(rows)
    return ChainOut(whole=broken is None, records=len(rows), first_broken=broken)
