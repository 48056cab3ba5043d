"""Routes of showing and scanning, and what offline verifiers keep."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, Clock, NotFound, mask_id, mask_name
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import AnyCaller, Caller, CallerKind, Citizen, etag_of, matches, problems, requires
from svc_license.kind import store as kinds
from svc_license.license.domain import License, NoSuchLicense
from svc_license.license.text import read_text
from svc_license.presentation import commands, store
from svc_license.presentation.domain import CodeExpired, CodeInvalid, CodeUsed, NotPresentable
from svc_license.presentation.ports import UnitOfWork
from svc_license.presentation.schemas import (
    KeysOut,
    PresentationCreate,
    PresentationOut,
    ScanCreate,
    ScanOut,
)
from svc_license.presentation.tokens import STATUS_LIST, Signer, pack
from svc_license.usage.domain import Reader, ReaderKind

router = APIRouter(prefix="/v1", tags=["亮证与扫码核验"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Keys = Annotated[Signer, component(Signer)]
Verifier = Annotated[Caller, requires("partner", "citizen", "clerk", "officer")]
FRESH_SECONDS = 300
READERS = {CallerKind.PARTNER: ReaderKind.PARTNER, CallerKind.CITIZEN: ReaderKind.CITIZEN}


@router.post("/presentations", status_code=201, responses=problems(NoSuchLicense, NotPresentable))
async def create_presentation(
    body: PresentationCreate, caller: Citizen, uow: Uow, cipher: Cipher, signer: Keys, clock: ClockDep
) -> PresentationOut:
    """Show a licence as a QR code: for a minute and one scan, or offline with its status as of now (亮证).

    The code's format stands at `presentation-keys`.
    """
    if body.form == "offline":
        shown = await commands.show_offline(
            body.license_id, caller.person_id, uow=uow, signer=signer, cipher=cipher, clock=clock
        )
    else:
        shown = await commands.show(body.license_id, caller.person_id, uow=uow, signer=signer, clock=clock)
    return PresentationOut(
        code=shown.code, form=body.form, expires_at=shown.expires_at, status_as_of=shown.status_as_of
    )


@router.post("/scans", responses=problems(CodeInvalid, CodeExpired, CodeUsed))
async def create_scan(
    body: ScanCreate,
    caller: Verifier,
    uow: Uow,
    session: ReadSession,
    cipher: Cipher,
    signer: Keys,
    clock: ClockDep,
) -> ScanOut:
    """Verify a shown licence by its QR code; holder and verifier both find it on record (扫码核验)."""
    reader = Reader(READERS.get(caller.kind, ReaderKind.STAFF), caller.subject, caller.subject)
    found = await commands.scan(body.code, reader, body.purpose, uow=uow, signer=signer, clock=clock)
    issuer = (await kinds.one(session, found.type_code)).issuer_name
    return _seen(found, issuer, cipher, clock)


def _seen(found: License, issuer: str, cipher: FieldCipher, clock: Clock) -> ScanOut:
    today = clock.now().astimezone(CITY_ZONE).date()
    said = read_text(found, cipher)
    return ScanOut(
        valid=found.is_valid_on(today),
        license_name=found.name,
        license_number=found.number or "",
        issuer=issuer,
        status=found.standing_on(today),
        holder_name=mask_name(said.holder_name),
        holder_number=mask_id(said.holder_number),
        valid_until=found.valid_until,
        checked_at=clock.now(),
    )


@router.get("/presentation-keys")
async def list_keys(caller: AnyCaller, signer: Keys) -> KeysOut:
    """Return the public keys that check QR codes and status lists without asking (验签公钥).

    Fetch them anew when a code names a `kid` that is not among those kept. Believe no other key.

    A QR code is a compact JWS (RFC 7515, `alg` Ed25519) under the key that its `kid` names.

    `online` (`typ` license+jws) says only `jti`, `iat` and `exp`: send it to `scans`.

    `offline` (`typ` license-offline+jws) is checked without a network. It says `iat` and `exp` (seconds
    since 1970; clocks may differ by 30), `st` (how the licence stood at `iat`: valid), `no` (its number),
    `name` (of the licence), `holder` and `id` (masked), `until` (last day of validity, if it has one),
    `end` (the second at which that day is over in Beijing) and `ix` (its place in the status lists). A
    list made after `iat` overrules `st`. Tell the person who checks how old the newer of both is, and
    compare the name with an identity document.
    """
    return KeysOut(**signer.public())


@router.get("/status-lists/{number}", response_class=Response, responses=problems(NotFound))
async def get_status_list(
    number: Annotated[int, Path(ge=0, le=1_000_000)],
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    signer: Keys,
    clock: ClockDep,
) -> Response:
    """Return a signed status list: two bits a licence, to be kept by verifiers (状态列表).

    It is made anew every five minutes; within them the same text is answered, by its ETag. The text is a
    compact JWS like the QR codes' (`typ` statuslist+jws) that says `list` (its number), `iat` (when it
    was made), `ttl` (for how many seconds it is the newest) and `bits`: base64url without padding of zlib
    data (RFC 1950).

    The licence `ix` of a QR code is in list `ix // 65536` at place `p = ix % 65536`. Its two bits are
    `byte[p * 2 // 8] >> (p * 2 % 8) & 3`: 0 valid, 1 suspended, 2 ended (revoked, expired, superseded), 3
    no such licence.
    """
    standings = await store.status_list(session, number)
    if standings is None:
        raise NotFound("没有这一份状态列表")
    made = int(clock.now().timestamp()) // FRESH_SECONDS * FRESH_SECONDS
    content = {"list": number, "iat": made, "ttl": FRESH_SECONDS, "bits": pack(standings)}
    text = signer.sign(STATUS_LIST, content).encode()
    tag = etag_of(text)
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={FRESH_SECONDS}",
        "last-modified": datetime.fromtimestamp(made, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/jose", headers=headers)
