"""Reads the signatures of OFD files (GB/T 33190 §18), also those of other makers.

Other orders of elements, other prefixes or older name spaces, numbers as IDs and paths relative to the file,
the document or the package are all read; what a signature covers is judged over the stored bytes.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from lib_ofd._package import NotOfd, attribute, member, members, parse_xml, read_package, resolve, text_of
from lib_ofd._places import Clip, Place
from lib_ofd._structure import Body, bodies, numbers

SM3 = "1.2.156.10197.1.401"
METHODS = {
    SM3: "sm3",
    "SM3": "sm3",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "SHA256": "sha256",
    "SHA-256": "sha256",
    "1.3.14.3.2.26": "sha1",
    "SHA1": "sha1",
    "SHA-1": "sha1",
    "1.2.840.113549.2.5": "md5",
    "MD5": "md5",
}
STRONG = frozenset({"sm3", "sha256"})
MOST_SIGNATURES = 200
# Of all signatures together: some hundred bytes can ask for a million, each to be looked up.
MOST_REFERENCES = 20_000
SEAL, SIGN = "Seal", "Sign"


@dataclass(frozen=True)
class ReadSignature:
    """One signature of a file as it stands there.

    `kind` is `Seal` or `Sign` (a plain signature without a seal). `changed` and `uncovered` are files whose
    digest differs or that no Reference names; `xml` are the bytes of `Signature.xml`, `xml_digest` their SM3;
    `seal` and `value` are the bytes of `Seal.esl` and `SignedValue.dat`. `problems` say what of it is missing
    or not acceptable.
    """

    path: str
    places: tuple[Place, ...]
    seal: bytes
    value: bytes
    xml: bytes
    changed: tuple[str, ...]
    uncovered: tuple[str, ...]
    kind: str = SEAL
    problems: tuple[str, ...] = ()

    @property
    def place(self) -> Place | None:
        """Return the first place of the seal."""
        return self.places[0] if self.places else None

    @property
    def xml_digest(self) -> bytes:
        """Return the SM3 of `Signature.xml`."""
        return hashlib.new("sm3", self.xml).digest()


class Digests:
    """Digests of files, each computed once: many signatures may cover the same large file."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._known: dict[tuple[str, str], bytes] = {}

    def of(self, name: str, method: str) -> bytes:
        """Return the digest of a file that is there."""
        key = (name, method)
        if key not in self._known:
            self._known[key] = hashlib.new(method, self._files[name], usedforsecurity=False).digest()
        return self._known[key]


def read_signatures(document: bytes) -> list[ReadSignature]:
    """Return the signatures of a file in the order they were made. Raises NotOfd."""
    files = read_package(document)
    found = [body for body in bodies(files) if body.list_path is not None]
    reader = _Reader(files, frozenset(body.list_path or "" for body in found))
    return [signature for body in found for signature in reader.read(body)]


def signature_paths(files: Mapping[str, bytes], list_path: str) -> list[str]:
    """Return the paths of the signatures in a list. Raises NotOfd."""
    return [path for path, _kind in _entries(files, list_path)]


def referenced(files: Mapping[str, bytes], path: str) -> set[str]:
    """Return the files that a signature covers. Raises NotOfd."""
    if path not in files:
        return set()
    references = member(parse_xml(files[path]), "SignedInfo/References")
    listed = members(references, "Reference") if references is not None else ()
    return {resolve(attribute(entry, "FileRef") or "", path, files) for entry in listed}


def _entries(files: Mapping[str, bytes], list_path: str) -> list[tuple[str, str]]:
    if list_path not in files:
        return []
    found = list(members(parse_xml(files[list_path]), "Signature"))
    if len(found) > MOST_SIGNATURES:
        raise NotOfd("签章过多")
    return [
        (resolve(attribute(entry, "BaseLoc") or "", list_path, files), attribute(entry, "Type") or SEAL)
        for entry in found
    ]


@dataclass(frozen=True)
class _Parts:
    """Where a signature's files are."""

    path: str
    value: str
    seal: str | None

    def names(self) -> set[str]:
        return {self.path, self.value, *([self.seal] if self.seal else [])}


class _Reader:
    def __init__(self, files: Mapping[str, bytes], lists: frozenset[str]) -> None:
        self._files = files
        self._lists = lists
        self._digests = Digests(files)
        self._references_left = MOST_REFERENCES

    def read(self, body: Body) -> list[ReadSignature]:
        entries = _entries(self._files, body.list_path or "")
        parts = [self._parts(path, body) for path, _kind in entries]
        found = []
        for index, (part, (_path, kind)) in enumerate(zip(parts, entries, strict=True)):
            # A signature cannot cover itself, nor those made after it.
            exempt = {name for later in parts[index + 1 :] for name in later.names()}
            found.append(self._read(part, kind, body, exempt | {part.path, part.value}))
        return found

    def _parts(self, path: str, body: Body) -> _Parts:
        if path not in self._files:
            return _Parts(path, "", None)
        root = parse_xml(self._files[path])
        value = text_of(root, "SignedValue") or "SignedValue.dat"
        seal = text_of(root, "SignedInfo/Seal/BaseLoc")
        bases = (body.root_path,)
        return _Parts(
            path,
            resolve(value, path, self._files, *bases),
            resolve(seal, path, self._files, *bases) if seal else None,
        )

    def _read(self, part: _Parts, kind: str, body: Body, exempt: set[str]) -> ReadSignature:
        if part.path not in self._files:
            return ReadSignature(part.path, (), b"", b"", b"", (), (), kind, ("缺少签章描述文件",))
        xml = self._files[part.path]
        root = parse_xml(xml)
        problems: list[str] = []
        covered, changed = self._references(root, part.path, body, problems)
        if part.value not in self._files:
            problems.append("缺少签名值文件")
        if kind != SIGN and part.seal is not None and part.seal not in self._files:
            problems.append("缺少印章文件")
        uncovered = set(self._files) - covered - self._lists - exempt
        return ReadSignature(
            part.path,
            _places(root, problems),
            self._files.get(part.seal or "", b""),
            self._files.get(part.value, b""),
            xml,
            tuple(sorted(changed)),
            tuple(sorted(uncovered)),
            kind,
            tuple(problems),
        )

    def _references(
        self, root: etree._Element, path: str, body: Body, problems: list[str]
    ) -> tuple[set[str], set[str]]:
        references = member(root, "SignedInfo/References")
        if references is None:
            problems.append("签章没有引用任何文件")
            return set(), set()
        method = METHODS.get((attribute(references, "CheckMethod") or "MD5").upper())
        if method is None:
            problems.append("签章使用了不支持的摘要算法")
        elif method not in STRONG:
            problems.append(f"签章使用的摘要算法 {method.upper()} 已不安全")
        covered, changed = set(), set()
        for entry in members(references, "Reference"):
            self._references_left -= 1
            if self._references_left < 0:
                raise NotOfd("签章引用的文件过多")
            name = resolve(attribute(entry, "FileRef") or "", path, self._files, body.root_path)
            covered.add(name)
            if method is None or not self._matches(name, method, text_of(entry, "CheckValue")):
                changed.add(name)
        return covered, changed

    def _matches(self, name: str, method: str, value: str | None) -> bool:
        if name not in self._files or value is None:
            return False
        try:
            return self._digests.of(name, method) == base64.b64decode("".join(value.split()), validate=True)
        except ValueError:
            # No base64: binascii.Error is one, and so is what characters outside ASCII raise.
            return False


def _places(root: etree._Element, problems: list[str]) -> tuple[Place, ...]:
    info = member(root, "SignedInfo")
    found = []
    for stamp in members(info, "StampAnnot") if info is not None else ():
        try:
            x, y, width, height = numbers(attribute(stamp, "Boundary"), 4)
            clip = attribute(stamp, "Clip")
            shown = Clip(*numbers(clip, 4)) if clip else None
        except NotOfd:
            problems.append("签章位置不合法")
            continue
        found.append(Place(x, y, width, height, attribute(stamp, "PageRef") or "", shown))
    return tuple(found)
