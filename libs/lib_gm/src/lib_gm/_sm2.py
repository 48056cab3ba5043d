"""SM2 keys and signatures (GB/T 32918) over tongsuopy, and SM3 digests.

Signatures are DER SEQUENCE { r, s }; the signer identifier is the usual 16 bytes `1234567812345678`. Both
sides work on the message itself: SM3 with the signer's prefix is part of the algorithm.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Self

from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 digest (GB/T 32905)."""
    return hashlib.new("sm3", data).digest()


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
    def from_pem(cls, pem: bytes) -> Self:
        """Read an unencrypted PKCS#8 PEM key. Raises ValueError."""
        return cls(_loaded(serialization.load_pem_private_key, pem, password=None))

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
