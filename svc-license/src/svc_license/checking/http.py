"""Routes of public checks."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import HTMLResponse

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_kernel import Clock, DomainError, mask_name
from lib_service.web import ClockDep, ReadSession, component
from lib_web import DOCUMENT_BODY, AnyCaller, Caller, CallerKind, UploadedDocument, problems, status_of
from svc_license.checking.domain import CheckedLicense, CheckFailed, FileUnreadable, TooManyChecks
from svc_license.checking.page import failure_page, result_page
from svc_license.checking.schemas import CheckCreate, CheckOut, FileVerdictOut, FindingOut
from svc_license.checking.verification import check, check_file, told
from svc_license.kind import store as kinds
from svc_license.license.sisters import SealClient
from svc_license.license.text import read_text

router = APIRouter(prefix="/v1", tags=["公众核验"])

Cipher = Annotated[FieldCipher, component(FieldCipher)]
Address = Annotated[str, Header(alias="X-Client-Address", include_in_schema=False)]


@router.post("/public-verifications", responses=problems(CheckFailed, TooManyChecks))
async def create_public_verification(
    body: CheckCreate,
    request: Request,
    caller: AnyCaller,
    cipher: Cipher,
    clock: ClockDep,
    address: Address = "",
) -> CheckOut:
    """Tell anyone who has a licence's number and code how it stands (公众核验)."""
    client = _client(caller, address)
    found = await _checked(body.license_number, body.code, client, request.app.state.sessions, cipher, clock)
    return _out(found, clock)


@router.get(
    "/license-checks/{number}/{code}", response_model=CheckOut, responses=problems(CheckFailed, TooManyChecks)
)
async def get_license_check(
    number: str,
    code: str,
    request: Request,
    caller: AnyCaller,
    cipher: Cipher,
    clock: ClockDep,
    address: Address = "",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> CheckOut | Response:
    """Answer the address in a licence's QR code: JSON, or a page for a phone's browser."""
    client = _client(caller, address)
    sessions = request.app.state.sessions
    if "text/html" not in accept:
        return _out(await _checked(number, code, client, sessions, cipher, clock), clock)
    try:
        found = await _checked(number, code, client, sessions, cipher, clock)
    except DomainError as error:
        return HTMLResponse(failure_page(error.title, error.detail), status_of(error))
    return HTMLResponse(result_page(found, number, clock.now()))


@router.post("/file-verifications", responses=problems(FileUnreadable), openapi_extra=DOCUMENT_BODY)
async def create_file_verification(
    document: UploadedDocument,
    caller: AnyCaller,
    session: ReadSession,
    sealing: Annotated[SealClient, component(SealClient)],
    clock: ClockDep,
) -> FileVerdictOut:
    """Verify an uploaded licence: its seals, whether the register has it so, how it stands (文件核验)."""
    verdict = await sealing.findings(document)
    found = await check_file(document, verdict, session=session, now=clock.now())
    return FileVerdictOut(
        valid=found.valid,
        license_number=found.license_number,
        status=found.status,
        findings=[FindingOut(check=name, ok=ok, text=text) for name, ok, text in found.findings],
    )


def _client(caller: Caller, address: str) -> str:
    return address if caller.kind is CallerKind.PUBLIC else caller.subject


async def _checked(
    number: str, code: str, client: str, sessions: Sessions, cipher: FieldCipher, clock: Clock
) -> CheckedLicense:
    found = await check(number, code, client=client, sessions=sessions, now=clock.now())
    async with sessions() as session:
        issuer = (await kinds.one(session, found.type_code)).issuer_name
    return told(found, issuer, mask_name(read_text(found, cipher).holder_name), clock.now())


def _out(found: CheckedLicense, clock: Clock) -> CheckOut:
    return CheckOut(
        valid=found.valid,
        status=found.status,
        license_name=found.license_name,
        issuer=found.issuer,
        holder_name=found.holder_name,
        valid_until=found.valid_until,
        checked_at=clock.now(),
    )
