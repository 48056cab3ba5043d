"""The own authority: made once, or imported from a licensed one; foreign trust by configuration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import pem
from tongsuopy.crypto import serialization

from lib_gm import (
    Issued,
    Sm2PrivateKey,
    decrypt,
    encrypt,
    is_issued_by,
    issue,
    issue_authority,
    make_root,
    subject_name,
)
from svc_seal.authority import ImportRefused, open_authority
from svc_seal.keys import MasterKeys, SoftwareKeys
from svc_seal.pdf_authority import open_pdf_authority
from svc_seal.settings import Settings

NOW = datetime(2026, 3, 4, tzinfo=UTC)
END = NOW + timedelta(days=3000)


def test_the_authority_is_made_once_and_its_keys_are_wrapped(tmp_path: Path) -> None:
    first, again = open_authority(tmp_path, NOW), open_authority(tmp_path, NOW)
    assert first.root.certificate == again.root.certificate
    assert is_issued_by(first.ca.certificate, first.root.certificate)
    assert is_issued_by(first.maker.certificate, first.ca.certificate)
    for path in tmp_path.glob("*.key"):
        assert b"PRIVATE KEY" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    pdf = open_pdf_authority(tmp_path, first.software, NOW)
    assert open_pdf_authority(tmp_path, first.software, NOW).certificate == pdf.certificate


def test_an_authority_of_an_earlier_release_gets_what_it_lacks_and_keeps_the_rest(tmp_path: Path) -> None:
    """It had root and maker, their keys wrapped without the name of the master key."""
    root = make_root("旧根", valid_from=NOW, valid_until=END)
    maker = issue(root, "旧制章者", valid_from=NOW, valid_until=END)
    master = MasterKeys.from_folder(tmp_path)
    secret = (tmp_path / "master.key").read_bytes()
    for name, issued in (("root", root), ("maker", maker)):
        assert isinstance(issued.key, Sm2PrivateKey)
        (tmp_path / f"{name}.key").write_bytes(encrypt(secret, issued.key.pem(), name.encode()))
        (tmp_path / f"{name}.cer").write_bytes(issued.certificate)
    found = open_authority(tmp_path, NOW)
    assert (found.root.certificate, found.maker.certificate) == (root.certificate, maker.certificate)
    assert is_issued_by(found.ca.certificate, root.certificate)
    assert SoftwareKeys(master).open((tmp_path / "ca.key").read_bytes(), "ca")
    assert decrypt(secret, (tmp_path / "root.key").read_bytes(), b"root").startswith(b"-----BEGIN")


def licensed(folder: Path, *, password: bytes | None = None) -> tuple[Issued, Issued]:
    """Write what a licensed authority hands over; its root's key stays there."""
    folder.mkdir(exist_ok=True)
    root = make_root("持牌机构根证书", valid_from=NOW, valid_until=END)
    ca = issue_authority(root, "持牌机构平顶山签发中心", valid_from=NOW, valid_until=END)
    assert isinstance(ca.key, Sm2PrivateKey)
    (folder / "root.pem").write_bytes(pem.armor("CERTIFICATE", root.certificate))
    (folder / "ca.pem").write_bytes(pem.armor("CERTIFICATE", ca.certificate))
    plain = serialization.load_pem_private_key(ca.key.pem(), password=None)
    wrapping = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (folder / "ca.key").write_bytes(
        plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, wrapping)
    )
    return root, ca


def settings_for(tmp_path: Path, **more: object) -> Settings:
    return Settings.model_validate(
        {
            "database_url": "postgresql+asyncpg://nobody@127.0.0.1/none",
            "internal_keys_file": tmp_path / "none",
            "keys_dir": tmp_path / "keys",
            **more,
        }
    )


@pytest.mark.parametrize("password", [None, b"a password"])
def test_a_licensed_authority_is_imported_by_configuration(tmp_path: Path, password: bytes | None) -> None:
    root, ca = licensed(tmp_path / "import", password=password)
    (tmp_path / "password").write_bytes(password or b"")
    more = {"import_password_file": tmp_path / "password"} if password else {}
    settings = settings_for(tmp_path, import_dir=tmp_path / "import", **more)
    found = open_authority(tmp_path / "keys", NOW, settings)
    assert (found.root.certificate, found.ca.certificate) == (root.certificate, ca.certificate)
    signer = found.issue_signer("平顶山市公安局", "41", NOW).issued
    assert found.trust(None).path_of(signer.certificate) == [
        signer.certificate,
        ca.certificate,
        root.certificate,
    ]
    with pytest.raises(ImportRefused):
        found.root.key.sign(b"x")
    # From now on the folder is enough, and importing again changes nothing.
    assert open_authority(tmp_path / "keys", NOW).ca.certificate == ca.certificate
    again = open_authority(tmp_path / "keys", NOW, settings)
    assert again.maker.certificate == found.maker.certificate


@pytest.mark.parametrize("broken", ["key", "chain", "certificate", "password"])
def test_an_import_that_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path, broken: str) -> None:
    source = tmp_path / "import"
    licensed(source, password=b"right" if broken == "password" else None)
    if broken == "key":
        (source / "ca.key").write_bytes(Sm2PrivateKey.generate().pem())
    elif broken == "chain":
        other = make_root("别的根", valid_from=NOW, valid_until=END)
        (source / "root.pem").write_bytes(pem.armor("CERTIFICATE", other.certificate))
    elif broken == "certificate":
        (source / "ca.pem").write_bytes(b"rubbish")
    (tmp_path / "password").write_bytes(b"wrong")
    more = {"import_password_file": tmp_path / "password"} if broken == "password" else {}
    with pytest.raises(ImportRefused):
        open_authority(tmp_path / "keys", NOW, settings_for(tmp_path, import_dir=source, **more))
    assert not list((tmp_path / "keys").glob("*.cer"))


def test_further_roots_and_lists_are_trusted_by_configuration(tmp_path: Path) -> None:
    trusted = tmp_path / "trust"
    trusted.mkdir()
    root = make_root("外省根", valid_from=NOW, valid_until=END)
    ca = issue_authority(root, "外省签发机构", valid_from=NOW, valid_until=END)
    (trusted / "province.root.pem").write_bytes(pem.armor("CERTIFICATE", root.certificate))
    (trusted / "province.pem").write_bytes(pem.armor("CERTIFICATE", ca.certificate))
    found = open_authority(tmp_path / "keys", NOW, settings_for(tmp_path, trust_dir=trusted))
    leaf = issue(ca, "外省单位", valid_from=NOW, valid_until=END)
    assert found.trust(None).path_of(leaf.certificate) is not None
    assert subject_name(found.roots[0]) == "外省根"
