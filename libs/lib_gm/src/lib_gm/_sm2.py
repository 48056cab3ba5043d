"""SM2 keys and signatures (GB/T 32918) over tongsuopy, and SM3 digests.

Signatures are DER SEQUENCE { r, s }; the signer identifier is the usual 16 bytes `1234567812345678`. Both
sides work on the message itself: SM3 with the signer's prefix is part of the algorithm.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Self

from asn1crypto import core
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

SIGNER_ID = b"1234567812345678"
# a, b, x(G), y(G) of the curve (GB/T 32918.5): the public parameters that the signer's prefix covers.
CURVE = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 digest (GB/T 32905)."""
    return hashlib.new("sm3", data).digest()


def signed_digest(key: "Sm2PublicKey", message: bytes) -> bytes:
    """Return e = SM3(Z || M), what SM2 signs in the end (GB/T 32918.2 §6): devices take it instead of M."""
    prefix = (len(SIGNER_ID) * 8).to_bytes(2, "big") + SIGNER_ID + CURVE + key.point()
    return sm3(sm3(prefix) + message)


def signature_from_raw(raw: bytes) -> bytes:
    """Return the DER form of a signature that a device gives as 64 bytes r || s. Raises ValueError."""
    if len(raw) != 64:
        raise ValueError("a raw SM2 signature has 64 bytes")
    parts = core.SequenceOf(
        [int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")], spec=core.Integer
    )
    der: bytes = parts.dump()
    return der


def _loaded(load: Callable[..., Any], content: bytes, **options: Any) -> Any:
    """Return the key; a key of another algorithm is a ValueError like any content that is no key."""
    try:
        return load(content, **options)
    except UnsupportedAlgorithm as error:
        raise ValueError("not an SM2 key") from error


class Sm2PublicKey:
    """Verifies signatures."""

    def __init__(self, key: Any) -> None:
        self._key = key

    @classmethod
    def from_spki(cls, der: bytes) -> Self:
        """Read a SubjectPublicKeyInfo. Raises ValueError when it is none, or of another algorithm."""
        return cls(_loaded(serialization.load_der_public_key, der))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a PEM public key. Raises ValueError."""
        return cls(_loaded(serialization.load_pem_public_key, pem))

    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo in DER."""
        der: bytes = self._key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return der

    def point(self) -> bytes:
        """Return the point x || y, 64 bytes."""
        return self.spki()[-64:]

    def pem(self) -> bytes:
        """Return the key as PEM."""
        pem: bytes = self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return pem

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Return whether the signature over the message is this key's."""
        try:
            self._key.verify(signature, message, ec.ECDSA(hashes.SM3()))
        except (InvalidSignature, InternalError, ValueError):
            # A signature that is no DER at all comes back as an internal error of the library.
            return False
        return True


class Sm2PrivateKey:
    """Signs messages. The work releases the interpreter lock, so threads pay."""

    def __init__(self, key: Any) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """Return a new key."""
        return cls(ec.generate_private_key(ec.SM2()))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """Read a PKCS#8 PEM key. Raises ValueError, also for a wrong password or another kind of key."""
        try:
            return cls(_loaded(serialization.load_pem_private_key, pem, password=password))
        except TypeError as error:
            raise ValueError("a password is missing or not wanted") from error

    def pem(self) -> bytes:
        """Return the key as unencrypted PKCS#8 PEM: wrap it before it leaves the process."""
        pem: bytes = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem

    def public_key(self) -> Sm2PublicKey:
        """Return the public half."""
        return Sm2PublicKey(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        signature: bytes = self._key.sign(message, ec.ECDSA(hashes.SM3()))
        return signature
