"""Routes of the wallet."""

import asyncio
import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from lib_gm import FieldCipher, parse_seal
from lib_kernel import CITY_ZONE, mask_id
from lib_ofd import read_signatures, render
from lib_service.web import ClockDep, ReadSession, component
from lib_web import Citizen, Cursor, Limit, Page, problems, read_cursor, write_cursor
from svc_license.license import store
from svc_license.license.domain import License, NoSuchLicense
from svc_license.license.issuing import FIELDS, HOLDER_NAME, HOLDER_NUMBER
from svc_license.license.schemas import LicenseDetail, LicenseOut, Proof, Proofs
from svc_license.license.sisters import ObjectFiles

router = APIRouter(prefix="/v1", tags=["电子证照"])

Files = Annotated[ObjectFiles, component(ObjectFiles)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]


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
    found = await store.one_of_person(session, license_id, caller.person_id)
    return LicenseDetail(
        **LicenseOut.model_validate(found).model_dump(),
        holder_name=cipher.decrypt(found.holder_name, context=HOLDER_NAME),
        holder_number=mask_id(cipher.decrypt(found.holder_number, context=HOLDER_NUMBER)),
        fields=json.loads(cipher.decrypt(found.fields, context=FIELDS)),
    )


@router.get("/licenses/{license_id}/document", response_class=Response, responses=problems(NoSuchLicense))
async def get_document(license_id: UUID, caller: Citizen, session: ReadSession, files: Files) -> Response:
    """Return the sealed OFD file of one of the caller's licences."""
    found = await store.one_of_person(session, license_id, caller.person_id)
    headers = {"content-disposition": f'attachment; filename="{found.number}.ofd"'}
    return Response(await _file(found, files), media_type="application/ofd", headers=headers)


@router.get("/licenses/{license_id}/preview", response_class=Response, responses=problems(NoSuchLicense))
async def get_preview(license_id: UUID, caller: Citizen, session: ReadSession, files: Files) -> Response:
    """Return a picture of one of the caller's licences, seal included."""
    found = await store.one_of_person(session, license_id, caller.person_id)
    png = await asyncio.to_thread(picture, await _file(found, files))
    return Response(png, media_type="image/png")


@router.get("/material-proofs")
async def list_proofs(
    caller: Citizen,
    session: ReadSession,
    clock: ClockDep,
    license_types: Annotated[list[str], Query(max_length=50)],
) -> Proofs:
    """Tell which of some licence types the caller holds, so that they need not be handed in (免提交)."""
    today = clock.now().astimezone(CITY_ZONE).date()
    held = await store.held_types(session, caller.person_id, license_types)
    items = [
        Proof(type_code=found.type_code, license_id=found.id, name=found.name)
        for found in held
        if found.is_valid_on(today)
    ]
    return Proofs(items=items)


async def _file(found: License, files: ObjectFiles) -> bytes:
    if found.document is None:
        raise NoSuchLicense
    return await files.get(found.document)


def picture(document: bytes) -> bytes:
    """Return the first page of a sealed document as PNG, with its seals on it."""
    seals = [
        (signature.place, parse_seal(signature.seal).picture)
        for signature in read_signatures(document)
        if signature.place is not None
    ]
    return render(document, seals)
