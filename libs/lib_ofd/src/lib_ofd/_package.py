"""OFD packages (GB/T 33190): a ZIP of XML and resources, read with suspicion."""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from lib_ofd._elements import NS
from lib_ofd._zip import LOCAL_HEADER, ZipWriter

LARGEST_PACKAGE = 50 * 1024 * 1024
LARGEST_CONTENT = 200 * 1024 * 1024
LARGEST_XML = 20 * 1024 * 1024
LARGEST_RATIO = 200
RATIO_MATTERS_FROM = 1024 * 1024
MOST_ENTRIES = 5000
# A seal is a picture with signatures: packing it again makes it no smaller.
PACKED = (".esl", ".dat", ".png", ".jpg", ".jpeg")
IS_ENCRYPTED, IS_UTF8 = 0x1, 0x800

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


class NotOfd(ValueError):
    """The bytes are no OFD package that is safe to read; the text says why and quotes nothing."""


@dataclass(frozen=True)
class Package:
    """A package that was read: its files by absolute path, and how they are packed."""

    data: bytes
    entries: Mapping[str, zipfile.ZipInfo]
    files: Mapping[str, bytes]


def open_package(data: bytes) -> Package:
    """Return the package, every file unpacked and its checksum compared. Raises NotOfd."""
    if len(data) > LARGEST_PACKAGE:
        raise NotOfd("文件过大")
    if not data.startswith(b"PK\x03\x04"):
        # The directory at the end alone would also be found behind another file, such as a PDF or a form.
        raise NotOfd("不是 OFD 文件，或文件已损坏")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _checked_entries(archive)
        files = {name: _unpacked(data, entry) for name, entry in entries.items()}
    except NotOfd:
        raise
    except BROKEN as error:
        raise NotOfd("不是 OFD 文件，或文件已损坏") from error
    return Package(data, entries, files)


def read_package(data: bytes) -> dict[str, bytes]:
    """Return the files by absolute path (`/OFD.xml`). Raises NotOfd."""
    return dict(open_package(data).files)


def _packed(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """Return an entry as it is packed; the header before it must tell of the same file as the directory."""
    fields = LOCAL_HEADER.unpack_from(data, entry.header_offset)
    begin = entry.header_offset + LOCAL_HEADER.size
    name = data[begin : begin + fields[9]]
    begin += fields[9] + fields[10]
    packed = data[begin : begin + entry.compress_size]
    same = name.decode("utf-8" if fields[2] & IS_UTF8 else "cp437").partition("\0")[0] == entry.orig_filename
    if fields[0] != b"PK\x03\x04" or not same or len(packed) != entry.compress_size:
        raise NotOfd("文件包的目录与内容不符")
    return packed


def _unpacked(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """Return an entry's content: never more than the directory says, and exactly that."""
    content = _packed(data, entry)
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflate.decompress(content, entry.file_size + 1)
        if not inflate.eof and inflate.decompress(inflate.unconsumed_tail, 1):
            raise NotOfd("文件包内的文件大小不实")
    if len(content) != entry.file_size or zlib.crc32(content) != entry.CRC:
        raise NotOfd("文件包内的文件已损坏")
    return content


def _checked_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by absolute path when all of them are safe to unpack. Raises NotOfd."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise NotOfd("文件内容过多")
    _refuse_ratio(sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries))
    _refuse_overlaps(entries)
    files: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        _check_entry(entry)
        name = "/" + entry.filename.lstrip("/")
        if "\\" in name or posixpath.normpath(name) != name or not name.isprintable():
            raise NotOfd("文件包内路径不合法")
        if name in files:
            raise NotOfd("文件包内有重名文件")
        files[name] = entry
    if "/OFD.xml" not in files:
        raise NotOfd("缺少 OFD.xml")
    return files


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & IS_ENCRYPTED:
        raise NotOfd("文件包已加密，不能读取")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotOfd("文件包使用了不支持的压缩方式")
    _refuse_ratio(entry.file_size, entry.compress_size)


def _refuse_ratio(size: int, packed: int) -> None:
    """Many small files packed too well are as bad as a large one."""
    if size > RATIO_MATTERS_FROM and size > LARGEST_RATIO * max(1, packed):
        raise NotOfd("文件压缩比异常")


def _refuse_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are the trick of the small bomb that unpacks to terabytes."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise NotOfd("文件包内的文件相互重叠")
        end = entry.header_offset + LOCAL_HEADER.size + len(entry.filename) + entry.compress_size


def write_package(files: Mapping[str, bytes]) -> bytes:
    """Return the package; the same files give the same bytes."""
    writer = ZipWriter()
    for name in sorted(files):
        writer.pack(name, files[name], is_packed=name.endswith(PACKED))
    return writer.finish()


def extend_package(package: Package, changed: Mapping[str, bytes]) -> bytes:
    """Return the package with files added or replaced; the others are carried over as they are packed.

    Nothing is packed anew, so the cost is that of copying.
    """
    writer = ZipWriter()
    for name, entry in package.entries.items():
        if name not in changed:
            content = _packed(package.data, entry)
            writer.add(name, content, entry.compress_type, entry.CRC, entry.file_size)
    for name in sorted(changed):
        writer.pack(name, changed[name], is_packed=name.endswith(PACKED))
    return writer.finish()


def parse_xml(data: bytes) -> etree._Element:
    """Return the root element, read without DTD, entities or network. Raises NotOfd."""
    if len(data) > LARGEST_XML:
        raise NotOfd("XML 过大")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotOfd("XML 不合法") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotOfd("XML 不得含 DTD")
    return root


def absolute(path: str, beside: str) -> str:
    """Return a path of the package as absolute; relative ones are beside the file that holds them."""
    return posixpath.normpath(
        path if path.startswith("/") else posixpath.join(posixpath.dirname(beside), path)
    )


def find_text(root: etree._Element, path: str) -> str | None:
    """Return the text of the first element at an XPath with the prefix `ofd`, if there is one."""
    found = root.find(path, NS)
    return found.text.strip() if found is not None and found.text else None


def members(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the children with a local name: makers use older name spaces, other prefixes or none."""
    for child in element:
        if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name:
            yield child


def member(element: etree._Element | None, path: str) -> etree._Element | None:
    """Return the first element at a path of local names, like `SignedInfo/Seal`."""
    for name in path.split("/"):
        if element is None:
            return None
        element = next(members(element, name), None)
    return element


def text_of(element: etree._Element | None, path: str = "") -> str | None:
    """Return the text of an element, or of the first one at a path below it, None where there is none."""
    found = member(element, path) if path else element
    return found.text.strip() if found is not None and found.text and found.text.strip() else None


def attribute(element: etree._Element, name: str) -> str | None:
    """Return an attribute by its local name."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value).strip()
    return None


def resolve(path: str, beside: str, files: Mapping[str, bytes], *bases: str) -> str:
    """Return the package path that a reference means.

    The standard's reading comes first (absolute, else beside the file that holds it); makers also write paths
    from the package's root or from the document's folder (`bases`). The first one that exists is meant.
    """
    first = absolute(path.strip().replace("\\", "/"), beside)
    for base in (beside, "/OFD.xml", *bases):
        wanted = absolute(path.strip().replace("\\", "/"), base)
        if wanted in files:
            return wanted
    return first
