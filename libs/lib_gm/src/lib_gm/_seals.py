"""Seals and seal signatures: the three generations are read, GB/T 38540-2020 (V4) is written.

V1 is GM/T 0031-2014, V5 is GM/T 0031-2025. Everything signed is kept as the bytes received.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

from asn1crypto import core, tsp

from lib_gm._asn1 import SM2_WITH_SM3
from lib_gm._certificates import Issued, SigningKey
from lib_gm._der import (
    GENERALIZED_TIME,
    IA5_STRING,
    OCTET_STRING,
    OID,
    UTF8_STRING,
    Node,
    NotDer,
    bits,
    sequence,
    write,
)
from lib_gm._sm2 import sm3

T = TypeVar("T")

BEIJING = timezone(timedelta(hours=8))
TIME_STAMP_CONTENT = "1.2.840.113549.1.9.16.1.4"
MAKER_ID = "CITY"
UNIT_SEAL = 1
WHOLE_CERTIFICATES, CERTIFICATE_DIGESTS = 1, 2


class NotASeal(ValueError):
    """The bytes are no seal or signature of any known generation."""


class Generation(IntEnum):
    """The generation of a seal or signature; `title` names its standard."""

    V1 = 1
    V4 = 4
    V5 = 5

    @property
    def title(self) -> str:
        """Return the standard's number."""
        return {1: "GM/T 0031-2014", 4: "GB/T 38540-2020", 5: "GM/T 0031-2025"}[self.value]


@dataclass(frozen=True)
class SealFacts:
    """What a seal says. `picture` is of `picture_type`, `width` and `height` are millimetres.

    A seal names its signers by whole certificates (`signers`) or by their SM3 digests (`signer_digests`).
    """

    es_id: str
    name: str
    signers: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    picture: bytes
    width: int
    height: int
    picture_type: str = "PNG"
    kind: int = UNIT_SEAL
    signer_digests: tuple[bytes, ...] = ()
    generation: Generation = Generation.V4

    def names(self, certificate: bytes) -> bool:
        """Return whether the certificate is one of the permitted signers'."""
        return certificate in self.signers or sm3(certificate) in self.signer_digests


@dataclass(frozen=True)
class SignatureFacts:
    """What a seal signature says; `seal` is the embedded seal byte for byte."""

    seal: bytes
    signer: bytes
    signed_at: datetime
    data_hash: bytes
    property_info: str
    generation: Generation = Generation.V4


@dataclass(frozen=True)
class Signed:
    """Bytes with the signature over them: `messages` are the forms that makers are known to sign."""

    messages: tuple[bytes, ...]
    signature: bytes
    algorithm: str
    certificate: bytes
    time_stamp: bytes | None = None


def make_seal(facts: SealFacts, maker: Issued) -> bytes:
    """Return the seal in DER as V4, signed by its maker."""
    info = sequence(
        sequence(_ia5("ES"), _integer(Generation.V4), _ia5(MAKER_ID)),
        _ia5(facts.es_id),
        sequence(
            _integer(facts.kind),
            write(UTF8_STRING, facts.name.encode()),
            *_signers(facts),
            *(_time(moment) for moment in (facts.created_at, facts.valid_from, facts.valid_until)),
        ),
        sequence(
            _ia5(facts.picture_type),
            write(OCTET_STRING, facts.picture),
            _integer(facts.width),
            _integer(facts.height),
        ),
    )
    return sequence(
        info,
        write(OCTET_STRING, maker.certificate),
        _oid(SM2_WITH_SM3),
        bits(maker.key.sign(info)),
    )


def sign_with_seal(
    seal: bytes, data_hash: bytes, property_info: str, signer: Issued, when: datetime
) -> bytes:
    """Return SES_Signature V4 in DER over a document's digest.

    `data_hash` is the SM3 of `Signature.xml`, `property_info` its absolute path in the package.
    """
    return seal_signer(seal, signer.certificate, signer.key)(data_hash, property_info, when)


SealSigner = Callable[[bytes, str, datetime], bytes]


def seal_signer(seal: bytes, certificate: bytes, key: SigningKey) -> SealSigner:
    """Return the function that signs digests with a seal; what does not change is encoded once."""
    head, tail = _integer(Generation.V4) + seal, write(OCTET_STRING, certificate) + _oid(SM2_WITH_SM3)

    def sign(data_hash: bytes, property_info: str, when: datetime) -> bytes:
        to_sign = sequence(head, _time(when), bits(data_hash), _ia5(property_info))
        return sequence(to_sign, tail, bits(key.sign(to_sign)))

    return sign


def parse_seal(der: bytes) -> SealFacts:
    """Return what a seal says. Raises NotASeal."""
    return _guarded(der, _seal_facts)


def parse_signature(der: bytes) -> SignatureFacts:
    """Return what a signature says. Raises NotASeal."""
    return _guarded(der, _signature_facts)


def signed_part_of_seal(der: bytes) -> Signed:
    """Return what the maker signed. Raises NotASeal."""
    return _guarded(der, _signed_seal)


def signed_part_of_signature(der: bytes) -> Signed:
    """Return what the signer signed. Raises NotASeal."""
    return _guarded(der, _signed_signature)


def _guarded(der: bytes, read: Callable[[Node], T]) -> T:
    try:
        return read(Node.read(der))
    except (NotDer, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise NotASeal("no seal or signature of a known generation") from error


def _generation_of_seal(seal: Node) -> Generation:
    members = seal.sequence(2, 5)
    version = members[0].sequence(4, 5)[0].sequence(3, 3)[1].integer()
    if len(members) == 2:
        return Generation.V1
    if len(members) == 3:
        raise NotDer("no generation has three members")
    return Generation.V5 if version >= Generation.V5 else Generation.V4


def _seal_facts(seal: Node) -> SealFacts:
    generation = _generation_of_seal(seal)
    header, es_id, about, picture, *_extensions = seal.children[0].children
    if header.children[0].text() != "ES":
        raise NotDer("no seal header")
    # Members of the property by count: V1 has no kind of list.
    members = about.sequence(6, 7)
    kind, name = members[0].integer(), members[1].text()
    has_list_kind = len(members) == 7
    list_kind = members[2].integer() if has_list_kind else WHOLE_CERTIFICATES
    listed, created, begin, end = members[-4:]
    parts = picture.sequence(4, 4)
    whole = tuple(item.octets() for item in listed.children) if list_kind == WHOLE_CERTIFICATES else ()
    digests = tuple(_digest(item) for item in listed.children) if list_kind == CERTIFICATE_DIGESTS else ()
    return SealFacts(
        es_id=es_id.text(),
        name=name,
        signers=whole,
        created_at=created.moment(),
        valid_from=begin.moment(),
        valid_until=end.moment(),
        picture=parts[1].octets(),
        width=parts[2].integer(),
        height=parts[3].integer(),
        picture_type=parts[0].text().upper(),
        kind=kind,
        signer_digests=digests,
        generation=generation,
    )


def _digest(item: Node) -> bytes:
    algorithm, value = item.sequence(2, 2)
    if algorithm.text().strip().upper() not in {"SM3", "1.2.156.10197.1.401"}:
        raise NotDer("certificate digests of another algorithm than SM3")
    return value.octets()


def _signed_seal(seal: Node) -> Signed:
    generation = _generation_of_seal(seal)
    if generation is Generation.V1:
        info, by = seal.children
        certificate, algorithm, signature = by.sequence(3, 3)
        # The standard's text: information, certificate and algorithm as one SEQUENCE; some makers sign the
        # information alone.
        messages = (sequence(info.raw, certificate.raw, algorithm.raw), info.raw)
        return Signed(messages, signature.octets(), algorithm.oid(), certificate.octets())
    info, certificate, algorithm, signature, *rest = seal.children
    stamp = rest[0].children[0].octets() if rest and rest[0].is_tagged(0) else None
    return Signed((info.raw,), signature.octets(), algorithm.oid(), certificate.octets(), stamp)


def _parts_of_signature(root: Node) -> tuple[Generation, list[Node]]:
    members = root.sequence(2, 5)
    if len(members) == 3:
        raise NotDer("no generation has three members")
    to_sign = members[0].sequence(5, 8)
    seal = _generation_of_seal(to_sign[1])
    if len(members) == 2:
        return Generation.V1, to_sign
    newer = max(to_sign[0].integer(), seal) >= Generation.V5
    return Generation.V5 if newer else Generation.V4, to_sign


def _signature_facts(root: Node) -> SignatureFacts:
    generation, to_sign = _parts_of_signature(root)
    is_first = generation is Generation.V1
    return SignatureFacts(
        seal=to_sign[1].raw,
        signer=(to_sign[5] if is_first else root.children[1]).octets(),
        signed_at=_loose_moment(to_sign[2]) if is_first else to_sign[2].moment(),
        data_hash=to_sign[3].octets(),
        property_info=to_sign[4].text(),
        generation=generation,
    )


def _signed_signature(root: Node) -> Signed:
    generation, to_sign = _parts_of_signature(root)
    members = root.children
    if generation is Generation.V1:
        certificate, algorithm = to_sign[5], to_sign[6]
        return Signed((members[0].raw,), members[1].octets(), algorithm.oid(), certificate.octets())
    certificate, algorithm, signature, *rest = members[1:]
    stamp = rest[0].children[0].octets() if rest and rest[0].is_tagged(0) else None
    return Signed((members[0].raw,), signature.octets(), algorithm.oid(), certificate.octets(), stamp)


def _loose_moment(value: Node) -> datetime:
    """Return the time of a V1 signature: a DER time or its plain text inside a BIT STRING, or a time itself.

    A time stamp token instead of a time is read for the time it names. A text with dashes and colons is what
    makers' clocks show: Beijing time.
    """
    if value.tag in {23, GENERALIZED_TIME}:
        return value.moment()
    content = value.octets()
    if content[:1] == b"\x30":
        return time_of_stamp(content)
    if content[:1] in {b"\x17", bytes([GENERALIZED_TIME])}:
        return Node.read(content).moment()
    text = content.decode("ascii").strip()
    if "-" in text:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    text = text.rstrip("Z")
    shape = "%Y%m%d%H%M%S" if len(text) == 14 else "%y%m%d%H%M%S"
    return datetime.strptime(text, shape).replace(tzinfo=UTC)


def time_of_stamp(token: bytes) -> datetime:
    """Return the time that a time-stamp token (RFC 3161, GB/T 20520) names. Raises NotDer."""
    moment: datetime = stamp_content(token)["gen_time"].native
    return moment


def stamp_content(token: bytes) -> core.Sequence:
    """Return the TSTInfo of a token. Raises ValueError."""
    inner = Node.read(token).sequence(2, 2)[1].children[0]
    for part in inner.children:
        # encapContentInfo: id-ct-TSTInfo and [0] OCTET STRING.
        is_content = part.is_sequence() and bool(part.children) and part.children[0].tag == OID
        if is_content and part.children[0].oid() == TIME_STAMP_CONTENT:
            return tsp.TSTInfo.load(part.children[1].children[0].octets(), strict=True)
    raise NotDer("no time stamp token")


def _signers(facts: SealFacts) -> tuple[bytes, bytes]:
    if facts.signer_digests:
        pairs = [sequence(write(19, b"SM3"), write(OCTET_STRING, item)) for item in facts.signer_digests]
        return _integer(CERTIFICATE_DIGESTS), sequence(*pairs)
    whole = [write(OCTET_STRING, certificate) for certificate in facts.signers]
    return _integer(WHOLE_CERTIFICATES), sequence(*whole)


def _integer(value: int) -> bytes:
    encoded: bytes = core.Integer(int(value)).dump()
    return encoded


@lru_cache(maxsize=8)
def _oid(dotted: str) -> bytes:
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


def _ia5(text: str) -> bytes:
    return write(IA5_STRING, text.encode("ascii"))


def _time(moment: datetime) -> bytes:
    # The standard's times are UTC without a fraction.
    return write(GENERALIZED_TIME, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
