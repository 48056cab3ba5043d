"""The identity provider as its client sees it: discovery, code with PKCE (RFC 7636), log-out."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog

from gateway.oidc import IdentityProviderUnavailable
from gateway.settings import Settings
from lib_kernel import NotAuthenticated
from lib_web import tls_context

log = structlog.get_logger(__name__)

CALLBACK = "/staff/login/callback"
SECONDS = 5.0
NEEDED = frozenset({"authorization_endpoint", "token_endpoint"})


class LoginRefused(NotAuthenticated):
    """The identity provider does not take the code (any more)."""

    code = "login-refused"
    title = "登录未完成，请重新登录"


@dataclass(frozen=True)
class Begun:
    """A log-in under way: `state` comes back with the code, only who has `verifier` can use the code."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """Return what the provider is told of the verifier (S256)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class IdentityProvider:
    """Reads the provider's addresses once and speaks to it."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        secret = settings.oidc_client_secret_file
        self._auth = httpx.BasicAuth(self._client_id, secret.read_text().strip()) if secret else None
        self._origin = settings.public_origin.rstrip("/")
        self._known: dict[str, Any] | None = None

    async def address(self, begun: Begun) -> str:
        """Return where the browser goes to log in. Raises IdentityProviderUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._origin + CALLBACK,
            "scope": "openid",
            "state": begun.state,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
        }
        return _with(str((await self._found())["authorization_endpoint"]), asked)

    async def token(self, code: str, begun: Begun) -> str:
        """Return the access token for a code. Raises LoginRefused, IdentityProviderUnavailable."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._origin + CALLBACK,
            "client_id": self._client_id,
            "code_verifier": begun.verifier,
        }
        address = str((await self._found())["token_endpoint"])
        answer = await self._ask("POST", address, data=asked)
        if answer.is_client_error:
            log.warning("login.refused", status=answer.status_code)
            raise LoginRefused
        token = _read(answer).get("access_token")
        if not isinstance(token, str):
            log.error("login.no_access_token")
            raise IdentityProviderUnavailable
        return token

    async def way_out(self, back: str) -> str:
        """Return where the browser goes to log out at the provider too, `back` where it cannot."""
        try:
            address = (await self._found()).get("end_session_endpoint")
        except IdentityProviderUnavailable:
            return back
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": self._origin + back}
        return _with(address, asked) if address else back

    async def _found(self) -> dict[str, Any]:
        if self._known is None:
            address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            known = _read(await self._ask("GET", address))
            if known.get("issuer") != self._issuer or not known.keys() >= NEEDED:
                log.error("login.wrong_discovery", issuer=known.get("issuer"))
                raise IdentityProviderUnavailable
            self._known = known
        return self._known

    async def _ask(self, method: str, address: str, data: dict[str, str] | None = None) -> httpx.Response:
        try:
            async with httpx.AsyncClient(
                timeout=SECONDS, auth=self._auth if data else None, verify=tls_context()
            ) as client:
                return await client.request(method, address, data=data)
        except httpx.HTTPError as error:
            log.warning("login.provider_unreachable", error=type(error).__name__)
            raise IdentityProviderUnavailable from error


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPStatusError, ValueError) as error:
        raise IdentityProviderUnavailable from error
    if not isinstance(found, dict):
        raise IdentityProviderUnavailable
    return found
