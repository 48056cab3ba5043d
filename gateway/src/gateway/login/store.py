"""Sessions of staff in browsers: the browser has a secret, the broker the access token sealed with it."""

import hashlib
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nats.aio.client import Client
from starlette.requests import cookie_parser

from gateway.store import Bucket
from lib_kernel import NotAllowed

LONGEST_SECONDS = 10 * 3600  # A working day; the access token may end earlier.
NONCE_BYTES = 12
SAFE = frozenset({"GET", "HEAD"})


class NotFromOurPage(NotAllowed):
    """A browser was made to send a change by a page of another site."""

    code = "not-from-our-page"
    title = "该请求不是由本平台的页面发出的"


class Logins:
    """Keeps sessions; whoever reads the broker's files finds no token that could be used.

    A browser sends its cookie with whatever request a foreign page makes it send, so by cookie only our own
    pages may change anything: SameSite=Lax in the cookie, and a look at where the request comes from.
    """

    def __init__(self, client: Client, origin: str) -> None:
        self._bucket = Bucket(client, "staff-login", LONGEST_SECONDS)
        self._origin = origin.rstrip("/")
        self.is_https = origin.startswith("https://")
        # The prefix makes browsers refuse the cookie from a neighbouring host or without TLS.
        prefix = "__Host-" if self.is_https else ""
        self.cookie, self.begun_cookie = f"{prefix}staff", f"{prefix}staff-login"

    async def begin(self, token: str) -> str:
        """Keep an access token; return the secret for the browser's cookie."""
        secret, nonce = secrets.token_urlsafe(32), secrets.token_bytes(NONCE_BYTES)
        await self._bucket.put(_name(secret), nonce + _seal(secret).encrypt(nonce, token.encode(), None))
        return secret

    async def token_of(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Return the access token of a request's session, None without one. Raises NotFromOurPage."""
        secret = self._secret(headers)
        entry = await self._bucket.get(_name(secret)) if secret else None
        if entry is None:
            return None
        if method not in SAFE and not self._is_from_our_page(headers):
            raise NotFromOurPage
        nonce, sealed = entry.value[:NONCE_BYTES], entry.value[NONCE_BYTES:]
        try:
            return _seal(secret).decrypt(nonce, sealed, None).decode()
        except InvalidTag:
            return None

    async def end(self, headers: Mapping[str, str]) -> None:
        """Forget a request's session. Raises NotFromOurPage."""
        if not self._is_from_our_page(headers):
            raise NotFromOurPage
        if secret := self._secret(headers):
            await self._bucket.forget_key(_name(secret))

    def _secret(self, headers: Mapping[str, str]) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self.cookie, "")

    def _is_from_our_page(self, headers: Mapping[str, str]) -> bool:
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if site else headers.get("origin") == self._origin


def _name(secret: str) -> str:
    return hashlib.sha256(f"name {secret}".encode()).hexdigest()


def _seal(secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(f"seal {secret}".encode()).digest())
