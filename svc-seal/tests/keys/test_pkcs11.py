"""Keys in a device: against SoftHSM where it is installed, and an in-process device that knows SM2.

SoftHSM 2.6 makes keys on the SM2 curve but has no SM2 signature, so signing itself is tested with the
in-process device, which does by the formulas what a real one does inside.
"""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib_gm import SealFacts, Sm2PrivateKey, check_seal, make_seal
from lib_testing import foreign
from svc_seal.authority import open_authority
from svc_seal.keys import KeyUnusable, Pkcs11Keys, Pkcs11Token, Token, TokenFailed

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
A_MAKERS_SM2 = 0x80000100


class Device:
    """A device in this process: keys by label, r || s over a digest e. `has_sm2` off, it is like SoftHSM."""

    def __init__(self, *, has_sm2: bool = True) -> None:
        self._keys: dict[str, foreign.ForeignKey] = {}
        self._has_sm2 = has_sm2

    def generate(self, label: str) -> bytes:
        self._keys[label] = foreign.ForeignKey.new()
        return self._keys[label].public

    def point(self, label: str) -> bytes:
        if label not in self._keys:
            raise TokenFailed("NoSuchKey")
        return self._keys[label].public

    def sign(self, label: str, digest: bytes) -> bytes:
        if not self._has_sm2:
            raise TokenFailed("MechanismInvalid")
        d, n = self._keys[label].d, foreign.N
        k = 1 + int.from_bytes(foreign.sm3(digest + d.to_bytes(32, "big")), "big") % (n - 1)
        point = foreign.multiply(k, foreign.G)
        assert point is not None
        r = (int.from_bytes(digest, "big") + point[0]) % n
        s = pow(1 + d, -1, n) * (k - r * d) % n
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_a_seal_made_with_a_key_in_a_device_is_good(tmp_path: Path) -> None:
    authority = replace(open_authority(tmp_path, NOW), keys=Pkcs11Keys(Device()))
    signer = authority.issue_signer("平顶山市公安局", "41", NOW)
    assert signer.handle == b"P11:seal:41"
    opened = authority.open_signer(signer.issued.certificate, signer.handle, "41")
    signature = opened.key.sign(b"message")
    assert foreign.verify(opened.key.public_key().point(), signature, b"message")
    facts = SealFacts("41", "章", (opened.certificate,), NOW, NOW, NOW, b"png", 42, 42)
    made = make_seal(facts, authority.maker)
    assert all(found.ok for found in check_seal(made, authority.trust(None), NOW))


def test_seals_with_software_keys_stay_usable_beside_a_device(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    signer = authority.issue_signer("平顶山市公安局", "41", NOW)
    later = replace(authority, keys=Pkcs11Keys(Device()))
    key = later.open_signer(signer.issued.certificate, signer.handle, "41").key
    assert key.public_key().verify(key.sign(b"x"), b"x")


def test_a_key_of_another_device_or_owner_is_not_opened() -> None:
    keys = Pkcs11Keys(Device())
    made = keys.create("seal:1")
    with pytest.raises(KeyUnusable):
        keys.open(made.handle, "seal:2")
    with pytest.raises(KeyUnusable):
        Pkcs11Keys(Device()).open(made.handle, "seal:1")


@pytest.fixture
def softhsm_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """Return a token of SoftHSM, or where it is not installed a device that refuses as it does."""
    library = next((path for path in LIBRARIES if Path(path).exists()), None)
    program = shutil.which("softhsm2-util")
    if library is None or program is None:
        return Device(has_sm2=False)
    (tmp_path / "tokens").mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    command = ["--init-token", "--free", "--label", "city", "--pin", "1234", "--so-pin", "1234"]
    subprocess.run([program, *command], check=True, capture_output=True)  # noqa: S603 - fixed arguments
    return Pkcs11Token(library, "city", "1234", mechanism=A_MAKERS_SM2)


def test_a_device_without_sm2_makes_keys_and_says_clearly_that_it_cannot_sign(softhsm_like: Token) -> None:
    keys = Pkcs11Keys(softhsm_like)
    made = keys.create("seal:1")
    again = keys.open(made.handle, "seal:1")
    assert again.public_key().spki() == made.key.public_key().spki()
    with pytest.raises(KeyUnusable, match="MechanismInvalid"):
        again.sign(b"message")
    with pytest.raises(KeyUnusable):
        keys.open(b"P11:seal:2", "seal:2")


def test_a_library_that_is_not_there_is_refused() -> None:
    with pytest.raises(TokenFailed):
        Pkcs11Token("/nowhere/library.so", "city", "1234", mechanism=A_MAKERS_SM2)


def test_the_devices_arithmetic_is_sm2() -> None:
    device, key = Device(), Sm2PrivateKey.generate()
    device.generate("a")
    made = Pkcs11Keys(device).open(b"P11:a", "a")
    assert made.public_key().verify(made.sign(b"x"), b"x")
    assert not key.public_key().verify(made.sign(b"x"), b"x")
