"""What a file really is: its type by its content, its size, its digest, and a virus scanner's word."""

import hashlib
import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import puremagic

from lib_kernel import Invalid


class Kind(StrEnum):
    """The kinds of files that public services take, by media type."""

    PDF = "application/pdf"
    OFD = "application/ofd"
    PNG = "image/png"
    JPEG = "image/jpeg"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# A document in a ZIP is known by the file that each of its kind has.
_IN_ZIP = {"OFD.xml": Kind.OFD, "word/document.xml": Kind.DOCX, "xl/workbook.xml": Kind.XLSX}
_BY_MEDIA_TYPE = {kind.value: kind for kind in (Kind.PDF, Kind.PNG, Kind.JPEG)}


class FileTooLarge(Invalid):
    """The file is larger than this place takes."""

    code = "file-too-large"
    title = "文件过大"


class FileTypeNotAllowed(Invalid):
    """The content is of no kind that is taken here, whatever the name says."""

    code = "file-type-not-allowed"
    title = "不支持这种文件"


class FileInfected(Invalid):
    """The virus scanner refused the file."""

    code = "file-infected"
    title = "文件未通过安全检查"


class Scanner(Protocol):
    """A virus scanner."""

    async def is_clean(self, data: bytes) -> bool:
        """Return whether the file may be kept."""
        ...


class NoScanner:
    """Lets every file pass: where a scanner is not connected."""

    async def is_clean(self, data: bytes) -> bool:
        """Return True."""
        return True


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept; `digest` is its SM3 in hex."""

    data: bytes
    kind: Kind
    digest: str


def sniff(data: bytes) -> Kind | None:
    """Return what the content is, None when it is nothing known here."""
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError):
            return None
        return next((kind for name, kind in _IN_ZIP.items() if name in names), None)
    try:
        found = puremagic.from_string(data, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    return _BY_MEDIA_TYPE.get(found)


async def check_file(
    data: bytes, *, field: str, largest: int, kinds: Collection[Kind], scanner: Scanner
) -> CheckedFile:
    """Return the file when it may be kept; `field` is its name in the request.

    Raises:
        FileTooLarge, FileTypeNotAllowed, FileInfected: see there.
    """
    if len(data) > largest:
        raise FileTooLarge(f"文件最大 {largest // 1024} KB", field=field, largest=largest)
    kind = sniff(data)
    if kind is None or kind not in kinds:
        names = "、".join(sorted(allowed.name for allowed in kinds))
        raise FileTypeNotAllowed(f"只接受 {names} 文件", field=field)
    if not await scanner.is_clean(data):
        raise FileInfected(field=field)
    return CheckedFile(data, kind, hashlib.new("sm3", data).hexdigest())
