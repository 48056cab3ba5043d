"""Routes of signing and sealing."""

import base64
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel

from lib_service.web import component
from lib_web import Caller, problems, requires
from svc_seal.grant.domain import UseNotGranted
from svc_seal.keys import KeyUnusable
from svc_seal.pdf_process import PdfBusy
from svc_seal.seal.domain import NoSuchSeal, SealNotUsable
from svc_seal.use.commands import Digest, SealDocument, SignDigests, seal_one, sign_digests
from svc_seal.use.desk import SealingDesk
from svc_seal.use.domain import (
    DocumentInvalid,
    PlaceInvalid,
    TimeStampUnavailable,
    UseForgotten,
    UseKeyTaken,
)
from svc_seal.use.express import DigestRoute, DocumentRoute
from svc_seal.use.schemas import DigestsIn, DigestsOut, SealedOut, SealRequest

documents = APIRouter(prefix="/v1", tags=["用章"], route_class=DocumentRoute)
digests = APIRouter(prefix="/v1", tags=["用章"], route_class=DigestRoute)

User = Annotated[Caller, requires("service", "staff")]
Desk = Annotated[SealingDesk, component(SealingDesk)]
REFUSALS = (NoSuchSeal, UseNotGranted, SealNotUsable, KeyUnusable)


@documents.post(
    "/documents",
    status_code=201,
    response_model=SealedOut,
    responses=problems(
        *REFUSALS,
        DocumentInvalid,
        PlaceInvalid,
        UseForgotten,
        UseKeyTaken,
        PdfBusy,
        TimeStampUnavailable,
    ),
)
async def create_sealed_document(body: SealRequest, caller: User, desk: Desk) -> Response:
    """Seal an OFD or PDF document; the same `use_key` gets the first result again (加盖电子印章)."""
    command = SealDocument(body.document, body.seal_code, body.purpose, body.use_key, body, caller.subject)
    use = await seal_one(command, desk=desk)
    document = base64.b64encode(use.kept_document()).decode()
    return _created(SealedOut(use_id=use.id, digest=use.digest, document=document))


@digests.post("/digest-signatures", status_code=201, response_model=DigestsOut, responses=problems(*REFUSALS))
async def create_digest_signatures(body: DigestsIn, caller: User, desk: Desk) -> Response:
    """Sign up to 500 SM3 digests with a seal, all or none (摘要签章)."""
    items = [Digest(bytes.fromhex(item.digest), item.property_info) for item in body.items]
    command = SignDigests(body.seal_code, body.purpose, caller.subject, items, body.form == "raw")
    signatures = await sign_digests(command, desk=desk)
    return _created(DigestsOut(signatures=[base64.b64encode(signature).decode() for signature in signatures]))


def _created(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), 201, media_type="application/json")
