"""The sample verifies, and any change of it is found."""

from pathlib import Path

import pytest
from asn1crypto import pem
from sample import check, write_sample

from lib_gm import parse_seal
from lib_ofd import read_data, read_package, read_signatures, write_package


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
