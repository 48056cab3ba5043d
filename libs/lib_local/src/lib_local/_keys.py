"""Secrets of a local run, made on the first start and kept in the run's folder. Not for production."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey, OKPKey

from lib_gm import Sm2PrivateKey

ISSUERS = ("gateway", "svc-catalog", "svc-booking", "svc-license", "svc-seal", "svc-complaint")


@dataclass(frozen=True)
class Keys:
    """The folder of secrets with readers for those that the runner itself needs."""

    folder: Path

    def text(self, name: str) -> str:
        """Return a secret that is text."""
        return (self.folder / name).read_text(encoding="utf-8").strip()

    def pem(self, name: str) -> str:
        """Return a private key as PEM."""
        return self.text(f"{name}.pem")

    def identity_key(self) -> ECKey:
        """Return the demo identity provider's signing key."""
        return ECKey.import_key(self.text("identity.pem"), parameters={"kid": "demo-1"})

    def public_pem(self, name: str) -> str:
        """Return the public half of a bank's or terminal's key."""
        return self.text(f"{name}.pub.pem")


def open_keys(folder: Path) -> Keys:
    """Return the secrets in the folder; what is missing is made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("postgres.password", "nats.token"):
        _once(folder / name, lambda: secrets.token_urlsafe(24))
    _once(folder / "person-id.key", lambda: base64.b64encode(os.urandom(32)).decode())
    _once(folder / "field-keys.json", _field_keys)
    _once(folder / "identity.pem", lambda: ECKey.generate_key("P-256").as_pem(private=True).decode())
    for issuer in ISSUERS:
        _once(folder / f"internal-{issuer}.pem", _ed25519)
    _write_jwks(folder)
    for name in ("bank", "kiosk", "kunshan", "exchange"):
        _once(folder / f"{name}.pem", _ed25519)
        _once(folder / f"{name}.pub.pem", partial(_ed25519_public, folder / f"{name}.pem"))
    _once(folder / "webhook.pem", _ed25519)
    _once(folder / "webhook-sm2.pem", lambda: Sm2PrivateKey.generate().pem().decode())
    _once(folder / "bank-sm2.pem", lambda: Sm2PrivateKey.generate().pem().decode())
    _once(folder / "bank-sm2.pub.pem", lambda: _sm2_public(folder / "bank-sm2.pem"))
    return Keys(folder)


def _once(path: Path, make: Callable[[], str]) -> None:
    if path.exists():
        return
    path.touch(0o600)
    path.write_text(make(), encoding="utf-8")


def _field_keys() -> str:
    return json.dumps(
        {
            "current": "k1",
            "keys": {"k1": base64.b64encode(os.urandom(16)).decode()},
            "index": base64.b64encode(os.urandom(32)).decode(),
        }
    )


def _ed25519() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def _ed25519_public(path: Path) -> str:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _sm2_public(path: Path) -> str:
    return Sm2PrivateKey.from_pem(path.read_bytes()).public_key().pem().decode()


def _write_jwks(folder: Path) -> None:
    keys = [
        {
            **OKPKey.import_key((folder / f"internal-{issuer}.pem").read_bytes()).as_dict(private=False),
            "kid": issuer,
        }
        for issuer in ISSUERS
    ]
    (folder / "internal-jwks.json").write_text(json.dumps({"keys": keys}), encoding="utf-8")
