"""Writes seals into OFD files: the Signs folder (GB/T 33190 §18, GB/T 38540).

A new seal rewrites no file that an earlier one covers, so earlier seals stay valid.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from lxml import etree

from lib_ofd._elements import NAMESPACE, to_bytes
from lib_ofd._package import NotOfd, attribute, extend_package, member, members, open_package, parse_xml
from lib_ofd._places import Place, Where, places
from lib_ofd._signatures import SM3, Digests, referenced, signature_paths
from lib_ofd._structure import Body, bodies

SM2_WITH_SM3 = "1.2.156.10197.1.501"

Sign = Callable[[bytes, str], bytes]


@dataclass(frozen=True)
class Sealed:
    """A sealed file and where the seal stands in it."""

    document: bytes
    path: str
    places: tuple[Place, ...]


def add_seal(document: bytes, seal: bytes, where: Where, when: datetime, sign: Sign) -> bytes:
    """Return the document with one more seal; see `seal_document`."""
    return seal_document(document, seal, where, when, sign).document


def seal_document(document: bytes, seal: bytes, where: Where, when: datetime, sign: Sign) -> Sealed:
    """Return the document with one more seal on its first document body.

    `sign(digest, path)` gets the SM3 of `Signature.xml` and its path and returns the signature value in DER.

    Raises:
        NoSuchPlace: there is no such page or keyword.
        NotOfd: the file cannot be read, or an earlier signature forbids further ones.
    """
    package = open_package(document)
    files = package.files
    body = bodies(files)[0]
    boxes = places(files, body, where)
    changed: dict[str, bytes] = {}
    list_path = body.list_path or _announce_list(files, body, changed)
    earlier = signature_paths(files, list_path)
    if any(list_path in referenced(files, path) for path in earlier):
        raise NotOfd("已有签章锁定了签章列表，文件不能再加盖印章")
    number, folder = _free_folder(files, list_path)
    changed[f"{folder}/Seal.esl"] = seal
    # The list itself is never covered: it must grow with each seal.
    covered = sorted(({*files, *changed}) - {list_path})
    digests = Digests({**files, **changed})
    xml = _signature_xml([(name, digests.of(name, "sm3")) for name in covered], folder, number, boxes, when)
    path = f"{folder}/Signature.xml"
    changed[path] = xml
    changed[f"{folder}/SignedValue.dat"] = sign(Digests({path: xml}).of(path, "sm3"), path)
    changed[list_path] = _longer_list(files.get(list_path), path)
    return Sealed(extend_package(package, changed), path, tuple(boxes))


def _announce_list(files: Mapping[str, bytes], body: Body, changed: dict[str, bytes]) -> str:
    """Enter the list of signatures into OFD.xml: possible only before the first signature covers it."""
    root = parse_xml(files["/OFD.xml"])
    element = next(members(root, "DocBody"))
    path = f"{body.folder}/Signs/Signatures.xml"
    if path in files:
        raise NotOfd("文件的签章列表没有登记在 OFD.xml 中")
    entry = etree.SubElement(element, element.tag.replace("DocBody", "Signatures"))
    entry.text = path
    changed["/OFD.xml"] = to_bytes(root)
    return path


def _free_folder(files: Mapping[str, bytes], list_path: str) -> tuple[int, str]:
    base, number = list_path.rpartition("/")[0], 0
    used = {name.removeprefix(base + "/").partition("/")[0] for name in files if name.startswith(base + "/")}
    while f"Sign_{number}" in used:
        number += 1
    return number, f"{base}/Sign_{number}"


def _signature_xml(
    covered: list[tuple[str, bytes]], folder: str, number: int, boxes: list[Place], when: datetime
) -> bytes:
    """Return Signature.xml in the schema's order. Written as text: it is on the path of every seal."""
    references = "".join(
        f"<ofd:Reference FileRef={quoteattr(name)}>"
        f"<ofd:CheckValue>{base64.b64encode(digest).decode()}</ofd:CheckValue></ofd:Reference>"
        for name, digest in covered
    )
    stamps = "".join(
        f'<ofd:StampAnnot ID="a{number:03d}{index:03d}" PageRef={quoteattr(box.page)} '
        f'Boundary="{_box(box.x, box.y, box.width, box.height)}"{_clip(box)}/>'
        for index, box in enumerate(boxes)
    )
    moment = when.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Signature xmlns:ofd="{NAMESPACE}"><ofd:SignedInfo>'
        '<ofd:Provider ProviderName="city-seal" Version="1.0" Company="city"/>'
        f"<ofd:SignatureMethod>{SM2_WITH_SM3}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{moment}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{SM3}">{references}</ofd:References>{stamps}'
        f"<ofd:Seal><ofd:BaseLoc>{folder}/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
        f"<ofd:SignedValue>{folder}/SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()


def _box(*values: float) -> str:
    return " ".join(f"{round(value, 4):g}" for value in values)


def _clip(box: Place) -> str:
    if box.clip is None:
        return ""
    return f' Clip="{_box(box.clip.x, box.clip.y, box.clip.width, box.clip.height)}"'


def _list_of_one(path: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Signatures xmlns:ofd="{NAMESPACE}">'
        "<ofd:MaxSignId>s001</ofd:MaxSignId>"
        f'<ofd:Signature ID="s001" Type="Seal" BaseLoc={quoteattr(path)}/></ofd:Signatures>'
    ).encode()


def _longer_list(known: bytes | None, path: str) -> bytes:
    """Return the list with one more entry; the numbers go on from those in it, whatever their form."""
    if known is None:
        return _list_of_one(path)
    root = parse_xml(known)
    largest = member(root, "MaxSignId")
    given = [attribute(entry, "ID") or "" for entry in members(root, "Signature")]
    given.append((largest.text or "") if largest is not None else "")
    number = max(int("0" + "".join(re.findall(r"\d", name)[-9:])) for name in given) + 1
    name = f"s{number:03d}"
    if largest is not None:
        largest.text = name
    tag = str(root.tag).replace("Signatures", "Signature")
    etree.SubElement(root, tag, {"ID": name, "Type": "Seal", "BaseLoc": path})
    return to_bytes(root)
