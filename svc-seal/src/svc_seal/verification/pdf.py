"""Verifies the signatures of PDF files with pyHanko, offline."""

import asyncio
import io
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lib_gm import Finding
from svc_seal.verification.domain import DocumentUnreadable, Verdict


def verify_pdf(document: bytes, roots: tuple[bytes, ...]) -> list[Verdict]:
    """Return a verdict on each signature of a PDF file. Raises DocumentUnreadable."""
    try:
        return asyncio.run(_verified(document, roots))
    except Exception as error:
        # A hostile file can raise any error of pyHanko's parsers: all mean the same here.
        raise DocumentUnreadable("PDF 文件无法读取") from error


async def _verified(document: bytes, roots: tuple[bytes, ...]) -> list[Verdict]:
    reader = PdfFileReader(io.BytesIO(document), strict=False)
    trusted = [x509.Certificate.load(der) for der in roots]
    return [await _judge(embedded, trusted) for embedded in reader.embedded_signatures]


async def _judge(embedded: Any, roots: list[x509.Certificate]) -> Verdict:
    signed_at = embedded.self_reported_timestamp
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=signed_at)
    status = await async_validate_pdf_signature(embedded, signer_validation_context=context)
    whole = status.coverage in {
        SignatureCoverageLevel.ENTIRE_FILE,
        SignatureCoverageLevel.ENTIRE_REVISION,
    }
    name = status.signing_cert.subject.native.get("common_name", "")
    code = embedded.field_name.rpartition("_")[2] if embedded.field_name.startswith("Seal") else ""
    findings = (
        _finding("signature", status.intact and status.valid, "签名有效", "签名无效或文件被改动"),
        _finding("signer", status.trusted, "签章人证书可信", "签章人证书不可信"),
        _finding("coverage", whole, "签名覆盖其版本的全部内容", "签名没有覆盖全部内容"),
        _finding("content", status.bottom_line or not _was_changed(status), "签名后未被改动", "签名后被改动"),
    )
    return Verdict("PAdES (P-256)", code, name.removesuffix(code).strip(), name, signed_at, findings)


def _was_changed(status: Any) -> bool:
    return not status.docmdp_ok or not status.intact


def _finding(check: str, ok: bool, good: str, bad: str) -> Finding:
    return Finding(check, bool(ok), good if ok else bad)
