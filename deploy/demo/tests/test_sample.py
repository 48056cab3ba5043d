"""The sample verifies, and any change of it is found."""

import re
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import pem
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import check, write_sample

from lib_gm import Trust, parse_seal
from lib_ofd import read_data, read_package, read_signatures, write_package
from svc_seal.verification.domain import DocumentUnreadable
from svc_seal.verification.ofd import verify_ofd


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("sample")
    assert {path.name for path in write_sample(found)} == {
        *("license.ofd", "license.pdf", "license.png", "seal.png", "seal.esl", "root.pem", "ca.pem")
    }
    return found


def test_the_files_belong_together(folder: Path) -> None:
    document = (folder / "license.ofd").read_bytes()
    [signature] = read_signatures(document)
    assert signature.seal == (folder / "seal.esl").read_bytes()
    assert parse_seal(signature.seal).picture == (folder / "seal.png").read_bytes()
    assert read_data(document)["ZZMC"] == "食品经营许可证"
    assert (folder / "license.pdf").read_bytes().startswith(b"%PDF-")


def test_any_altered_file_of_the_package_is_found(folder: Path) -> None:
    files = read_package((folder / "license.ofd").read_bytes())
    covered = [name for name in files if "/Signs/" not in name]
    assert len(covered) > 5
    for name in covered:
        data = bytearray(files[name])
        data[len(data) // 2] ^= 1
        if name == "/OFD.xml":
            data = bytearray(files[name].replace("李记面馆".encode(), "张记面馆".encode()))
        [altered] = read_signatures(write_package({**files, name: bytes(data)}))
        assert altered.changed == (name,)


def test_a_sample_of_another_authority_is_refused(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path)
    _, _, other = pem.unarmor((tmp_path / "root.pem").read_bytes())
    with pytest.raises(ValueError, match="does not verify"):
        check((folder / "license.ofd").read_bytes(), other)


@dataclass(frozen=True)
class Specimen:
    """A sealed licence with the files in it and whom its verifiers trust."""

    document: bytes
    files: dict[str, bytes]
    trust: Trust

    @property
    def covered(self) -> list[str]:
        """Return the files that a change must be found in: all but the list, which grows with each seal."""
        return sorted(set(self.files) - {"/Doc_0/Signs/Signatures.xml"})


@cache
def specimen(kind: str) -> Specimen:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder, kind)
        document = (folder / "license.ofd").read_bytes()
        root, ca = (pem.unarmor((folder / f"{part}.pem").read_bytes())[2] for part in ("root", "ca"))
    return Specimen(document, read_package(document), Trust.of([root], [ca]))


def judged_good(found: Specimen, name: str, data: bytes) -> bool:
    try:
        verdicts = verify_ofd(write_package({**found.files, name: data}), found.trust)
    except DocumentUnreadable:
        return False
    return bool(verdicts) and all(verdict.is_valid for verdict in verdicts)


LICENCES = ("食品经营许可证", "营业执照", "老年人优待证", "出生医学证明")
QUICK = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize("kind", LICENCES)
def test_a_sealed_licence_of_each_look_is_good(kind: str) -> None:
    found = specimen(kind)
    assert judged_good(found, "/OFD.xml", found.files["/OFD.xml"])


@QUICK
@given(st.data())
def test_any_altered_byte_in_what_a_licences_seal_covers_is_detected(data: st.DataObject) -> None:
    """Page, font, pictures, resources, metadata, the seal, its description and the signature itself."""
    found = specimen(data.draw(st.sampled_from(LICENCES)))
    name = data.draw(st.sampled_from(found.covered))
    altered = bytearray(found.files[name])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    assert not judged_good(found, name, bytes(altered)), name


@QUICK
@given(st.data())
def test_any_altered_entry_of_a_licences_metadata_is_detected(data: st.DataObject) -> None:
    found = specimen(data.draw(st.sampled_from(LICENCES)))
    text = found.files["/OFD.xml"].decode()
    name = data.draw(st.sampled_from(sorted(read_data(found.document))))
    entry = re.search(rf'Name="({name})"(?:/>|>([^<]*)<)', text)
    assert entry is not None
    begin, end = entry.span(2 if entry[2] else 1)
    position = data.draw(st.integers(begin, end - 1))
    other = data.draw(st.sampled_from("甲乙丙09AZ").filter(lambda letter: letter != text[position]))
    changed = text[:position] + other + text[position + 1 :]
    assert not judged_good(found, "/OFD.xml", changed.encode()), name
