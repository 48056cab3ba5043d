"""Access tokens of the identity provider (OIDC): who a person or staff member is."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Container
from typing import Any

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from gateway.settings import Settings
from lib_kernel import NotAuthenticated, Unavailable
from lib_web import Caller, CallerKind, tls_context

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "ES256"]
REFRESH_PAUSE = 10.0
TRY_PAUSE = 1.0
REMEMBERED = 20_000
LEEWAY = 30


class TokenMissing(NotAuthenticated):
    """There is no access token."""

    code = "token-missing"
    title = "请先登录"


class TokenInvalid(NotAuthenticated):
    """The access token is expired, forged, revoked or meant for something else."""

    code = "token-invalid"
    title = "登录已失效，请重新登录"


class TokenOver(TokenInvalid):
    """The access token was good once: it is expired or revoked."""


class IdentityProviderUnavailable(Unavailable):
    """The identity provider's keys cannot be read."""

    code = "identity-provider-unavailable"
    title = "身份认证服务暂时不可用，请稍后再试"


class TokenVerifier:
    """Verifies access tokens; keys are fetched once and again when a token names one that is unknown."""

    def __init__(self, settings: Settings, revoked: Container[str]) -> None:
        self._settings = settings
        self._revoked = revoked
        self._keys: KeySet | None = None
        self._fetching = asyncio.Lock()
        self._tried_at = -REFRESH_PAUSE
        self._remembered: OrderedDict[str, tuple[float, str, Caller]] = OrderedDict()
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.oidc_issuer},
            aud={"essential": True, "value": settings.oidc_audience},
            exp={"essential": True},
        )

    def remembers(self, authorization: str, channel: str) -> bool:
        """Return whether the token in this field was found good before."""
        return f"{channel} {authorization.partition(' ')[2]}" in self._remembered

    async def verify(self, authorization: str | None, channel: str) -> Caller:
        """Return the caller an `Authorization: Bearer` field proves, on the channel.

        Raises:
            TokenMissing, TokenInvalid, TokenOver, IdentityProviderUnavailable: see there.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenMissing
        remembered = f"{channel} {token}"
        known = self._remembered.get(remembered)
        if known is None or known[0] < time.time():
            known = await self._read(token, channel)
            self._remembered[remembered] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        _, token_id, caller = known
        if token_id and token_id in self._revoked:
            raise TokenOver("登录已被注销")
        return caller

    async def _read(self, token: str, channel: str) -> tuple[float, str, Caller]:
        try:
            claims = await self._decode(token)
            return float(claims["exp"]), str(claims.get("jti", "")), self._caller(claims, channel)
        except ExpiredTokenError as error:
            raise TokenOver from error
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise TokenInvalid from error

    async def _decode(self, token: str) -> dict[str, Any]:
        keys = self._keys or await self._fetch(None)
        try:
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            fresh = await self._refreshed(keys)
            if fresh is keys:
                raise
            decoded = jwt.decode(token, fresh, algorithms=ALGORITHMS)
        self._claims.validate(decoded.claims)
        claims: dict[str, Any] = decoded.claims
        return claims

    async def _refreshed(self, known: KeySet) -> KeySet:
        """Return newer keys than these, or these when there are none to be had: bad tokens come in crowds."""
        if self._keys is known and time.monotonic() - self._tried_at < REFRESH_PAUSE:
            return known
        try:
            return await self._fetch(known)
        except IdentityProviderUnavailable:
            return known

    async def _fetch(self, known: KeySet | None) -> KeySet:
        async with self._fetching:
            if self._keys is not None and self._keys is not known:
                return self._keys  # Somebody else fetched them meanwhile.
            if time.monotonic() - self._tried_at < (REFRESH_PAUSE if known else TRY_PAUSE):
                if known is not None:
                    return known
                raise IdentityProviderUnavailable
            self._tried_at = time.monotonic()
            return await self._read_keys()

    async def _read_keys(self) -> KeySet:
        try:
            async with httpx.AsyncClient(timeout=5, verify=tls_context()) as client:
                answer = await client.get(self._settings.oidc_jwks_url)
                answer.raise_for_status()
                self._keys = KeySet.import_key_set(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            log.warning("oidc.keys_unreachable", error=type(error).__name__)
            raise IdentityProviderUnavailable from error
        return self._keys

    def _caller(self, claims: dict[str, Any], channel: str) -> Caller:
        roles = frozenset(claims.get("roles", ()))
        staff_id = claims.get(self._settings.oidc_staff_claim)
        if staff_id:
            return Caller(
                CallerKind.STAFF,
                str(staff_id),
                channel,
                roles=roles,
                orgs=frozenset(claims.get("orgs", ())),
                points=frozenset(claims.get("points", ())),
            )
        # Only the agent's role means anything for a citizen: staff roles never come from a citizen's token.
        agent = roles & {"enterprise_agent"}
        person = claims[self._settings.oidc_person_claim]
        if not isinstance(person, str) or not person:
            raise ValueError("the token names no person")
        return Caller(CallerKind.CITIZEN, person, channel, roles=agent)
