"""Seals, certificates and OFD files as other makers write them, by a second implementation for tests.

Nothing here uses the product's code: SM2 is written from the formulas of GB/T 32918.2, DER from X.690, with
SM3 from hashlib. What the product writes is verified with this, and what this writes is read by the product.
"""

import base64
import hashlib
import io
import re
import secrets
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
ID = b"1234567812345678"
SM2_SM3, SM3_OID, SM2_CURVE = "1.2.156.10197.1.501", "1.2.156.10197.1.401", "1.2.156.10197.1.301"

Affine = tuple[int, int] | None


def add(first: Affine, second: Affine) -> Affine:
    """Return the sum of two points; None is infinity."""
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2:
        if (y1 + y2) % P == 0:
            return None
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(factor: int, point: Affine) -> Affine:
    """Return a multiple of a point."""
    total: Affine = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest."""
    return hashlib.new("sm3", data).digest()


def _e(public: bytes, message: bytes) -> int:
    curve = b"".join(value.to_bytes(32, "big") for value in (A, B, *G))
    z = sm3((len(ID) * 8).to_bytes(2, "big") + ID + curve + public)
    return int.from_bytes(sm3(z + message), "big")


@dataclass(frozen=True)
class ForeignKey:
    """An SM2 private key."""

    d: int

    @classmethod
    def new(cls) -> "ForeignKey":
        """Return a new key."""
        return cls(secrets.randbelow(N - 2) + 1)

    @property
    def public(self) -> bytes:
        """Return the point x || y."""
        point = multiply(self.d, G)
        assert point is not None  # noqa: S101 - the multiple of a key is never infinity
        return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        """Return the signature in DER (GB/T 32918.2 §6.1)."""
        e = _e(self.public, message)
        while True:
            k = secrets.randbelow(N - 1) + 1
            point = multiply(k, G)
            r = (e + (point[0] if point else 0)) % N
            if r in {0, N - k}:
                continue
            s = pow(1 + self.d, -1, N) * (k - r * self.d) % N
            if s:
                return seq(integer(r), integer(s))


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether a signature in DER is good (GB/T 32918.2 §7.1)."""
    first, second = parts(parts(signature)[0][1])
    r, s = int.from_bytes(first[1], "big"), int.from_bytes(second[1], "big")
    if not (0 < r < N and 0 < s < N) or (r + s) % N == 0:
        return False
    key = (int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big"))
    point = add(multiply(s, G), multiply((r + s) % N, key))
    return point is not None and (_e(public, message) + point[0]) % N == r


def parts(content: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return the values in a DER content: identifier octet, content, whole bytes."""
    found = []
    while content:
        size, head = content[1], 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(content[2:head], "big")
        found.append((content[0], content[head : head + size], content[: head + size]))
        content = content[head + size :]
    return found


def der(tag: int, *contents: bytes) -> bytes:
    """Return a DER value."""
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def seq(*contents: bytes) -> bytes:
    """Return a SEQUENCE."""
    return der(0x30, *contents)


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return der(6, bytes(out))


def octets(data: bytes) -> bytes:
    """Return an OCTET STRING."""
    return der(4, data)


def bits(data: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return der(3, b"\x00", data)


def ia5(text: str) -> bytes:
    """Return an IA5String."""
    return der(22, text.encode())


def utf8(text: str) -> bytes:
    """Return a UTF8String."""
    return der(12, text.encode())


def utc(moment: datetime) -> bytes:
    """Return a UTCTime."""
    return der(23, moment.strftime("%y%m%d%H%M%SZ").encode())


def general(moment: datetime) -> bytes:
    """Return a GeneralizedTime."""
    return der(24, moment.strftime("%Y%m%d%H%M%SZ").encode())


def certificate(
    name: str,
    key: ForeignKey,
    issuer: str,
    issuer_key: ForeignKey,
    begin: datetime,
    end: datetime,
    *,
    is_authority: bool = False,
    usage: int | None = None,
    serial: int | None = None,
) -> bytes:
    """Return an X.509 certificate; `usage` is the first octet of the key usage bits."""
    algorithm = seq(oid(SM2_SM3))
    bit = usage if usage is not None else (0x06 if is_authority else 0xC0)
    unused = (bit & -bit).bit_length() - 1
    constraints = seq(der(1, b"\xff")) if is_authority else seq()
    extensions = seq(
        seq(oid("2.5.29.19"), der(1, b"\xff"), octets(constraints)),
        seq(oid("2.5.29.15"), der(1, b"\xff"), octets(der(3, bytes([unused, bit])))),
    )
    tbs = seq(
        der(0xA0, integer(2)),
        integer(serial or secrets.randbits(60) | 1),
        algorithm,
        _name(issuer),
        seq(utc(begin), utc(end)),
        _name(name),
        seq(seq(oid("1.2.840.10045.2.1"), oid(SM2_CURVE)), bits(b"\x04" + key.public)),
        der(0xA3, extensions),
    )
    return seq(tbs, algorithm, bits(issuer_key.sign(tbs)))


def _name(common: str) -> bytes:
    return seq(der(0x31, seq(oid("2.5.4.6"), der(19, b"CN"))), der(0x31, seq(oid("2.5.4.3"), utf8(common))))


@dataclass(frozen=True)
class ForeignMaker:
    """Another maker with a root of its own, who also signs."""

    root: bytes
    certificate: bytes
    key: ForeignKey
    now: datetime

    @classmethod
    def at(cls, now: datetime) -> "ForeignMaker":
        """Return a new maker with certificates around a moment."""
        root_key, key = ForeignKey.new(), ForeignKey.new()
        begin, end = now.replace(year=now.year - 1), now.replace(year=now.year + 3)
        root = certificate("外省根", root_key, "外省根", root_key, begin, end, is_authority=True)
        own = certificate("外省印章平台", key, "外省根", root_key, begin, end)
        return cls(root, own, key, now)

    def seal(self, version: int, *, style: str = "") -> bytes:
        """Return a seal of generation 1, 4 or 5, the same each time.

        `style` names what a maker does differently: `digests` (list of digests), `extended` (bare
        extensions), `tagged` (extensions as [0]), `bare` (V1 signed without certificate), `stamped`.
        """
        return _seal(self, version, style)

    def signature(self, version: int, digest: bytes, path: str, *, style: str = "") -> bytes:
        """Return a seal signature of generation 1, 4 or 5; `dashed` is a V1 time as clocks show it."""
        seal, by, algorithm = self.seal(version, style=style), octets(self.certificate), oid(SM2_SM3)
        if version == 1:
            text = self.now.strftime("%Y%m%d%H%M%SZ")
            if style == "dashed":
                text = self.now.astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m-%d %H:%M:%S")
            moment = text.encode()
            to_sign = seq(integer(1), seal, bits(moment), bits(digest), ia5(path), by, algorithm)
            return seq(to_sign, bits(self.key.sign(to_sign)))
        to_sign = seq(integer(version), seal, general(self.now), bits(digest), ia5(path))
        value = self.key.sign(to_sign)
        stamp = der(0xA0, bits(_time_stamp(value, self.now))) if style == "stamped" else b""
        return seq(to_sign, by, algorithm, bits(value), stamp)

    def signed_data(self, content: bytes) -> bytes:
        """Return a plain signature (SignedData of GB/T 35275) over a content."""
        digest = seq(oid(SM3_OID))
        serial = parts(parts(parts(self.certificate)[0][1])[0][1])[1][2]
        signer = seq(
            integer(1),
            seq(_name("外省根"), serial),
            digest,
            seq(oid(SM2_SM3)),
            octets(self.key.sign(content)),
        )
        inner = seq(
            integer(1),
            der(0x31, digest),
            seq(oid("1.2.156.10197.6.1.4.2.1"), der(0xA0, octets(content))),
            der(0xA0, self.certificate),
            der(0x31, signer),
        )
        return seq(oid("1.2.156.10197.6.1.4.2.2"), der(0xA0, inner))


@cache
def _seal(maker: ForeignMaker, version: int, style: str) -> bytes:
    end = maker.now.replace(year=maker.now.year + 1)
    times = (maker.now, maker.now, end)
    if version == 1:
        about = [seq(octets(maker.certificate)), *(utc(moment) for moment in times)]
    elif style == "digests":
        listed = seq(seq(der(19, b"SM3"), octets(sm3(maker.certificate))))
        about = [integer(2), listed, *(general(moment) for moment in times)]
    else:
        about = [integer(1), seq(octets(maker.certificate)), *(general(moment) for moment in times)]
    extension = seq(seq(oid("1.2.3.4"), octets(b"x")))
    extensions = {"extended": extension, "tagged": der(0xA0, extension)}.get(style, b"")
    info = seq(
        seq(ia5("ES"), integer(version), ia5("WAISHENG")),
        ia5("4201000000077"),
        seq(integer(1), utf8("外省市场监督管理局"), *about),
        seq(ia5("PNG"), octets(b"\x89PNG"), integer(40), integer(40)),
        extensions,
    )
    by, algorithm = octets(maker.certificate), oid(SM2_SM3)
    if version == 1:
        message = info if style == "bare" else seq(info, by, algorithm)
        return seq(info, seq(by, algorithm, bits(maker.key.sign(message))))
    value = maker.key.sign(info)
    stamp = der(0xA0, bits(_time_stamp(value, maker.now))) if style == "stamped" else b""
    return seq(info, by, algorithm, bits(value), stamp)


def _time_stamp(value: bytes, moment: datetime) -> bytes:
    imprint = seq(seq(oid(SM3_OID)), octets(sm3(value)))
    info = seq(integer(1), oid("1.2.3"), imprint, integer(7), general(moment))
    content = seq(oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, octets(info)))
    signed = seq(integer(3), der(0x31), content, der(0x31))
    return seq(oid("1.2.840.113549.1.7.2"), der(0xA0, signed))


def foreign_ofd(
    maker: ForeignMaker,
    version: int,
    *,
    style: str = "",
    prefix: str = "/",
    kind: str = "Seal",
    method: str = "SM3",
    tag: str = "",
    locks: bool = False,
    change: Callable[[dict[str, bytes]], None] | None = None,
) -> bytes:
    """Return a sealed one-page OFD in another maker's manner.

    Numbers as IDs, elements of Signature in another order, digests by `method` (its name, or an OID of SM3),
    references that begin with `prefix`, elements in the default name space or with the prefix `tag`. With
    `locks` the signature covers the list of signatures too. `change` may alter the files after sealing.
    """
    name = 'xmlns="http://www.ofdspec.org/2016"'
    files = {
        "OFD.xml": f"<OFD {name} DocType='OFD'><DocBody><Signatures>Doc_0/Signs/Signatures.xml</Signatures>"
        "<DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>",
        "Doc_0/Document.xml": f"<Document {name}><Pages><Page BaseLoc='Pages/P1.xml' ID='1'/></Pages>"
        "<CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea></CommonData></Document>",
        "Doc_0/Pages/P1.xml": f"<Page {name}><Content><Layer ID='2'/></Content></Page>",
    }
    packed = {path: _tagged(text, tag) for path, text in files.items()}
    folder = "Doc_0/Signs/Sign_7"
    packed[f"{folder}/Seal.esl"] = maker.seal(version, style=style) if kind == "Seal" else b""
    if kind == "Sign":
        del packed[f"{folder}/Seal.esl"]
    listed = (
        f"<Signatures {name}><Signature BaseLoc='Sign_7/Signature.xml' Type='{kind}' ID='8'/>"
        "<MaxSignId>8</MaxSignId></Signatures>"
    )
    packed["Doc_0/Signs/Signatures.xml"] = _tagged(listed, tag)
    references = "".join(
        f"<Reference FileRef='{_reference(prefix, path)}'>"
        f"<CheckValue>{_base64(data, method)}</CheckValue></Reference>"
        for path, data in packed.items()
        if locks or not path.endswith("/Signatures.xml")
    )
    seal = "<Seal><BaseLoc>Seal.esl</BaseLoc></Seal>" if kind == "Seal" else ""
    described = (
        f"<Signature {name}><SignedValue>SignedValue.dat</SignedValue><SignedInfo>{seal}"
        "<StampAnnot Boundary='150 220 40 40' PageRef='1' ID='3'/>"
        f"<References CheckMethod='{method}'>{references}</References>"
        "<SignatureMethod>1.2.156.10197.1.501</SignatureMethod><Provider ProviderName='other'/>"
        "</SignedInfo></Signature>"
    )
    packed[f"{folder}/Signature.xml"] = _tagged(described, tag)
    digest, path = sm3(packed[f"{folder}/Signature.xml"]), f"/{folder}/Signature.xml"
    packed[f"{folder}/SignedValue.dat"] = (
        maker.signature(version, digest, path, style=style) if kind == "Seal" else maker.signed_data(digest)
    )
    if change is not None:
        change(packed)
    return zipped(packed)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


def _reference(prefix: str, path: str) -> str:
    """Return a path from the package's root (`/`, empty) or from the document's folder (`Doc_0`)."""
    if prefix == "Doc_0":
        return path.removeprefix("Doc_0/") if path.startswith("Doc_0/") else f"/{path}"
    return prefix + path


def _tagged(xml: str, tag: str) -> bytes:
    """Return XML whose elements have a prefix; the attributes keep none."""
    xml = xml.replace("xmlns=", f"xmlns:{tag}=") if tag else xml
    return re.sub(r"(</?)(?=[A-Z])", rf"\1{tag}:" if tag else r"\1", xml).encode()


def _base64(data: bytes, method: str) -> str:
    known = {SM3_OID: "sm3", "SHA-256": "sha256"}.get(method, method.lower())
    return base64.b64encode(hashlib.new(known, data).digest()).decode()
