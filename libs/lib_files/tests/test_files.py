"""Files are what they contain, not what they are called."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from lib_files import (
    FileInfected,
    FileMissing,
    FileStore,
    FileTooLarge,
    FileTypeNotAllowed,
    Kind,
    NoScanner,
    check_file,
    sniff,
)

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def a_zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


class Suspicious:
    """A scanner that finds something in every file."""

    async def is_clean(self, data: bytes) -> bool:
        return False


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, Kind.PDF),
        (PNG, Kind.PNG),
        (JPEG, Kind.JPEG),
        (a_zip("OFD.xml", "Doc_0/Document.xml"), Kind.OFD),
        (a_zip("xl/workbook.xml"), Kind.XLSX),
        (a_zip("word/document.xml"), Kind.DOCX),
        (a_zip("evil.exe"), None),
        (b"PK\x03\x04 cut off", None),
        (b"MZ\x90\x00", None),
        (b"", None),
        ("一段文字".encode(), None),
    ],
)
def test_the_kind_is_told_by_the_content(data: bytes, kind: Kind | None) -> None:
    assert sniff(data) == kind


async def test_a_good_file_has_its_digest() -> None:
    found = await check_file(PDF, field="file", largest=1000, kinds=[Kind.PDF], scanner=NoScanner())
    assert (found.kind, found.digest) == (Kind.PDF, hashlib.new("sm3", PDF).hexdigest())


async def test_what_is_refused_names_the_field() -> None:
    with pytest.raises(FileTooLarge) as large:
        await check_file(PDF, field="file", largest=10, kinds=[Kind.PDF], scanner=NoScanner())
    assert large.value.facts["field"] == "file"
    with pytest.raises(FileTypeNotAllowed):
        await check_file(PNG, field="file", largest=1000, kinds=[Kind.PDF], scanner=NoScanner())
    with pytest.raises(FileInfected):
        await check_file(PDF, field="file", largest=1000, kinds=[Kind.PDF], scanner=Suspicious())


async def test_the_store_keeps_replaces_and_forgets(tmp_path: Path) -> None:
    store = FileStore(f"file://{tmp_path / 'files'}")
    await store.put("a/b.pdf", PDF)
    await store.put("a/b.pdf", PNG)
    assert await store.get("a/b.pdf") == PNG
    await store.delete("a/b.pdf")
    await store.delete("a/b.pdf")
    with pytest.raises(FileMissing):
        await store.get("a/b.pdf")
