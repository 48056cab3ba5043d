"""Hostile files: refused with a clear text, never a crash, never a hang, never much memory."""

import io
import struct
import tracemalloc
import zipfile
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_ofd import (
    AtKeyword,
    Document,
    NotOfd,
    Place,
    Text,
    add_seal,
    read_package,
    read_signatures,
    write_package,
)
from lib_testing.foreign import zipped

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
ROOT = b"<OFD xmlns='http://www.ofdspec.org/2016'><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>"


def a_sealed_document() -> bytes:
    document = Document(UUID(int=5), "证照", NOW)
    document.add(Text(30, 60, "食品经营许可证"))
    return add_seal(
        document.build(), b"seal" * 20, Place(1, 2, 42, 42, ""), NOW, lambda digest, path: b"value" + digest
    )


SEALED = a_sealed_document()
FILES = read_package(SEALED)
SIGN = "/Doc_0/Signs/Sign_0"
COVERED = sorted(
    set(FILES) - {f"{SIGN}/Signature.xml", f"{SIGN}/SignedValue.dat", "/Doc_0/Signs/Signatures.xml"}
)


def lying(size: int) -> bytes:
    """Return a package whose directory and header say another size than unpacks."""
    data = bytearray(zipped({"OFD.xml": ROOT, "bomb": b"\0" * 5_000_000}))
    wanted = struct.pack("<I", 5_000_000)
    at = data.find(wanted)
    while at >= 0:
        data[at : at + 4] = struct.pack("<I", size)
        at = data.find(wanted)
    return bytes(data)


def overlapping() -> bytes:
    """Return a package two of whose directory entries mean the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("OFD.xml", ROOT)
        archive.writestr("a", b"x" * 100)
        twin = zipfile.ZipInfo("b")
        first = archive.getinfo("a")
        twin.header_offset, twin.CRC = first.header_offset, first.CRC
        twin.file_size, twin.compress_size = first.file_size, first.compress_size
        archive.filelist.append(twin)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"OFD.xml": ROOT}))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def packed_with(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("OFD.xml", ROOT)
    return out.getvalue()


LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(20))
    + b"]><OFD>&u;</OFD>"
)
HOSTILE = {
    "ratio": zipped({"OFD.xml": ROOT, "bomb": b"\0" * 60_000_000}),
    "too small a size": lying(10),
    "too large a size": lying(6_000_000),
    "overlap": overlapping(),
    "encrypted": encrypted(),
    "bzip2": packed_with(zipfile.ZIP_BZIP2),
    "lzma": packed_with(zipfile.ZIP_LZMA),
    "many": zipped({"OFD.xml": ROOT, **{f"f{number}": b"" for number in range(5001)}}),
    "up": zipped({"OFD.xml": ROOT, "a/../../etc/passwd": b""}),
    "backslash": zipped({"OFD.xml": ROOT, "a\\b": b""}),
    "control": zipped({"OFD.xml": ROOT, "a\x07": b""}),
    "nested": zipped({"inner.ofd": zipped({"OFD.xml": ROOT})}),
    "laughs": zipped({"OFD.xml": LAUGHS}),
    "outside entity": zipped({"OFD.xml": b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><OFD/>"}),
    "utf-16 entity": zipped({"OFD.xml": "<!DOCTYPE x [<!ENTITY e 'b'>]><OFD>&e;</OFD>".encode("utf-16")}),
    "deep": zipped({"OFD.xml": b"<a>" * 100_000 + b"</a>" * 100_000}),
    "empty": b"",
    "behind another file": b"%PDF-1.7 " + SEALED,
    "only the end": b"PK\x05\x06" + b"\0" * 18,
    "no document": zipped({"OFD.xml": b"<OFD/>"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_packages_are_refused_with_a_text_in_chinese(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(NotOfd) as refused:
        read_signatures(HOSTILE[name])
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30_000_000
    assert any("一" <= character <= "鿿" for character in str(refused.value))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_is_sealed(name: str) -> None:
    with pytest.raises(NotOfd):
        add_seal(HOSTILE[name], b"seal", Place(1, 1, 1, 1, ""), NOW, lambda digest, path: digest)


def page_with(text_object: str) -> bytes:
    page = f"<Page><Content><Layer>{text_object}</Layer></Content></Page>"
    document = "<D><CommonData><PageArea><PhysicalBox>0 0 9 9</PhysicalBox></PageArea></CommonData>"
    pages = "<Pages><Page ID='1' BaseLoc='P.xml'/></Pages></D>"
    return zipped({"OFD.xml": ROOT, "D.xml": (document + pages).encode(), "P.xml": page.encode()})


def sealed_at_keyword(attributes: str) -> bytes:
    code = f"<TextCode {attributes}>章章</TextCode>"
    document = page_with(f"<TextObject Boundary='0 0 1 1'>{code}</TextObject>")
    return add_seal(document, b"seal", AtKeyword("章", 4, 4), NOW, lambda digest, path: digest)


@pytest.mark.parametrize("attributes", ["DeltaX='g 9 nan'", "DeltaX='g'", "DeltaX='x'", "X='1e999'"])
def test_absurd_text_positions_are_refused(attributes: str) -> None:
    with pytest.raises(NotOfd):
        sealed_at_keyword(attributes)


def test_a_huge_repeat_of_an_advance_costs_nothing() -> None:
    assert read_signatures(sealed_at_keyword("DeltaX='g 999999999 1'"))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_altered_byte_of_the_file_leaves_a_clear_answer(position: int, mask: int) -> None:
    """An altered byte is refused, or found in what it changed, or lies where no content is."""
    altered = bytearray(SEALED)
    altered[position] ^= mask
    try:
        found = read_signatures(bytes(altered))
        files = read_package(bytes(altered))
    except NotOfd:
        return
    if {name: files.get(name) for name in COVERED} != {name: FILES[name] for name in COVERED}:
        assert not found or found[0].changed or found[0].uncovered


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_altered_byte_inside_a_covered_entry_is_found(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(COVERED))
    position = data.draw(st.integers(0, len(FILES[name]) - 1))
    altered = bytearray(FILES[name])
    altered[position] ^= data.draw(st.integers(1, 255))
    document = write_package({**FILES, name: bytes(altered)})
    try:
        found = read_signatures(document)
    except NotOfd:
        return
    assert not found or name in found[0].changed


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SEALED) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(NotOfd):
        read_signatures(SEALED[:length])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NotOfd):
        read_signatures(data)


@pytest.mark.parametrize("value", ["%%%", "A", "\u0663" * 44])
def test_a_check_value_that_is_no_base64_is_an_altered_file(value: str) -> None:
    xml = FILES[f"{SIGN}/Signature.xml"].decode()
    first = xml.index("<ofd:CheckValue>") + len("<ofd:CheckValue>")
    altered = xml[:first] + value + xml[xml.index("<", first) :]
    [found] = read_signatures(write_package({**FILES, f"{SIGN}/Signature.xml": altered.encode()}))
    assert len(found.changed) == 1


def many_references(signatures: int, each: int) -> bytes:
    """Return a small package whose signatures ask for very many files."""
    name = "xmlns='http://www.ofdspec.org/2016'"
    entry = "<Reference FileRef='x/y'><CheckValue>AAAA</CheckValue></Reference>"
    listed = "".join(f"<Signature ID='s{number}' BaseLoc='s{number}.xml'/>" for number in range(signatures))
    described = (
        f"<Signature {name}><SignedInfo><References CheckMethod='SM3'>{entry * each}</References>"
        "</SignedInfo><SignedValue>v.dat</SignedValue></Signature>"
    )
    files = {
        "OFD.xml": ROOT.replace(b"</DocBody>", b"<Signatures>S.xml</Signatures></DocBody>"),
        "S.xml": f"<Signatures {name}>{listed}</Signatures>".encode(),
        **{f"s{number}.xml": described.encode() for number in range(signatures)},
    }
    return zipped(files)


def test_signatures_that_ask_for_a_million_files_are_refused() -> None:
    assert len(read_signatures(many_references(2, 100))) == 2
    with pytest.raises(NotOfd, match="引用的文件过多"):
        read_signatures(many_references(60, 500))


def test_many_small_files_packed_too_well_are_refused_like_a_large_one() -> None:
    with pytest.raises(NotOfd, match="压缩比"):
        read_signatures(many_references(20, 14_000))


def test_a_page_listed_again_and_again_is_refused() -> None:
    files = dict(read_package(SEALED))
    entry = b'<ofd:Page ID="2" BaseLoc="Pages/Page_0/Content.xml"/>'
    assert entry in files["/Doc_0/Document.xml"]
    again = entry.replace(b'"2"', b'"3"')
    files["/Doc_0/Document.xml"] = files["/Doc_0/Document.xml"].replace(entry, entry + again)
    with pytest.raises(NotOfd, match="同一文件"):
        add_seal(write_package(files), b"seal", Place(1, 2, 42, 42, ""), NOW, lambda digest, path: digest)
