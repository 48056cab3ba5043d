"""Sign digests and seal documents, each occasion once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lib_gm import sm3
from lib_kernel import Clock
from lib_ofd import NoSuchPlace, NotOfd, Where, seal_document
from svc_seal.seal.domain import Seal
from svc_seal.use.domain import KEPT_FOR, DocumentInvalid, Kind, PlaceInvalid, SealUse
from svc_seal.use.pdf import PdfPlace, is_pdf, seal_pdf
from svc_seal.use.ports import Desk, Material, Order, Outcome, UnitOfWork, Work

FORGOTTEN_AT_ONCE = 200


@dataclass(frozen=True)
class Digest:
    """A 32-byte SM3 digest; `property_info` is the absolute path of the signed `Signature.xml`."""

    value: bytes
    property_info: str


@dataclass(frozen=True)
class SignDigests:
    """Sign digests with a seal. `is_raw`: an SM2 signature over the 32 bytes instead of SES_Signature."""

    seal_code: str
    purpose: str
    caller: str
    digests: Sequence[Digest]
    is_raw: bool = False


async def sign_digests(cmd: SignDigests, *, desk: Desk) -> list[bytes]:
    """Return one signature for each digest, all or none.

    A raw signature is over a message of 32 bytes. That cannot be mistaken for a seal signature, whose message
    is a longer DER structure; a ready-made SM2 pre-hash is never signed.

    Raises:
        NoSuchSeal, SealNotUsable, UseNotGranted, KeyUnusable: see there.
    """
    orders = [
        Order(
            cmd.seal_code,
            cmd.purpose,
            cmd.caller,
            Kind.DIGEST,
            _digest_work(digest, is_raw=cmd.is_raw),
            facts={"digest": digest.value.hex()},
        )
        for digest in cmd.digests
    ]
    return [_done(outcome).signature for outcome in await desk.use(orders)]


def _digest_work(digest: Digest, *, is_raw: bool) -> Work:
    if is_raw:
        return lambda material, now: material.key.sign(digest.value)
    return lambda material, now: material.sign(digest.value, digest.property_info, now)


class At(Protocol):
    """Where a seal goes, once its size is known: in an OFD file and in a PDF file."""

    def in_ofd(self, size: int) -> Where:
        """Return the place in an OFD file."""
        ...

    def in_pdf(self) -> PdfPlace:
        """Return the place in a PDF file. Raises PlaceInvalid when PDF has no such kind of place."""
        ...


@dataclass(frozen=True)
class SealDocument:
    """Set a seal on an OFD or PDF document; `use_key` names the occasion."""

    document: bytes
    seal_code: str
    purpose: str
    use_key: str
    at: At
    caller: str

    def order(self) -> Order:
        """Return what the desk is to do."""
        kind = Kind.PDF if is_pdf(self.document) else Kind.OFD
        work = self._on_pdf if kind is Kind.PDF else self._on_ofd
        facts = {"source": sm3(self.document).hex()}
        return Order(self.seal_code, self.purpose, self.caller, kind, work, self.use_key, facts)

    def _on_ofd(self, material: Material, now: datetime) -> bytes:
        def sign(digest: bytes, path: str) -> bytes:
            return material.sign(digest, path, now)

        try:
            where = self.at.in_ofd(material.size)
            return seal_document(self.document, material.made, where, now, sign).document
        except NoSuchPlace as error:
            raise PlaceInvalid(str(error)) from error
        except NotOfd as error:
            raise DocumentInvalid(str(error)) from error

    def _on_pdf(self, material: Material, now: datetime) -> bytes:
        return seal_pdf(self.document, self.at.in_pdf(), material, self.purpose, now)


async def seal_one(cmd: SealDocument, *, desk: Desk) -> SealUse:
    """Seal a document; the same occasion gets its first result again.

    Use, event and audit record are one transaction.

    Raises:
        NoSuchSeal, SealNotUsable, UseNotGranted, KeyUnusable: see there.
        DocumentInvalid, PlaceInvalid: it is no file that can be sealed, or not there.
    """
    [outcome] = await desk.use([cmd.order()])
    use = _done(outcome).use
    if use is None:
        raise RuntimeError("a document's outcome has a use")
    return use


def _done(outcome: Outcome) -> Outcome:
    if outcome.error is not None:
        raise outcome.error
    return outcome


class PdfIssuer(Protocol):
    """Issues PDF signers."""

    def issue(self, name: str, code: str, now: datetime) -> tuple[bytes, bytes]:
        """Return certificate and wrapped key."""
        ...


async def prepare_pdf(code: str, by: str, *, uow: UnitOfWork, issuer: PdfIssuer, clock: Clock) -> bool:
    """Give a seal its PDF signer at its first PDF file; return whether it got one now. Raises NoSuchSeal."""
    now = clock.now()
    async with uow:
        seal: Seal = await uow.seals.lock(code)
        if seal.pdf_key or not seal.made:
            return False
        seal.pdf_certificate, seal.pdf_key = issuer.issue(seal.name, code, now)
        await uow.audit.note(by, "seal.pdf_certificate", code, now)
        await uow.commit()
    return True


async def forget_documents(*, uow: UnitOfWork, clock: Clock) -> int:
    """Drop sealed files that were kept long enough; return how many."""
    async with uow:
        count = await uow.uses.forget_documents(clock.now() - KEPT_FOR, FORGOTTEN_AT_ONCE)
        await uow.commit()
    return count
