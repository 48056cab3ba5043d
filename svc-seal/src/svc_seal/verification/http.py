"""Routes of verification, for everyone."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from lib_service.web import ClockDep, ReadSession, component
from lib_web import DOCUMENT_BODY, AnyCaller, UploadedDocument, problems
from svc_seal.authority import Authority, certificates_pem
from svc_seal.certificate import store as certificates
from svc_seal.certificate.domain import LIST_VALIDITY, NoRevocationList, Reason
from svc_seal.pdf_authority import PdfAuthority
from svc_seal.pdf_process import PdfBusy
from svc_seal.seal import store as seals
from svc_seal.seal.domain import Standing
from svc_seal.use.pdf import is_pdf
from svc_seal.verification.domain import DocumentUnreadable, Verdict
from svc_seal.verification.ofd import verify_ofd
from svc_seal.verification.pdf import Believed, Withdrawn, verify_pdf
from svc_seal.verification.schemas import FindingOut, SignatureOut, VerificationOut

router = APIRouter(prefix="/v1", tags=["验章"])


@router.post("/verifications", responses=problems(DocumentUnreadable, PdfBusy), openapi_extra=DOCUMENT_BODY)
async def verify_document(
    document: UploadedDocument,
    caller: AnyCaller,
    session: ReadSession,
    authority: Annotated[Authority, component(Authority)],
    pdf: Annotated[PdfAuthority, component(PdfAuthority)],
) -> VerificationOut:
    """Verify the seals of an OFD or PDF file, each check apart (验章)."""
    # The connection goes back while a file is judged: slow files must not take them all.
    if is_pdf(document):
        withdrawn = await _withdrawn(session)
        await session.rollback()
        believed = Believed((pdf.certificate,), withdrawn, pdf.time_stamps.roots)
        verdicts = await verify_pdf(document, believed)
    else:
        trust = authority.trust(await certificates.newest_der(session))
        await session.rollback()
        verdicts = await asyncio.to_thread(verify_ofd, document, trust)
    known = await seals.standings(session, {verdict.seal_code for verdict in verdicts if verdict.is_trusted})
    signatures = [_out(verdict, known) for verdict in verdicts]
    valid = bool(signatures) and all(signature.valid for signature in signatures)
    return VerificationOut(valid=valid, text=_text(verdicts, valid=valid), signatures=signatures)


@router.get("/pdf-revocation-list", response_class=Response, responses=problems(NoRevocationList))
async def get_pdf_revocation_list(
    caller: AnyCaller,
    session: ReadSession,
    pdf: Annotated[PdfAuthority, component(PdfAuthority)],
    clock: ClockDep,
) -> Response:
    """Return the revocation list of the PDF signers in DER (PDF 签名证书吊销列表)."""
    newest = await certificates.newest_list(session)
    found = await seals.withdrawn_pdf_certificates(session)
    entries = [(item.serial, item.at, item.reason.value) for item in found]
    now = clock.now()
    der = await asyncio.to_thread(pdf.revocation_list, entries, newest.number, now, now + LIST_VALIDITY)
    headers = {"cache-control": "max-age=600"}
    return Response(der, media_type="application/pkix-crl", headers=headers)


@router.get("/pdf-authority-certificate", response_class=Response)
async def get_pdf_authority_certificate(
    caller: AnyCaller, pdf: Annotated[PdfAuthority, component(PdfAuthority)]
) -> Response:
    """Return the root certificate of the PDF signers as PEM: PDF readers must be told to trust it."""
    return Response(certificates_pem([pdf.certificate]), media_type="application/x-pem-file")


async def _withdrawn(session: AsyncSession) -> dict[int, Withdrawn]:
    return {
        item.serial: Withdrawn(item.at, item.reason is Reason.KEY_COMPROMISE)
        for item in await seals.withdrawn_pdf_certificates(session)
    }


def _out(verdict: Verdict, known: Mapping[str, Standing]) -> SignatureOut:
    # A stranger's seal may bear the code of one of ours: the register has nothing to say of it.
    standing = known.get(verdict.seal_code) if verdict.is_trusted else None
    return SignatureOut(
        valid=verdict.is_valid,
        form=verdict.form,
        seal_code=verdict.seal_code,
        seal_name=verdict.seal_name,
        seal_status=standing.status.value if standing else "unknown",
        signer=verdict.signer,
        signed_at=verdict.signed_at,
        findings=[FindingOut.model_validate(finding) for finding in verdict.findings],
    )


def _text(verdicts: list[Verdict], *, valid: bool) -> str:
    if not verdicts:
        return "文件没有电子签章"
    if valid:
        return f"文件的 {len(verdicts)} 个签章全部有效"
    failed = [finding.text for verdict in verdicts for finding in verdict.findings if not finding.ok]
    return f"签章无效：{'；'.join(dict.fromkeys(failed))}"
