"""Seals in OFD files: the Signs folder (GB/T 33190 §18, GB/T 38540).

A new seal rewrites no file that an earlier one covers, so earlier seals stay valid.
"""

import base64
import hashlib
import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from lib_ofd._elements import NS, E, to_bytes
from lib_ofd._package import (
    NotOfd,
    absolute,
    find_text,
    parse_xml,
    read_package,
    write_package,
)

SM3 = "1.2.156.10197.1.401"
SM2_WITH_SM3 = "1.2.156.10197.1.501"

Sign = Callable[[bytes, str], bytes]


@dataclass(frozen=True)
class Place:
    """Where a seal stands: page by its ID in the document, box in millimetres."""

    x: float
    y: float
    width: float
    height: float
    page: str = "2"


@dataclass(frozen=True)
class ReadSignature:
    """One signature of a file as it stands there.

    `changed` and `uncovered` are files whose digest differs or that no Reference names; `xml_digest` is
    the SM3 of `Signature.xml`; `seal` and `value` are the bytes of `Seal.esl` and `SignedValue.dat`.
    """

    path: str
    place: Place | None
    seal: bytes
    value: bytes
    xml_digest: bytes
    changed: tuple[str, ...]
    uncovered: tuple[str, ...]


def add_seal(document: bytes, seal: bytes, place: Place, when: datetime, sign: Sign) -> bytes:
    """Return the document with one more seal.

    `sign(digest, path)` gets the SM3 of `Signature.xml` and its path and returns the signature value in DER.
    Raises NotOfd.
    """
    files = read_package(document)
    list_path = _list_path(files)
    number = len(_entries(files, list_path))
    folder = f"{posixpath.dirname(list_path)}/Sign_{number}"
    files[f"{folder}/Seal.esl"] = seal
    # The list itself is never covered: it must grow with each seal.
    covered = {name: data for name, data in files.items() if name != list_path}
    xml = _signature_xml(covered, folder, number, place, when)
    path = f"{folder}/Signature.xml"
    files[path] = xml
    files[f"{folder}/SignedValue.dat"] = sign(_sm3(xml), path)
    files[list_path] = _longer_list(files.get(list_path), number, path)
    return write_package(files)


def read_signatures(document: bytes) -> list[ReadSignature]:
    """Return the signatures of a file in the order they were made. Raises NotOfd."""
    files = read_package(document)
    list_path = _list_path(files)
    paths = _entries(files, list_path)
    return [_read(files, path, list_path, paths[index:]) for index, path in enumerate(paths)]


def _list_path(files: dict[str, bytes]) -> str:
    root = parse_xml(files["/OFD.xml"])
    found = find_text(root, "ofd:DocBody/ofd:Signatures")
    if found is None:
        raise NotOfd("文件没有签章列表，不能加盖印章")
    return absolute(found, "/OFD.xml")


def _entries(files: dict[str, bytes], list_path: str) -> list[str]:
    if list_path not in files:
        return []
    found = parse_xml(files[list_path]).findall("ofd:Signature", NS)
    return [absolute(entry.get("BaseLoc", ""), list_path) for entry in found]


def _signature_xml(
    covered: dict[str, bytes], folder: str, number: int, place: Place, when: datetime
) -> bytes:
    references = [
        E.Reference(E.CheckValue(base64.b64encode(_sm3(data)).decode()), FileRef=name)
        for name, data in sorted(covered.items())
    ]
    box = f"{place.x:g} {place.y:g} {place.width:g} {place.height:g}"
    info = E.SignedInfo(
        E.Provider(ProviderName="city-seal", Version="1.0", Company="city"),
        E.SignatureMethod(SM2_WITH_SM3),
        E.SignatureDateTime(when.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")),
        E.References(*references, CheckMethod=SM3),
        E.StampAnnot(ID=f"a{number:03d}", PageRef=place.page, Boundary=box),
        E.Seal(E.BaseLoc(f"{folder}/Seal.esl")),
    )
    return to_bytes(E.Signature(info, E.SignedValue(f"{folder}/SignedValue.dat")))


def _longer_list(known: bytes | None, number: int, path: str) -> bytes:
    name = f"s{number + 1:03d}"
    root = parse_xml(known) if known else E.Signatures(E.MaxSignId(name))
    largest = root.find("ofd:MaxSignId", NS)
    if largest is not None:
        largest.text = name
    root.append(E.Signature(ID=name, Type="Seal", BaseLoc=path))
    return to_bytes(root)


def _read(files: dict[str, bytes], path: str, list_path: str, later: list[str]) -> ReadSignature:
    xml = _file(files, path)
    root = parse_xml(xml)
    value_path = absolute(find_text(root, "ofd:SignedValue") or "", path)
    seal_path = absolute(find_text(root, "ofd:SignedInfo/ofd:Seal/ofd:BaseLoc") or "", path)
    references = root.findall("ofd:SignedInfo/ofd:References/ofd:Reference", NS)
    method = root.find("ofd:SignedInfo/ofd:References", NS)
    if method is None or method.get("CheckMethod") not in {SM3, "SM3"}:
        raise NotOfd("签章使用了不支持的摘要算法")
    digests = {
        absolute(reference.get("FileRef", ""), path): find_text(reference, "ofd:CheckValue")
        for reference in references
    }
    changed = [
        name
        for name, digest in digests.items()
        if name not in files or base64.b64encode(_sm3(files[name])).decode() != digest
    ]
    # A signature cannot cover itself, nor those made after it.
    exempt = tuple(posixpath.dirname(name) + "/" for name in later)
    uncovered = [
        name for name in files if name not in digests and name != list_path and not name.startswith(exempt)
    ]
    return ReadSignature(
        path,
        _place(root),
        _file(files, seal_path),
        _file(files, value_path),
        _sm3(xml),
        tuple(sorted(changed)),
        tuple(sorted(uncovered)),
    )


def _place(root: etree._Element) -> Place | None:
    annotation = root.find("ofd:SignedInfo/ofd:StampAnnot", NS)
    if annotation is None:
        return None
    try:
        x, y, width, height = (float(part) for part in annotation.get("Boundary", "").split())
    except ValueError as error:
        raise NotOfd("签章位置不合法") from error
    return Place(x, y, width, height, annotation.get("PageRef", ""))


def _file(files: dict[str, bytes], path: str) -> bytes:
    if path not in files:
        raise NotOfd("签章文件不完整")
    return files[path]


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()
