"""Identifiers: time-ordered ids for rows and the opaque id of a person."""

import hmac
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a fresh UUID version 7 (RFC 9562 §5.7): ordered by millisecond, so indexes stay dense."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


def person_id(key: bytes, id_type: str, number: str) -> str:
    """Return the opaque id by which the whole platform knows a person (办事人).

    HMAC-SM3 over kind and number of the identity document, cut to 128 bits. Without the key nobody can get
    from a number to the id or back. `id_type` is the document code, `111` for the resident ID card.
    """
    message = f"{id_type}:{number.strip().upper()}".encode()
    return "p_" + hmac.new(key, message, "sm3").hexdigest()[:32]
