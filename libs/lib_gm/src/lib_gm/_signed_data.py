"""Plain digital signatures (SignedData of GB/T 35275, the national form of PKCS #7): read and judged."""

from dataclasses import dataclass
from datetime import datetime

from lib_gm._certificates import serial_of
from lib_gm._der import SET, Node, NotDer, write
from lib_gm._sm2 import sm3
from lib_gm._trust import Finding, Trust
from lib_gm._verification import verifies

SIGNED_DATA = frozenset({"1.2.156.10197.6.1.4.2.2", "1.2.840.113549.1.7.2"})
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"


class NotSignedData(ValueError):
    """The bytes are no SignedData that can be judged."""


@dataclass(frozen=True)
class PlainSignature:
    """One signer's signature; `message` is what was signed, `digest` the SM3 that the signer vouches for."""

    signer: bytes
    message: bytes
    signature: bytes
    content: bytes | None
    digest: bytes | None
    signed_at: datetime | None


def parse_signed_data(der: bytes) -> PlainSignature:
    """Return the first signer's signature. Raises NotSignedData."""
    try:
        kind, wrapped = Node.read(der).sequence(2, 2)
        if kind.oid() not in SIGNED_DATA:
            raise NotDer("another kind of content")
        return _read(wrapped.children[0].sequence(4, 6))
    except (NotDer, ValueError, IndexError, StopIteration) as error:
        raise NotSignedData("no signed data") from error


def check_signed_data(found: PlainSignature, data: bytes, trust: Trust, at: datetime) -> list[Finding]:
    """Return the checks of a plain signature over `data` (or over its SM3), each apart."""
    covers = (found.content or data) in {data, sm3(data)} and (
        found.digest is None or found.digest in {sm3(data), sm3(found.content or data)}
    )
    good = verifies(found.signer, found.signature, found.message or data)
    return [
        Finding("format", True, "数字签名格式为 GB/T 35275"),
        Finding("signature", good, "签名有效" if good else "签名无效或被改动"),
        Finding("digest", covers, "签名覆盖本签名的原文摘要" if covers else "签名与签名描述文件不符"),
        *trust.check(found.signer, found.signed_at or at, role="signer", who="签名人"),
    ]


def _read(members: list[Node]) -> PlainSignature:
    inner = members[2].sequence(1, 2)
    content = inner[1].children[0].octets() if len(inner) == 2 else None
    certificates = [item.raw for part in members[3:] if part.is_tagged(0) for item in part.children]
    signer = next(part for part in members[3:] if part.kind == 0 and part.tag == SET).children[0]
    _version, who, _digest, *rest = signer.sequence(5, 7)
    serial = who.sequence(2, 2)[1].integer()
    certificate = next(item for item in certificates if serial_of(item) == serial)
    attributes = rest.pop(0) if rest[0].is_tagged(0) else None
    signature = rest[1].octets()
    if attributes is None:
        return PlainSignature(certificate, content or b"", signature, content, None, None)
    values = {pair.children[0].oid(): pair.children[1].children[0] for pair in attributes.children}
    moment = values[SIGNING_TIME].moment() if SIGNING_TIME in values else None
    message = write(0x31, attributes.content)
    return PlainSignature(certificate, message, signature, content, values[MESSAGE_DIGEST].octets(), moment)
