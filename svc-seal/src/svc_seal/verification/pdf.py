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
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from lib_gm import Finding
from lib_kernel import CITY_ZONE
from svc_seal.pdf_process import MOST_WAITING, PdfProcesses, PdfTooHard, PdfWorkFailed
from svc_seal.verification.domain import DocumentUnreadable, Verdict

MOST_SIGNATURES = 200
UNKNOWN = Verdict(
    "unknown", "", "", "", None, (Finding("format", False, "签名的格式或算法不受支持，或已损坏"),)
)
PROCESSES = PdfProcesses()
# Apart from the threads that judge OFD files: PDF files that take their time hold up only each other.
THREADS = ThreadPoolExecutor(MOST_WAITING, thread_name_prefix="pdf")


@dataclass(frozen=True)
class Withdrawn:
    """When a certificate was revoked, and whether because its key is no longer secret."""

    at: datetime
    is_compromised: bool


@dataclass(frozen=True)
class Believed:
    """Whom to believe: roots of signers and of time stamps; `withdrawn` are revoked ones by serial."""

    roots: tuple[bytes, ...]
    withdrawn: Mapping[int, Withdrawn]
    tsa_roots: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class SignedAt:
    """When a signature was made: by the signer's own word, or proven by a time stamp that is believed."""

    moment: datetime | None
    is_proven: bool


async def verify_pdf(document: bytes, believed: Believed) -> list[Verdict]:
    """Return a verdict on each signature of a PDF file, made in another process.

    Raises:
        DocumentUnreadable: it is no PDF, or takes too long.
        PdfBusy: too many PDF files wait.
    """
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(THREADS, PROCESSES.run, verify_here, document, believed)
    except PdfTooHard as error:
        raise DocumentUnreadable("PDF 文件过于复杂，处理超出时间或内存限制") from error
    except PdfWorkFailed as error:
        # A hostile file can raise any error of pyHanko's parsers: all mean the same here.
        raise DocumentUnreadable("PDF 文件无法读取") from error


def verify_here(document: bytes, believed: Believed) -> list[Verdict]:
    """Return the verdicts; raises whatever the file makes pyHanko raise."""
    return asyncio.run(_verified(document, believed))


async def _verified(document: bytes, believed: Believed) -> list[Verdict]:
    reader = PdfFileReader(io.BytesIO(document), strict=False)
    filled = [name for name, *_ in enumerate_sig_fields(reader, filled_status=True)]
    if len(filled) > MOST_SIGNATURES:
        raise ValueError("more signatures than anybody sets")
    known = reader.embedded_signatures
    # Time stamps over a whole document (DocTimeStamp), which others add for the archive, are no seals.
    verdicts = [
        await _judged(embedded, believed) for embedded in known if embedded.sig_object_type != "/DocTimeStamp"
    ]
    # pyHanko leaves out forms that it does not know; to say nothing of them would be to call them good.
    return verdicts + [UNKNOWN] * (len(filled) - len(known))


async def _judged(embedded: Any, believed: Believed) -> Verdict:
    try:
        return await _judge(embedded, believed)
    except Exception:
        # An algorithm that pyHanko does not know, such as SM2 in CMS, says nothing of the other signatures.
        return UNKNOWN


async def _judge(embedded: Any, believed: Believed) -> Verdict:
    said_at = embedded.self_reported_timestamp
    status, when = await _status(embedded, believed, said_at), SignedAt(said_at, is_proven=False)
    stamp = status.timestamp_validity
    if stamp is not None and stamp.intact and stamp.valid:
        # As with every certificate here, the authority's: was it good when it stamped?
        then = await _status(embedded, believed, stamp.timestamp)
        if then.timestamp_validity.trusted:
            status, when = then, SignedAt(stamp.timestamp, is_proven=True)
    whole = status.coverage in {
        SignatureCoverageLevel.ENTIRE_FILE,
        SignatureCoverageLevel.ENTIRE_REVISION,
    }
    name = status.signing_cert.subject.native.get("common_name", "")
    code = embedded.field_name.rpartition("_")[2] if embedded.field_name.startswith("Seal") else ""
    findings = (
        _finding("signature", status.intact and status.valid, "签名有效", "签名无效或文件被改动"),
        _finding("signer", status.trusted, "签章人证书可信", "签章人证书不可信"),
        _revocation(status.signing_cert, bool(status.trusted), when, believed.withdrawn),
        *_time_stamp(status.timestamp_validity),
        _finding("coverage", whole, "签名覆盖其版本的全部内容", "签名没有覆盖全部内容"),
        _finding("content", not _was_changed(status), "签名后未被改动", "签名后被改动"),
    )
    return Verdict("PAdES (P-256)", code, name.removesuffix(code).strip(), name, when.moment, findings)


async def _status(embedded: Any, believed: Believed, moment: datetime | None) -> Any:
    signers, stampers = (
        ValidationContext(
            trust_roots=[x509.Certificate.load(der) for der in roots], allow_fetching=False, moment=moment
        )
        for roots in (believed.roots, believed.tsa_roots)
    )
    return await async_validate_pdf_signature(
        embedded, signer_validation_context=signers, ts_validation_context=stampers
    )


def _time_stamp(stamp: Any) -> tuple[Finding, ...]:
    if stamp is None:
        return ()
    if not (stamp.intact and stamp.valid):
        return (Finding("time-stamp", False, "时间戳无效或与签名不符"),)
    moment = stamp.timestamp.astimezone(CITY_ZONE).isoformat(timespec="seconds")
    if not stamp.trusted:
        text = f"时间戳与签名相符（{moment}，未核对时间戳机构）"
        return (Finding("time-stamp", True, text, is_checked=False),)
    return (Finding("time-stamp", True, f"时间戳有效，证明签名不晚于 {moment}"),)


def _revocation(
    certificate: x509.Certificate, is_own: bool, when: SignedAt, withdrawn: Mapping[int, Withdrawn]
) -> Finding:
    """The rules are those for OFD files; of foreign authorities nothing is known."""
    check = "signer-revocation"
    if not is_own:
        return Finding(check, True, "没有颁发机构的吊销列表，未能核对签章人证书是否吊销", is_checked=False)
    entry = withdrawn.get(certificate.serial_number)
    if entry is None:
        return Finding(check, True, "签名时签章人证书未被吊销")
    day = entry.at.date().isoformat()
    if entry.is_compromised and not when.is_proven:
        # Whoever has the key can write any time into a signature, but not into a time stamp.
        return Finding(check, False, f"签章人证书因密钥泄露于 {day} 吊销，其签名时间不可采信")
    if when.moment is None or entry.at <= when.moment:
        return Finding(check, False, f"签名时签章人证书已吊销（{day}）")
    return Finding(check, True, "签名时签章人证书未被吊销")


def _was_changed(status: Any) -> bool:
    """Later updates may add seals and fill forms, nothing else."""
    later = status.modification_level
    return not status.intact or status.docmdp_ok is False or later is ModificationLevel.OTHER


def _finding(check: str, ok: bool, good: str, bad: str) -> Finding:
    return Finding(check, bool(ok), good if ok else bad)
