"""HTTP from one service to a sister service: vouched for, traced, and with errors that mean something."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import httpx
import structlog

from lib_kernel import Conflict, DomainError, Invalid, NotAllowed, NotFound, Unavailable
from lib_web._caller import Caller, CallerKind
from lib_web._tokens import HEADER, InternalTokenSigner

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
FAMILIES: dict[int, type[DomainError]] = {
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    422: Invalid,
}


@cache
def tls_context() -> ssl.SSLContext:
    """Return what this process's outgoing TLS connections are checked by, for `verify` of httpx.

    A client without it loads all roots anew, which holds up its process for some 20 ms.
    """
    return httpx.create_ssl_context()


class SisterUnavailable(Unavailable):
    """A sister service does not answer or fails."""

    code = "upstream-unavailable"
    title = "相关服务暂时不可用，请稍后再试"


class SisterClient:
    """Calls one sister service as the service `name`. Close it with `aclose`."""

    accept: ClassVar[str] = "application/json"

    def __init__(
        self,
        name: str,
        base_url: str,
        signer: InternalTokenSigner,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._caller = Caller(CallerKind.SERVICE, name, "internal")
        self._signer = signer
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=TIMEOUT, transport=transport, verify=tls_context()
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, *, on_behalf_of: Caller | None = None, **params: Any) -> Any:
        """Return the JSON at `path`. Raises as `request` does."""
        return (await self.request("GET", path, on_behalf_of=on_behalf_of, params=params)).json()

    async def post(self, path: str, body: object, *, key: str | None = None) -> Any:
        """Post JSON and return the JSON answer; `key` is the Idempotency-Key. Raises as `request` does."""
        headers = {"Idempotency-Key": key} if key else {}
        return (await self.request("POST", path, headers=headers, json=body)).json()

    async def request(
        self,
        method: str,
        path: str,
        *,
        on_behalf_of: Caller | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Return a successful answer.

        Raises:
            SisterUnavailable: no answer, a server error, or a refusal of our own credentials.
            DomainError: the family of the sister's refusal, with its text.
        """
        token = self._signer.sign(on_behalf_of or self._caller)
        try:
            response = await self._http.request(
                method, path, headers={HEADER: token, **_trace(), **(headers or {})}, **options
            )
        except httpx.TransportError as error:
            raise SisterUnavailable from error
        if response.is_success:
            return response
        raise _refusal(response)


def _trace() -> dict[str, str]:
    known = structlog.contextvars.get_contextvars()
    named = {"X-Request-Id": known.get("request_id"), "traceparent": known.get("traceparent")}
    return {name: value for name, value in named.items() if value}


def _refusal(response: httpx.Response) -> DomainError:
    family = FAMILIES.get(response.status_code)
    if family is None:
        return SisterUnavailable()
    try:
        detail = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = ""
    return family(detail)
