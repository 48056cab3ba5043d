"""OFD packages (GB/T 33190): a ZIP of XML and resources, read with suspicion."""

import io
import posixpath
import zipfile
from collections.abc import Mapping

from lxml import etree

from lib_ofd._elements import NS

LARGEST_PACKAGE = 50 * 1024 * 1024
LARGEST_CONTENT = 200 * 1024 * 1024
MOST_ENTRIES = 5000
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


class NotOfd(ValueError):
    """The bytes are no OFD package that is safe to read; the text says why and quotes nothing."""


def read_package(data: bytes) -> dict[str, bytes]:
    """Return the files by absolute path (`/OFD.xml`). Raises NotOfd."""
    if len(data) > LARGEST_PACKAGE:
        raise NotOfd("文件过大")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise NotOfd("不是 OFD 文件") from error


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise NotOfd("文件内容过多")
    files: dict[str, bytes] = {}
    for entry in entries:
        name = "/" + entry.filename.lstrip("/")
        if "\\" in name or posixpath.normpath(name) != name:
            raise NotOfd("文件包内路径不合法")
        if name in files:
            raise NotOfd("文件包内有重名文件")
        files[name] = archive.read(entry)
    if "/OFD.xml" not in files:
        raise NotOfd("缺少 OFD.xml")
    return files


def write_package(files: Mapping[str, bytes]) -> bytes:
    """Return the package; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name.lstrip("/"), ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def parse_xml(data: bytes) -> etree._Element:
    """Return the root element, read without DTD, entities or network. Raises NotOfd."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
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
