"""An httpx client whose requests are signed."""

from collections.abc import Generator

import httpx

from lib_partner._signatures import SigningKey, sign_request


class SignedAuth(httpx.Auth):
    """Signs each request with a partner's or terminal's key; a retry gets a fresh nonce."""

    requires_request_body = True

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the signature's header fields."""
        fields = sign_request(
            request.method, str(request.url), dict(request.headers), request.content, self._key
        )
        request.headers.update(fields)
        yield request


def signed_client(base_url: str, key: SigningKey, *, timeout: float = 10.0) -> httpx.AsyncClient:
    """Return a client for the gateway at `base_url`, its public origin. Close it with `aclose`."""
    return httpx.AsyncClient(base_url=base_url, auth=SignedAuth(key), timeout=timeout)
