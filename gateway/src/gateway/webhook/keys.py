"""The gateway's keys for webhooks: private ones for the worker, public ones for every bank."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from lib_gm import Sm2PrivateKey
from lib_partner import SigningKey


@dataclass(frozen=True)
class PublicKey:
    """What a bank needs to verify a call."""

    key_id: str
    algorithm: str
    public_pem: str


def read_keys(files: dict[str, Path | None]) -> dict[str, SigningKey]:
    """Return the signing keys by algorithm; an algorithm without a file has none."""
    found = {}
    for algorithm, path in files.items():
        if path is not None:
            pem = path.read_bytes()
            public = public_pem(algorithm, pem)
            # The id follows from the key, so a new key has a new id and banks fetch it.
            key_id = f"gateway-{algorithm.split('-')[0]}-{hashlib.sha256(public.encode()).hexdigest()[:8]}"
            found[algorithm] = SigningKey(key_id, algorithm, pem)
    return found


def public_pem(algorithm: str, private_pem: bytes) -> str:
    """Return the public half of a private key."""
    if algorithm == "sm2-sm3":
        return Sm2PrivateKey.from_pem(private_pem).public_key().pem().decode()
    key = serialization.load_pem_private_key(private_pem, password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def public_keys(keys: dict[str, SigningKey]) -> list[PublicKey]:
    """Return what may be published."""
    return [PublicKey(key.key_id, name, public_pem(name, key.private_pem)) for name, key in keys.items()]
