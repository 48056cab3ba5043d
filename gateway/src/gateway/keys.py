"""Public keys that partners and terminals register."""

from base64 import b64decode

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from lib_gm import Sm2PublicKey
from lib_kernel import Invalid


def check_public_key(algorithm: str, pem: str) -> str:
    """Return the key if it is one of the algorithm. Raises Invalid."""
    try:
        if algorithm == "sm2-sm3":
            Sm2PublicKey.from_pem(pem.encode())
        elif not isinstance(load_pem_public_key(pem.encode()), Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"公钥不是可用的 {algorithm} PEM", field="public_key") from error
    return pem


def proves(algorithm: str, pem: str, proof: str, message: bytes) -> bool:
    """Return whether `proof` (Base64) is the key's signature over the message."""
    try:
        signature = b64decode(proof, validate=True)
        if algorithm == "sm2-sm3":
            return Sm2PublicKey.from_pem(pem.encode()).verify(signature, message)
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, message)
    except (ValueError, InvalidSignature):
        return False
    return True
