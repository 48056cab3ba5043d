"""Verifies the signatures of PDF files with pyHanko, offline."""

import asyncio
import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lib_gm import Finding
from svc_seal.pdf_process import MOST_WAITING, PdfProcesses, PdfTooHard, PdfWorkFailed
from svc_seal.verification.domain import DocumentUnreadable, Verdict

MOST_SIGNATURES = 200
PROCESSES = PdfProcesses()
# Apart from the threads that judge OFD files: PDF files that take their time hold up only each other.
THREADS = ThreadPoolExecutor(MOST_WAITING, thread_name_prefix="pdf")


@dataclass(frozen=True)
class Withdrawn:
    """When a certificate was revoked, and whether because its key is no longer secret."""

    at: datetime
    is_compromised: bool


async def verify_pdf(
    document: bytes, roots: tuple[bytes, ...], withdrawn: Mapping[int, Withdrawn]
) -> list[Verdict]:
    """Return a verdict on each signature of a PDF file, made in another process.

    `withdrawn` are the revoked certificates of the roots by serial number.

    Raises:
        DocumentUnreadable: it is no PDF, or takes too long.
        PdfBusy: too many PDF files wait.
    """
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(THREADS, PROCESSES.run, verify_here, document, roots, withdrawn)
    except PdfTooHard as error:
        raise DocumentUnreadable("PDF 文件过于复杂，处理超出时间或内存限制") from error
    except PdfWorkFailed as error:
        # A hostile file can raise any error of pyHanko's parsers: all mean the same here.
        raise DocumentUnreadable("PDF 文件无法读取") from error


def verify_here(
    document: bytes, roots: tuple[bytes, ...], withdrawn: Mapping[int, Withdrawn]
) -> list[Verdict]:
    """Return the verdicts; raises whatever the file makes pyHanko raise."""
    return asyncio.run(_verified(document, roots, withdrawn))


async def _verified(
    document: bytes, roots: tuple[bytes, ...], withdrawn: Mapping[int, Withdrawn]
) -> list[Verdict]:
    reader = PdfFileReader(io.BytesIO(document), strict=False)
    trusted = [x509.Certificate.load(der) for der in roots]
    listed = reader.embedded_signatures
    if len(listed) > MOST_SIGNATURES:
        raise ValueError("more signatures than anybody sets")
    return [await _judge(embedded, trusted, withdrawn) for embedded in listed]


async def _judge(embedded: Any, roots: list[x509.Certificate], withdrawn: Mapping[int, Withdrawn]) -> Verdict:
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
        _revocation(status.signing_cert, bool(status.trusted), signed_at, withdrawn),
        _finding("coverage", whole, "签名覆盖其版本的全部内容", "签名没有覆盖全部内容"),
        _finding("content", not _was_changed(status), "签名后未被改动", "签名后被改动"),
    )
    return Verdict("PAdES (P-256)", code, name.removesuffix(code).strip(), name, signed_at, findings)


def _revocation(
    certificate: x509.Certificate,
    is_own: bool,
    signed_at: datetime | None,
    withdrawn: Mapping[int, Withdrawn],
) -> Finding:
    """The rules are those for OFD files; of foreign authorities nothing is known."""
    check = "signer-revocation"
    if not is_own:
        return Finding(check, True, "没有颁发机构的吊销列表，未能核对签章人证书是否吊销", is_checked=False)
    entry = withdrawn.get(certificate.serial_number)
    if entry is None:
        return Finding(check, True, "签名时签章人证书未被吊销")
    day = entry.at.date().isoformat()
    if entry.is_compromised:
        # Whoever has the key can write any time into a signature.
        return Finding(check, False, f"签章人证书因密钥泄露于 {day} 吊销，其签名时间不可采信")
    if signed_at is None or entry.at <= signed_at:
        return Finding(check, False, f"签名时签章人证书已吊销（{day}）")
    return Finding(check, True, "签名时签章人证书未被吊销")


def _was_changed(status: Any) -> bool:
    """Later updates may add seals and fill forms, nothing else."""
    later = status.modification_level
    return not status.intact or status.docmdp_ok is False or later is ModificationLevel.OTHER


def _finding(check: str, ok: bool, good: str, bad: str) -> Finding:
    return Finding(check, bool(ok), good if ok else bad)
