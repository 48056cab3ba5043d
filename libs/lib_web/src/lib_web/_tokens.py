"""The internal token: how the gateway, or a sister service, vouches for a caller.

A JWT signed with Ed25519, a minute long. The gateway uses one token for many requests of the same caller, so
the request id travels beside it and verified tokens can be remembered.
"""

import json
import time
from collections import OrderedDict
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from lib_kernel import NotAuthenticated
from lib_web._caller import Caller

HEADER = "X-Internal-Token"
AUDIENCE = "internal"
LIFETIME = 60
ALGORITHM = "Ed25519"
REMEMBERED = 4096
SKEW = 5


class InternalTokenMissing(NotAuthenticated):
    """The request did not come through the gateway (401)."""

    code = "internal-token-missing"
    title = "请通过政务服务网关访问"


class InternalTokenInvalid(NotAuthenticated):
    """The vouching token is expired, forged or meant for something else (401)."""

    code = "internal-token-invalid"
    title = "内部凭证无效，请通过政务服务网关访问"


class InternalTokenSigner:
    """Signs tokens as `issuer` with its private key; the key id is the issuer's name."""

    def __init__(self, issuer: str, key: OKPKey) -> None:
        self._issuer = issuer
        self._key = key

    @classmethod
    def from_file(cls, issuer: str, path: Path) -> "InternalTokenSigner":
        """Read the Ed25519 private key (PKCS#8 PEM)."""
        return cls(issuer, OKPKey.import_key(path.read_bytes()))

    def sign(self, caller: Caller) -> str:
        """Return a token for the caller, good for `LIFETIME` seconds of real time."""
        now = int(time.time())
        claims = {"iss": self._issuer, "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME, **caller.claims()}
        header = {"alg": ALGORITHM, "kid": self._issuer}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


class InternalTokenVerifier:
    """Verifies tokens against the public keys of the gateway and the services that call others."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys
        self._registry = jwt.JWTClaimsRegistry(
            leeway=SKEW,
            iss={"essential": True},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            iat={"essential": True},
        )
        self._remembered: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path) -> "InternalTokenVerifier":
        """Read the JWKS file; each key's `kid` is the name of its owner."""
        return cls(KeySet.import_key_set(json.loads(path.read_text(encoding="utf-8"))))

    def verify(self, token: str | None) -> Caller:
        """Return the caller the token vouches for.

        Raises:
            InternalTokenMissing: there is none.
            InternalTokenInvalid: it is expired, forged, for another audience, or signed by another key than
                its issuer's.
        """
        if not token:
            raise InternalTokenMissing
        known = self._remembered.get(token)
        if known is not None and known[0] > time.time():
            return known[1]
        expires, caller = self._verify(token)
        self._remembered[token] = (expires, caller)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return caller

    def _verify(self, token: str) -> tuple[float, Caller]:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            self._registry.validate(decoded.claims)
            if decoded.header.get("kid") != decoded.claims["iss"]:
                raise InternalTokenInvalid
            return float(decoded.claims["exp"]), Caller.from_claims(decoded.claims)
        except (JoseError, ValueError, KeyError) as error:
            raise InternalTokenInvalid from error
