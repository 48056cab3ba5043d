"""The installation's own certificate authority: root and seal maker, keys wrapped under a master key.

A city with a certificate from a licensed authority puts its files here instead; nothing else changes.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lib_gm import Issued, Sm2PrivateKey, decrypt, encrypt, issue, make_root

ROOT_YEARS = 20
LEAF_YEARS = 5
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Authority:
    """Issues certificates and wraps private keys."""

    master_key: bytes
    root: Issued
    maker: Issued

    def issue_signer(self, name: str, code: str, now: datetime) -> Issued:
        """Return a new signer certificate for a seal's owner."""
        return issue(
            self.root,
            f"{name} {code}",
            organisation=name,
            valid_from=now - timedelta(days=1),
            valid_until=now + LEAF_YEARS * YEAR,
        )

    def wrap(self, key: Sm2PrivateKey, code: str) -> bytes:
        """Return a private key encrypted for the seal `code`."""
        return encrypt(self.master_key, key.pem(), f"seal:{code}".encode())

    def unwrap(self, wrapped: bytes, code: str) -> Sm2PrivateKey:
        """Return the private key of the seal `code`. Raises CannotDecrypt for another seal's."""
        return Sm2PrivateKey.from_pem(decrypt(self.master_key, wrapped, f"seal:{code}".encode()))


def open_authority(folder: Path, now: datetime) -> Authority:
    """Return the authority in the folder; a folder without one gets one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    master_path = folder / "master.key"
    if not master_path.exists():
        _write(master_path, os.urandom(16))
    master = master_path.read_bytes()
    if not (folder / "root.cer").exists():
        _create(folder, master, now)
    return Authority(master, _load(folder, "root", master), _load(folder, "maker", master))


def _create(folder: Path, master: bytes, now: datetime) -> None:
    begin, end = now - timedelta(days=30), now + ROOT_YEARS * YEAR
    root = make_root("平顶山市政务服务演示根证书", valid_from=begin, valid_until=end)
    maker = issue(root, "平顶山市电子印章制作中心", valid_from=begin, valid_until=end)
    for name, issued in (("maker", maker), ("root", root)):
        _write(folder / f"{name}.key", encrypt(master, issued.key.pem(), name.encode()))
        _write(folder / f"{name}.cer", issued.certificate)


def _load(folder: Path, name: str, master: bytes) -> Issued:
    pem = decrypt(master, (folder / f"{name}.key").read_bytes(), name.encode())
    return Issued((folder / f"{name}.cer").read_bytes(), Sm2PrivateKey.from_pem(pem))


def _write(path: Path, data: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(data)
