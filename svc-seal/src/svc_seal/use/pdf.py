"""PDF files: a seal's picture with a PAdES signature (P-256, SHA-256) as an incremental update.

With a time-stamp authority configured the signature carries its stamp (PAdES B-T), else none (B-B).
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import httpx
from asn1crypto import cms, keys, tsp, x509
from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.sign import PdfSignatureMetadata
from pyhanko.sign import PdfSigner as PdfWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lib_web import tls_context
from svc_seal.pdf_process import PdfProcesses, PdfTooHard, PdfWorkFailed
from svc_seal.use.domain import DocumentInvalid, PlaceInvalid, TimeStampUnavailable
from svc_seal.use.ports import Material, PdfSigner

POINTS_PER_MM = 72 / 25.4
ROUNDING = 0.5 * POINTS_PER_MM
LARGEST_PDF = 50 * 1024 * 1024
TSA_SECONDS = 10.0
PROCESSES = PdfProcesses(1)


@dataclass(frozen=True)
class PdfPlace:
    """Where the seal stands: page from 1, upper left corner in millimetres from the page's upper left."""

    page: int
    x: float
    y: float


def is_pdf(data: bytes) -> bool:
    """Return whether the file begins like a PDF."""
    return data[:1024].lstrip().startswith(b"%PDF-")


def seal_pdf(document: bytes, place: PdfPlace, material: Material, reason: str, now: datetime) -> bytes:
    """Return the PDF with the seal and its signature as an incremental update, made in another process.

    Raises:
        DocumentInvalid: it cannot be read, is encrypted, forbids changes, or takes too long.
        PlaceInvalid: it has no such page.
        PdfBusy: too many PDF files wait.
        TimeStampUnavailable: the time-stamp authority gives no stamp.
    """
    if material.pdf is None:
        raise DocumentInvalid("此印章没有 PDF 签名证书")
    if len(document) > LARGEST_PDF:
        raise DocumentInvalid("文件过大")
    stamp = Stamp(material.code, material.picture, material.size, material.pdf)
    try:
        result = PROCESSES.run(seal_here, document, place, stamp, reason, now)
    except PdfTooHard as error:
        raise DocumentInvalid("PDF 文件过于复杂，处理超出时间或内存限制") from error
    except PdfWorkFailed as error:
        # pyHanko has many errors of its own, and a hostile file can raise any other: all mean the same here.
        raise DocumentInvalid("PDF 文件无法读取，或不允许增加签名") from error
    if result.misplaced:
        raise PlaceInvalid(result.misplaced)
    if result.is_unstamped:
        raise TimeStampUnavailable
    return result.document


@dataclass(frozen=True)
class Stamp:
    """What of a seal goes into a PDF."""

    code: str
    picture: bytes
    size: int
    pdf: PdfSigner


@dataclass(frozen=True)
class Result:
    """The sealed file, or what is wrong with the place, or that the time-stamp authority gave no stamp."""

    document: bytes = b""
    misplaced: str = ""
    is_unstamped: bool = False


def seal_here(document: bytes, place: PdfPlace, stamp: Stamp, reason: str, now: datetime) -> Result:
    """Return the sealed file or why there is none; raises whatever pyHanko raises."""
    try:
        return Result(asyncio.run(_sealed(document, place, stamp, reason, now)))
    except PlaceInvalid as error:
        return Result(misplaced=error.detail)
    except TimestampRequestError:
        return Result(is_unstamped=True)


async def _sealed(document: bytes, place: PdfPlace, stamp: Stamp, reason: str, now: datetime) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(document), strict=False)
    box = _box(writer, place, stamp.size)
    field = f"Seal{len(writer.prev.embedded_signatures) + 1}_{stamp.code}"
    signer = SimpleSigner(
        signing_cert=x509.Certificate.load(stamp.pdf.certificate),
        signing_key=keys.PrivateKeyInfo.load(stamp.pdf.key),
        cert_registry=_registry(stamp.pdf.chain),
    )
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        signer_key_usage={"digital_signature"},
    )
    style = StaticStampStyle(
        border_width=0,
        background=PdfImage(Image.open(io.BytesIO(stamp.picture)).convert("RGBA")),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MID,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins(0, 0, 0, 0),
            inner_content_scaling=InnerScaling.STRETCH_FILL,
        ),
        background_opacity=1.0,
    )
    spec = SigFieldSpec(field, on_page=place.page - 1, box=box)
    stamper = _stamper(stamp.pdf.tsa_url) if stamp.pdf.tsa_url else None
    sealing = _At(metadata, signer, timestamper=stamper, stamp_style=style, new_field_spec=spec)
    sealing.now = now
    out = await sealing.async_sign_pdf(writer)
    return bytes(out.getbuffer())


class _At(PdfWriter):
    """Signs as of a given moment: the service's clock, not the machine's, is what everything else says."""

    now: datetime

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        """Return the session, which takes its time from here."""
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.now
        return session


class _TimeStamper(TimeStamper):
    """Asks an authority over HTTP (RFC 3161 §3.4) and looks whether the stamp is on what was asked for."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return what the authority answers. Raises TimestampRequestError."""
        headers = {"content-type": "application/timestamp-query"}
        try:
            async with httpx.AsyncClient(timeout=TSA_SECONDS, verify=tls_context()) as client:
                answer = (
                    await client.post(self._url, content=req.dump(), headers=headers)
                ).raise_for_status()
            return tsp.TimeStampResp.load(answer.content, strict=True)
        except (httpx.HTTPError, ValueError) as error:
            raise TimestampRequestError("no answer, or no time-stamp reply") from error

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over the digest. Raises TimestampRequestError."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
            stamped = imprint["hashed_message"].native
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise TimestampRequestError("the token cannot be read") from error
        if stamped != message_digest:
            raise TimestampRequestError("the token is over something else")
        return token


@cache
def _stamper(url: str) -> _TimeStamper:
    """One for each process: the size of a token is learnt from the first one."""
    return _TimeStamper(url)


def _registry(chain: tuple[bytes, ...]) -> Any:
    make: Any = SimpleCertificateStore
    registry = make()
    for der in chain:
        registry.register(x509.Certificate.load(der))
    return registry


def _box(writer: Any, place: PdfPlace, size: int) -> tuple[int, int, int, int]:
    pages = int(writer.root["/Pages"]["/Count"])
    if not 1 <= place.page <= pages:
        raise PlaceInvalid(f"PDF 文件共 {pages} 页，没有第 {place.page} 页")
    page = writer.find_page_for_modification(place.page - 1)[0].get_object()
    media = page.get("/MediaBox") or page["/Parent"].get_object()["/MediaBox"]
    left, bottom, right, top = (float(value) for value in media)
    x, y, side = (value * POINTS_PER_MM for value in (place.x, place.y, float(size)))
    if x + side > right - left + ROUNDING or y + side > top - bottom + ROUNDING:
        wide, high = (round(length / POINTS_PER_MM) for length in (right - left, top - bottom))
        raise PlaceInvalid(f"印章（{size} × {size} 毫米）超出页面（{wide} × {high} 毫米）")
    return round(left + x), round(top - y - side), round(left + x + side), round(top - y)
