"""Compact signed texts (JWS, Ed25519) in QR codes and of the status list; public keys check them."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from svc_license.license.domain import Status
from svc_license.presentation.domain import CodeInvalid

ALGORITHM = "Ed25519"
ONLINE, OFFLINE, STATUS_LIST = "license+jws", "license-offline+jws", "statuslist+jws"
BITS = 2
LIST_SIZE = 65_536
CODES = {Status.VALID: 0, Status.SUSPENDED: 1}
ENDED = 2
UNKNOWN = 3
MEANINGS = {0: "valid", 1: "suspended", 2: "ended", 3: "unknown"}


@dataclass(frozen=True)
class Signer:
    """Signs with the newest key; `keys` also has the older ones, whose texts are still about."""

    current: OKPKey
    keys: KeySet

    def sign(self, kind: str, content: Mapping[str, Any]) -> str:
        """Return a compact text; equal content gives equal text."""
        header = {"alg": ALGORITHM, "kid": self.current.kid, "typ": kind}
        return jws.serialize_compact(header, _compact(content), self.current, algorithms=[ALGORITHM])

    def public(self) -> dict[str, Any]:
        """Return the public keys as a JWK set."""
        return {"keys": [key.as_dict(private=False) for key in self.keys.keys]}


def _compact(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def read(text: str, kinds: Sequence[str], keys: KeySet) -> dict[str, Any]:
    """Return what a signed text says. Raises CodeInvalid."""
    try:
        found = jws.deserialize_compact(text.strip(), keys, algorithms=[ALGORITHM])
        content = json.loads(found.payload)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise CodeInvalid from error
    if found.headers().get("typ") not in kinds or not isinstance(content, dict):
        raise CodeInvalid
    return content


def moment(seconds: object) -> datetime:
    """Return a moment from a token. Raises CodeInvalid."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 1 << 33:
        raise CodeInvalid
    return datetime.fromtimestamp(seconds, UTC)


def pack(standings: Mapping[int, Status]) -> str:
    """Return the standings of one list, by place in it, two bits each (bitstring status list)."""
    bits = bytearray(b"\xff" * (LIST_SIZE * BITS // 8))
    for place, status in standings.items():
        byte, shift = divmod(place * BITS, 8)
        bits[byte] = bits[byte] & ~(3 << shift) | CODES.get(status, ENDED) << shift
    return base64.urlsafe_b64encode(zlib.compress(bytes(bits), 9)).decode().rstrip("=")


def unpack(text: str, place: int) -> str:
    """Return how the licence at a place of a list stands: valid, suspended, ended or unknown."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    bits = zlib.decompressobj().decompress(data, LIST_SIZE * BITS // 8)
    byte, shift = divmod(place * BITS, 8)
    return MEANINGS[bits[byte] >> shift & 3] if byte < len(bits) else MEANINGS[UNKNOWN]
